"""What a rehearsal plays of the sample application: a good release and another, a broken migration, a missing permission.

Each scenario is a sequence of steps with an expectation; a step that does not go as expected ends its scenario.
"""

from collections.abc import Callable
from typing import Any

from rehearsal import faults
from rehearsal.codebuild.declared import PROJECT_TYPE
from rehearsal.codepipeline.status import ActionStatus, ExecutionStatus
from rehearsal.plays import sample
from rehearsal.plays.play import Play, expect
from rehearsal.plays.releasing import followed, keeps_answering, released, watched
from rehearsal.plays.versions import BROKEN, V1, V2, V4
from rehearsal.running.rehearsal import Rehearsal


def release(rehearsal: Rehearsal, play: Play) -> None:
    """Push v1, then v2 under load: each ends as the version that answers, and nobody notices the change."""
    with play.step("the pipeline's first execution finds no image") as seen:
        first = rehearsal.first_execution()
        expect(
            first.status == ExecutionStatus.FAILED,
            f"it is {first.status}; without an image the source action fails",
        )
        said = first.action("Source").error_message or ""
        expect("was not found" in said, f"it fails for another reason: {said}")
        seen.append(said)
    hint = sample.hint(rehearsal.settings)
    with watched(rehearsal, play, sample.paths(rehearsal.settings)):
        released(rehearsal, play, V1, hint)
        released(rehearsal, play, V2, hint)


def broken_migration(rehearsal: Rehearsal, play: Play) -> None:
    """Push a version whose migration fails: nothing is registered, the version before it keeps answering."""
    with watched(rehearsal, play, sample.paths(rehearsal.settings)):
        before, revisions = rehearsal.users.now(), _revisions(rehearsal)
        with play.step(f"push {BROKEN.name}, whose migration fails"):
            digest = rehearsal.team.push(BROKEN)
        with play.step("the release stops at its migration") as seen:
            execution = followed(rehearsal, play, BROKEN, digest)
            rule = "a failed migration must fail the release"
            expect(execution.status == ExecutionStatus.FAILED, f"it is {execution.status}; {rule}")
            migrate = execution.action("Migrate")
            expect(migrate.status == ActionStatus.FAILED, f"Migrate is {migrate.status}")
            seen.append(_own_words(migrate.error_message or ""))
        with play.step("nothing was deployed") as seen:
            ran = [action.action for action in execution.actions]
            expect(not [name for name in ran if name.startswith("Deploy")], f"these actions ran: {ran}")
            expect(_revisions(rehearsal) == revisions, "a task definition was registered")
            seen.append(f"no task definition registered; {keeps_answering(rehearsal, before)}")


def denied(rehearsal: Rehearsal, play: Play) -> None:
    """Take one statement from the build's role: the release stops where AWS would stop it, and names what is missing."""
    action = "ecr:BatchGetImage"
    role = str(rehearsal.cloud.one(PROJECT_TYPE).inputs["serviceRole"])
    with watched(rehearsal, play, sample.paths(rehearsal.settings)):
        before = rehearsal.users.now()
        with (
            play.step(f"the build's role loses the statement with {action}") as seen,
            faults.without(rehearsal.cloud, role, action) as lost,
        ):
            seen.append(f"taken away: {', '.join(lost)}")
            execution = followed(rehearsal, play, V4, rehearsal.team.push(V4))
        with play.step("the release stops there with AWS's own error") as seen:
            expect(
                execution.status == ExecutionStatus.FAILED,
                f"it is {execution.status}; without {action} it must fail",
            )
            said = execution.action("Migrate").error_message or ""
            repository = f":repository/{rehearsal.settings.image.repository}"
            for part in (f"is not authorized to perform: {action}", repository):
                expect(part in said, f"the error does not name {part!r}: {said}")
            seen.append(next(line for line in said.splitlines() if action in line))
        with play.step("nothing changed for anyone") as seen:
            seen.append(keeps_answering(rehearsal, before))


SCENARIOS: dict[str, Callable[[Rehearsal, Play], None]] = {
    "release": release,
    "broken-migration": broken_migration,
    "denied": denied,
}
"""Every scenario by its name, in the order they are played."""


def _own_words(message: str) -> str:
    """The last lines of a failed build's own log: without CodeBuild's frame."""
    return "\n".join(message.splitlines()[1:])


def _revisions(rehearsal: Rehearsal) -> list[str]:
    listed: dict[str, Any] = rehearsal.cloud.client("ecs").list_task_definitions()
    return sorted(listed["taskDefinitionArns"])
