"""A scenario as it is played: its steps, each with an expectation, and what traffic noticed of it."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from rehearsal.codepipeline.execution import Execution
from rehearsal.errors import RehearsalError
from rehearsal.host.project import ROOT
from rehearsal.identity.authority import AccessDenied
from rehearsal.images.registry import RegistryError
from rehearsal.plays import unforeseen
from rehearsal.running.verdict import Verdict

ANSWERS = (ClientError, AccessDenied, RegistryError, TimeoutError)
"""What a step may meet without anybody's fault: the services' own refusals, and waits that were in vain."""


class Unexpected(Exception):
    """A step did not go as it should; the text says what was seen and what should have been."""


@dataclass(frozen=True)
class Step:
    """One step that was played."""

    name: str
    seconds: float
    ok: bool
    seen: str


@dataclass(frozen=True)
class Released:
    """One release that was played: what was pushed, and the execution it came to."""

    version: str
    """What the image is called here."""
    digest: str
    execution: Execution


@dataclass
class Play:
    """One scenario as it goes; a step that does not go as expected ends it."""

    scenario: str
    steps: list[Step] = field(default_factory=list[Step])
    follower: Callable[[Step], None] | None = None
    releases: list[Released] = field(default_factory=list[Released])
    verdict: Verdict | None = None
    """What traffic noticed; None when the scenario ended before there was any."""
    fault: RehearsalError | None = None
    """What broke a step that was not about releases: the application's folder, this machine, or the rehearsal itself."""

    @property
    def ok(self) -> bool:
        """Whether every step went as it should."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @contextmanager
    def step(self, name: str) -> Generator[list[str]]:
        """Time one step; what the block puts into the list is what was seen."""
        begun = time.monotonic()
        seen: list[str] = []
        try:
            yield seen
        except Exception as error:
            self.fault = _fault(error)
            said = str(self.fault or error) or type(error).__name__
            self.add(Step(name, time.monotonic() - begun, ok=False, seen=said))
            raise Unexpected(f"{name}: {said}") from error
        self.add(Step(name, time.monotonic() - begun, ok=True, seen="; ".join(seen)))

    def add(self, step: Step) -> None:
        """Take a step that is over."""
        self.steps.append(step)
        if self.follower:
            self.follower(step)


def exit_code(plays: Sequence[Play]) -> int:
    """0 when every step of every scenario went as it should; else 1, or the exit code of what broke the first."""
    faults = [play.fault for play in plays if play.fault is not None]
    if faults:
        return faults[0].exit_code
    return 0 if all(play.ok for play in plays) else 1


def _fault(error: Exception) -> RehearsalError | None:
    """Whose fault it is that a step went wrong; None where that is what the step was about."""
    if isinstance(error, Unexpected):
        return None
    return unforeseen.foreseen(error) if isinstance(error, ANSWERS) else unforeseen.worded(error, ROOT)


def expect(condition: bool, otherwise: str) -> None:  # noqa: FBT001  (reads as a sentence)
    """Raise Unexpected that says `otherwise` unless the condition holds."""
    if not condition:
        raise Unexpected(otherwise)
