"""The `docker` that a rehearsed build finds on its PATH at level `container`: the real client, told where it is.

ECR's host is replaced by the rehearsal's registry in every word, and back in what the client prints. What `docker run`
starts is labelled and put into the network of the build's security groups, in the place of a network that the build has
made: on AWS its traffic leaves through the build's interface, and so under these groups. Standard library only: it starts
with every call of `docker`.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rehearsal.levels import docker_networks, starter
from rehearsal.levels.docker_error import DockerError

_STARTS = ("run", "create")
_NOT_PLAYED = 125


@dataclass(frozen=True)
class Setting:
    """What the shim has to know."""

    docker: str
    """The real client."""
    daemon: str
    """Its DOCKER_HOST."""
    registry: str
    """`HOST:PORT` that answers for ECR's host."""
    ecr: str
    labels: Mapping[str, str]
    networks: Mapping[str, tuple[str, Sequence[str]]]
    """Name of a build project to its network and the names known in it (`--add-host`)."""


def install(folder: Path, setting: Setting) -> Path:
    """Write an executable `docker` into the folder, made if need be; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "setting.json"
    told.write_text(json.dumps(asdict(setting)), encoding="utf-8")
    starter.install(
        folder, "docker", f"import rehearsal.levels.container.docker_shim as f; f.main({str(told)!r})"
    )
    return folder


def rewritten(words: Sequence[str], setting: Setting, project: str, made: Path) -> list[str]:
    """The words for the real client, of a build of `project`; what a container is told to run stays as it is.

    `made` is where the networks of the build are noted. Raises DockerError for a network that is not among them.
    """
    if not words or words[0] not in _STARTS:
        return [word.replace(setting.ecr, setting.registry) for word in words]
    end = next((n for n, word in enumerate(words) if word.startswith(f"{setting.ecr}/")), len(words) - 1) + 1
    own = [word.replace(setting.ecr, setting.registry) for word in words[1:end]]
    options, chosen = _without_network(own)
    if chosen and chosen != "none" and not docker_networks.exists(made, chosen):
        rule = "at level container a build's container can only be in none, in Docker's default, or in one the build has made"
        raise DockerError(
            f"docker: Error response from daemon: network {chosen} not found ({rule})", _NOT_PLAYED
        )
    network, hosts = setting.networks.get(project, ("none", ())) if chosen != "none" else ("none", ())
    options = ["--network", network, *(word for host in hosts for word in ("--add-host", host)), *options]
    labels = [word for name, value in setting.labels.items() for word in ("--label", f"{name}={value}")]
    return [words[0], *labels, *options, *words[end:]]


def _without_network(words: Sequence[str]) -> tuple[list[str], str]:
    """The words without the network they name, and that one."""
    kept: list[str] = []
    chosen = ""
    rest = iter(words)
    for word in rest:
        option, joined, value = word.partition("=")
        if option in ("--network", "--net"):
            chosen = value if joined else next(rest, "")
        else:
            kept.append(word)
    return kept, chosen


def main(told: str) -> None:
    """Answer one call of `docker` and exit with its code."""
    content: dict[str, Any] = json.loads(Path(told).read_text(encoding="utf-8"))
    setting = Setting(**content)
    project = os.environ.get("CODEBUILD_BUILD_ID", "").rpartition(":")[0]
    made = Path(told).parent / project
    try:
        if sys.argv[1:2] == ["network"]:
            sys.stdout.write(f"{docker_networks.call(made, sys.argv[2:])}\n")
            return
        words = rewritten(sys.argv[1:], setting, project, made)
    except DockerError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    environment = {**os.environ, "DOCKER_HOST": setting.daemon}
    environment.pop("DOCKER_CONTEXT", None)
    if words and words[0] in _STARTS:
        sys.stdout.flush()
        os.execve(setting.docker, [setting.docker, *words], environment)  # noqa: S606  (signals and exit code are its own)
    _talk(setting, words, environment)


def _talk(setting: Setting, words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Call the client and say what it says, with ECR's host in it."""
    import subprocess  # noqa: PLC0415  (`docker run` does without)

    done = subprocess.run([setting.docker, *words], env=environment, capture_output=True, check=False)
    for stream, text in ((sys.stdout, done.stdout), (sys.stderr, done.stderr)):
        stream.write(text.decode(errors="replace").replace(setting.registry, setting.ecr))
        stream.flush()
    sys.exit(done.returncode)
