"""`delivery rehearse`: plays scenarios, shows them, and answers with an exit code."""

import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Never

import pulumi
from rich.console import Console

from rehearsal.cloud import Cloud
from rehearsal.engine.state import declare_state, read_state
from rehearsal.errors import RehearsalError
from rehearsal.journal import Journal
from rehearsal.levels import level_named
from rehearsal.ownimage import OwnImage
from rehearsal.rehearsal import Rehearsal, rehearsing
from rehearsal.report import Timeline, as_json, table
from rehearsal.scenarios import SCENARIOS, Play, Unexpected
from settings import SettingsError

INTERRUPTED = 130
TERMINATED = 143

Scenario = Callable[[Rehearsal, Play], None]


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    stack: str
    level: str | None
    scenarios: Sequence[str]
    image: str | None = None
    """A local image to release instead of the sample application."""
    previous: str | None = None
    """The local image that answers before."""
    from_state: Path | None = None
    """File of a `pulumi stack export` whose resources stand in for the program's."""
    keep: bool = False
    as_json: bool = False


def run(options: Options) -> int:
    """Rehearse; 0 when all went as it should, 1 when not, 130 when interrupted, 143 when terminated."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        with _ending_in_order():
            return _rehearse(options, errors)
    except (RehearsalError, SettingsError, pulumi.RunError) as error:
        for line in str(error).splitlines():
            errors.print(line, markup=False)
        return 1
    except KeyboardInterrupt:
        errors.print("interrupted; everything that was started is stopped")
        return INTERRUPTED
    except _TerminatedError:
        errors.print("terminated; everything that was started is stopped")
        return TERMINATED


def _rehearse(options: Options, errors: Console) -> int:
    scenarios = _chosen(options)
    level = level_named(options.level or ("container" if options.image else None))
    if options.image is not None and level.name == "process":
        rule = "level process can't reach Docker's images"
        raise RehearsalError(f"--image {options.image}", rule, "rehearse it with --level container")
    shown = errors if options.as_json else Console(soft_wrap=True)
    shown.print(f"[bold]Rehearsing stack {options.stack} at level {level.name}[/]: {level.shows}.")
    timeline = Timeline(shown)
    journal = Journal()
    journal.follow(timeline.entry)
    with rehearsing(
        options.stack, level=level, journal=journal, declare_instead=_state(options)
    ) as rehearsal:
        plays = [_play(rehearsal, name, played, timeline) for name, played in scenarios.items()]
        ok = all(play.ok for play in plays)
        _report(options, rehearsal, plays)
        if options.keep:
            _stay(rehearsal, shown)
    return 0 if ok else 1


def _state(options: Options) -> Callable[[Cloud], None] | None:
    """What makes the resources in the program's place: an exported state, read before anything is started."""
    if options.from_state is None:
        return None
    state = read_state(options.from_state)
    return lambda cloud: declare_state(cloud, state)


def _chosen(options: Options) -> dict[str, Scenario]:
    names = options.scenarios
    if options.image is not None:
        if names:
            rule = "the scenarios are about the sample application's versions"
            raise RehearsalError(f"--scenario {names[0]} with --image", rule, "leave one of them out")
        return {"own-image": OwnImage(options.image, options.previous).play}
    if options.previous is not None:
        rule = "it is what answers before the image"
        raise RehearsalError(f"--previous {options.previous}", rule, "name the image with --image")
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise RehearsalError(
            f"--scenario {unknown[0]}", "there is no such scenario", f"name one of {', '.join(SCENARIOS)}"
        )
    if not names:
        return SCENARIOS
    # The others begin where a release has ended.
    return {name: played for name, played in SCENARIOS.items() if name in names or name == "release"}


def _play(rehearsal: Rehearsal, name: str, scenario: Scenario, timeline: Timeline) -> Play:
    play = Play(name, follower=timeline.step)
    with suppress(Unexpected):  # the step says so
        scenario(rehearsal, play)
    return play


def _report(options: Options, rehearsal: Rehearsal, plays: Sequence[Play]) -> None:
    level = rehearsal.level
    if options.as_json:
        sys.stdout.write(as_json(options.stack, level.name, level.shows, plays) + "\n")
        return
    console = Console(width=max(120, Console().width))
    console.print()
    table(plays, console)
    verdict = "all went as it should" if all(play.ok for play in plays) else "NOT all went as it should"
    console.print(f"\nLevel {level.name}: {verdict}. This level shows {level.shows}.", soft_wrap=True)


def _stay(rehearsal: Rehearsal, console: Console) -> None:
    for service in rehearsal.settings.services:
        console.print(f"{service}: {rehearsal.url(service)}")
    console.print(
        f"AWS endpoint: {rehearsal.cloud.endpoint} (access key test, secret test, Region {rehearsal.cloud.region})"
    )
    console.print("Staying up until Ctrl-C.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("stopping")


class _TerminatedError(BaseException):
    """SIGTERM or SIGHUP arrived."""


@contextmanager
def _ending_in_order() -> Generator[None]:
    """Make SIGTERM and SIGHUP unwind like Ctrl-C does, once: a second signal must not break the stopping."""

    def ended(number: int, frame: FrameType | None) -> Never:  # noqa: ARG001
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt if number == signal.SIGINT else _TerminatedError

    before = {one: signal.signal(one, ended) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
