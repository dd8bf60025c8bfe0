"""Stage locks: which execution is in a stage, which waits in front of it, which is overtaken. Pure state.

AWS document: codepipeline/latest/userguide/concepts-how-it-works.md: rule 1, a stage processes one execution
at a time; rule 2, others wait in front of it until it is unlocked, by success, failure or stop; rule 3
(SUPERSEDED), a more recent execution overtakes the waiting one, and only a waiting one. QUEUED keeps the
order of arrival. PARALLEL has no locks. A disabled transition holds executions like a lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Transition:
    """The transition into a stage (API codepipeline.TransitionState)."""

    enabled: bool = True
    reason: str = ""
    """Why it was disabled."""
    changed_by: str = ""
    """ARN of who changed it last; empty while nobody has."""
    changed: float = 0.0
    """When, in seconds on the monotonic clock."""


@dataclass
class _Door:
    holder: int | None = None
    waiting: list[int] = field(default_factory=list[int])
    transition: Transition = field(default_factory=Transition)


class StageLocks:
    """The locks of one pipeline's stages; executions are numbered in the order of their start.

    Nothing here locks threads: the caller holds its own lock. A freed stage is handed over at once, so who
    comes next never depends on which thread wakes first.
    """

    def __init__(self, stages: Sequence[str], mode: str) -> None:
        """Open every door; `mode` is the pipeline's execution mode."""
        self._parallel = mode == "PARALLEL"
        self._superseding = mode == "SUPERSEDED"
        self._doors = {stage: _Door() for stage in stages}
        self._inside: set[tuple[int, str]] = set()

    def arrive(self, execution: int, stage: str) -> list[int]:
        """Come to a stage: enter it or wait; answers the executions that are superseded by this."""
        door = self._doors[stage]
        door.waiting.append(execution)
        self._admit(stage)
        if not self._superseding or len(door.waiting) <= 1:
            return []
        newest = max(door.waiting)
        overtaken = [waiting for waiting in door.waiting if waiting != newest]
        door.waiting = [newest]
        return overtaken

    def leave(self, execution: int, stage: str) -> None:
        """Go out of a stage, or stop waiting for it."""
        door = self._doors[stage]
        self._inside.discard((execution, stage))
        if execution in door.waiting:
            door.waiting.remove(execution)
        if door.holder == execution:
            door.holder = None
            self._admit(stage)

    def is_inside(self, execution: int, stage: str) -> bool:
        """Whether the execution has been let in."""
        return (execution, stage) in self._inside

    def return_to(self, execution: int, stage: str) -> bool:
        """Enter a stage again that was entered before (RetryStageExecution); False while another is in it."""
        door = self._doors[stage]
        if door.holder is not None and not self._parallel:
            return False
        door.holder = execution
        self._inside.add((execution, stage))
        return True

    def change(self, stage: str, transition: Transition) -> None:
        """Disable or enable the transition into a stage; LookupError for a stage that is not there.

        Once it is enabled whoever waits longest enters: under SUPERSEDED the only one, the most recent.
        """
        self._door(stage).transition = transition
        self._admit(stage)

    def transition(self, stage: str) -> Transition:
        """The transition into a stage."""
        return self._door(stage).transition

    def _door(self, stage: str) -> _Door:
        if stage not in self._doors:
            raise LookupError(f"stage {stage!r} does not exist; there are {list(self._doors)}")
        return self._doors[stage]

    def _admit(self, stage: str) -> None:
        door = self._doors[stage]
        while door.waiting and door.transition.enabled and (self._parallel or door.holder is None):
            door.holder = door.waiting.pop(0)
            self._inside.add((door.holder, stage))
