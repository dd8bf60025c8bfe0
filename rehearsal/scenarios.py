"""What a rehearsal plays: a good release and another, a broken migration, a missing permission.

Each scenario is a sequence of steps with an expectation; a step that does not go as expected ends its scenario.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rehearsal.application import BROKEN, V1, V2, V4, Version
from rehearsal.codepipeline.executions import FAILED, SUCCEEDED, Execution
from rehearsal.rehearsal import Rehearsal, short
from rehearsal.traffic import Stream, get

RELEASE_TIMEOUT = 300.0
"""Real seconds a release may take before the rehearsal gives up on it."""


class Unexpected(Exception):  # noqa: N818  (an outcome: the step did not go as it should)
    """A step did not go as it should; the text says what was seen and what should have been."""


@dataclass(frozen=True)
class Step:
    """One step that was played."""

    name: str
    seconds: float
    ok: bool
    seen: str


@dataclass
class Play:
    """One scenario as it goes."""

    scenario: str
    steps: list[Step] = field(default_factory=list[Step])
    follower: Callable[[Step], None] | None = None

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
            self.add(Step(name, time.monotonic() - begun, ok=False, seen=str(error) or type(error).__name__))
            raise Unexpected(f"{name}: {error}") from error
        self.add(Step(name, time.monotonic() - begun, ok=True, seen="; ".join(seen)))

    def add(self, step: Step) -> None:
        """Take a step that is over."""
        self.steps.append(step)
        if self.follower:
            self.follower(step)


def release(rehearsal: Rehearsal, play: Play) -> None:
    """Push v1, then v2 under load: both end as the version that answers, and nobody notices the change."""
    with play.step("the pipeline's first execution finds no image") as seen:
        first = rehearsal.first_execution()
        _expect(first.status == FAILED, f"it is {first.status}; without an image the source action fails")
        said = first.action("Source").error_message or ""
        _expect("was not found" in said, f"it fails for another reason: {said}")
        seen.append(said)
    _released(rehearsal, play, V1)
    with Stream(rehearsal.url(_service(rehearsal))) as stream:
        _released(rehearsal, play, V2)
    with play.step("not one request failed while traffic moved") as seen:
        _expect(
            not stream.failures,
            f"{len(stream.failures)} of {stream.sent} failed: {sorted(set(stream.failures))}",
        )
        seen.append(
            f"{stream.sent} requests: " + ", ".join(f"{n} by {v}" for v, n in stream.versions.items())
        )


def broken_migration(rehearsal: Rehearsal, play: Play) -> None:
    """Push a version whose migration fails: nothing is registered, the version before it keeps answering."""
    before = _answering(rehearsal)
    revisions = _revisions(rehearsal)
    with play.step(f"push {BROKEN.name}, whose migration fails"):
        digest = rehearsal.push(BROKEN)
    with play.step("the release stops at its migration") as seen:
        execution = rehearsal.release_of(digest, RELEASE_TIMEOUT)
        _expect(
            execution.status == FAILED, f"it is {execution.status}; a failed migration must fail the release"
        )
        migrate = execution.action("Migrate")
        _expect(migrate.status == FAILED, f"Migrate is {migrate.status}")
        seen.append(_own_words(migrate.error_message or ""))
    with play.step("nothing was deployed") as seen:
        ran = [action.action for action in execution.actions]
        _expect(not [name for name in ran if name.startswith("Deploy")], f"these actions ran: {ran}")
        _expect(_revisions(rehearsal) == revisions, "a task definition was registered")
        seen.append(f"no task definition registered; {_answering(rehearsal, before)} keeps answering")


def denied(rehearsal: Rehearsal, play: Play) -> None:
    """Take one statement from the build's role: the release stops where AWS would stop it, and names what is missing."""
    before = _answering(rehearsal)
    action = "ecr:BatchGetImage"
    with (
        play.step(f"the build's role loses the statement with {action}") as seen,
        _without(rehearsal, action) as lost,
    ):
        seen.append(f"taken away: {', '.join(lost)}")
        digest = rehearsal.push(V4)
        execution = rehearsal.release_of(digest, RELEASE_TIMEOUT)
    with play.step("the release stops there with AWS's own error") as seen:
        _expect(execution.status == FAILED, f"it is {execution.status}; without {action} it must fail")
        said = execution.action("Migrate").error_message or ""
        repository = f":repository/{rehearsal.settings.image.repository}"
        for part in (f"is not authorized to perform: {action}", repository):
            _expect(part in said, f"the error does not name {part!r}: {said}")
        seen.append(next(line for line in said.splitlines() if action in line))
    with play.step("nothing changed for anyone") as seen:
        seen.append(f"{_answering(rehearsal, before)} keeps answering")


SCENARIOS: dict[str, Callable[[Rehearsal, Play], None]] = {
    "release": release,
    "broken-migration": broken_migration,
    "denied": denied,
}
"""Every scenario by its name, in the order they are played."""


def _released(rehearsal: Rehearsal, play: Play, version: Version) -> None:
    with play.step(f"push {version.name}") as seen:
        digest = rehearsal.push(version)
        seen.append(f"digest {short(digest)}")
    with play.step(f"release {version.name}") as seen:
        execution = rehearsal.release_of(digest, RELEASE_TIMEOUT)
        _expect(execution.status == SUCCEEDED, _why(execution))
        seen.append(
            ", ".join(f"{a.action} {(a.ended or a.started) - a.started:.2f} s" for a in execution.actions)
        )
    with play.step(f"{version.name} answers through the load balancer") as seen:
        seen.append(_answering(rehearsal, version.name))


def _own_words(message: str) -> str:
    """The last lines of a failed build's own log: without CodeBuild's frame."""
    return "\n".join(message.splitlines()[1:])


def _why(execution: Execution) -> str:
    failed = [f"{one.action}: {one.error_message}" for one in execution.actions if one.status == FAILED]
    return f"the release is {execution.status} ({'; '.join(failed) or execution.summary})"


def _service(rehearsal: Rehearsal) -> str:
    return next(iter(rehearsal.settings.services))


def _answering(rehearsal: Rehearsal, expected: str | None = None) -> str:
    """The version that answers; every service must give the expected one."""
    version = ""
    for service in rehearsal.settings.services:
        status, body = get(rehearsal.url(service))
        version = str(body.get("version", f"HTTP {status}"))
        _expect(expected in (None, version), f"{service} answers {status} as {version}, not as {expected}")
    return version


def _revisions(rehearsal: Rehearsal) -> list[str]:
    listed: dict[str, Any] = rehearsal.cloud.client("ecs").list_task_definitions()
    return sorted(listed["taskDefinitionArns"])


@contextmanager
def _without(rehearsal: Rehearsal, action: str) -> Generator[list[str]]:
    """Take the statement with `action` from the build's role, and give it back at the end."""
    authority = rehearsal.cloud.authority
    role = rehearsal.cloud.one("aws:codebuild/project:Project").inputs["serviceRole"]
    for name, document in authority.policies(role).items():
        kept = [one for one in document["Statement"] if action not in one["Action"]]
        lost = [a for one in document["Statement"] if action in one["Action"] for a in one["Action"]]
        if lost:
            authority.put_policy(role, name, {**document, "Statement": kept})
            try:
                yield lost
            finally:
                authority.put_policy(role, name, document)
            return
    raise LookupError(f"the role {role} has no statement with {action}")


def _expect(condition: bool, otherwise: str) -> None:  # noqa: FBT001  (reads as a sentence)
    if not condition:
        raise Unexpected(otherwise)
