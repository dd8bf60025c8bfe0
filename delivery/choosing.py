"""Which scenarios are played, and whose application: the sample, a folder of the user's, or an image of theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from delivery.options import Options
from rehearsal.errors import UsageError
from rehearsal.levels.version import LocalImage, Version
from rehearsal.plays import sample
from rehearsal.plays.order import Scenario, of_the_sample, played_besides
from rehearsal.plays.own_application import OwnApplication
from rehearsal.running.traffic import Load

OWN = "own-application"
"""Name of the one scenario of an application that is not the sample."""
MOST_AT_A_TIME = 100


@dataclass(frozen=True)
class Chosen:
    """What is going to be played."""

    whose: str
    """The application, as timelines and reports call it."""
    scenarios: Mapping[str, Scenario]
    versions: tuple[Version | LocalImage, ...] = ()
    """Versions of the user's own application, which are looked at before anything is started."""
    played_first: str = ""
    """What is played besides what was asked for, and why; empty when nothing is."""

    @property
    def needs_docker(self) -> bool:
        """Whether an image of a Docker daemon is among them."""
        return any(isinstance(version, LocalImage) for version in self.versions)


def chosen(options: Options) -> Chosen:
    """What the options say; UsageError where they contradict each other."""
    names = options.scenario or []
    if options.app is not None and options.image is not None:
        raise UsageError(
            f"--app {options.app} with --image {options.image}",
            "one application is released at a time",
            "leave one of them out",
        )
    version = _own(options)
    if version is None:
        if options.previous is not None:
            raise UsageError(
                f"--previous {options.previous}",
                "it is what answers before your own application",
                "name that with --app or --image",
            )
        return Chosen(sample.NAME, of_the_sample(names), played_first=played_besides(names))
    if names:
        raise UsageError(
            f"--scenario {names[0]} with {version.name}",
            "the scenarios are about the sample application's versions",
            "leave one of them out",
        )
    previous = _previous(options)
    own = OwnApplication(version, previous)
    versions = (version,) if previous is None else (previous, version)
    return Chosen(version.name, {OWN: own.play}, versions)


def load(options: Options) -> Load:
    """How much traffic is sent; UsageError for what is no path or too much."""
    for path in options.traffic_path or ():
        if not path.startswith("/") or not path.isascii() or any(one.isspace() for one in path):
            raise UsageError(
                f"--traffic-path {path!r}",
                "a path begins with / and has no blanks, control or non-ASCII characters",
                "write for example --traffic-path /orders?page=1, the rest percent-encoded",
            )
    if not 1 <= options.traffic_concurrency <= MOST_AT_A_TIME:
        raise UsageError(
            f"--traffic-concurrency {options.traffic_concurrency}",
            f"1 to {MOST_AT_A_TIME} requests for each path are sent at a time",
            "choose one of them",
        )
    if options.release_timeout is not None and options.release_timeout <= 0:
        raise UsageError(
            f"--release-timeout {options.release_timeout:g}",
            "it is the number of seconds a release may take here",
            "write for example 600",
        )
    return Load(tuple(options.traffic_path or ()), options.traffic_concurrency)


def _own(options: Options) -> Version | LocalImage | None:
    if options.app is not None:
        return Version(f"the folder {options.app}", _folder("--app", options.app))
    if options.image is not None:
        return LocalImage(f"the image {options.image}", options.image)
    return None


def _previous(options: Options) -> Version | LocalImage | None:
    given = options.previous
    if given is None:
        return None
    if Path(given).is_dir():
        return Version(f"the folder {given}", _folder("--previous", Path(given)))
    if given.startswith((".", "/", "~")):
        raise UsageError(f"--previous {given}", "there is no such folder", "name a folder or a local image")
    return LocalImage(f"the image {given}", given)


def _folder(option: str, folder: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(
            f"{option} {folder}",
            "there is no such folder",
            "name the one that holds the application's Dockerfile",
        )
    return folder.resolve()
