"""A release that the world outside the stack stops: a person who says no, the time of day, the function of a hook."""

from dataclasses import dataclass

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.levels.version import LocalImage, Version
from rehearsal.plays.play import Play, expect
from rehearsal.plays.releasing import followed, keeps_answering, watched
from rehearsal.running.outside import Stop
from rehearsal.running.rehearsal import Rehearsal


@dataclass(frozen=True)
class StoppedRelease:
    """What is pushed, and what is to stop it."""

    version: Version | LocalImage
    stop: Stop

    def play(self, rehearsal: Rehearsal, play: Play) -> None:
        """Push the version: its release ends where it was told to, and who answered before keeps answering."""
        with watched(rehearsal, play):
            before = rehearsal.users.now()
            with play.step(f"push {self.version.name}"):
                digest = rehearsal.team.push(self.version)
            with play.step(f"the release is stopped {self.stop.where}") as seen:
                execution = followed(rehearsal, play, self.version, digest)
                expect(
                    execution.status == ExecutionStatus.FAILED,
                    f"it is {execution.status}; it must fail {self.stop.where}",
                )
                told = [one.error_message or "" for one in execution.actions] + [execution.summary]
                reason = next((text for text in told if self.stop.words in text), None)
                expect(reason is not None, f"it fails for another reason: {' '.join(filter(None, told))}")
                seen.append(reason or "")
            with play.step("who answered before keeps answering") as seen:
                seen.append(keeps_answering(rehearsal, before))
