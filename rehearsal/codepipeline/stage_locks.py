"""Stage locks: which execution is in a stage, which waits in front of it, which is overtaken. Pure state.

AWS document: codepipeline/latest/userguide/concepts-how-it-works.md: rule 1, a stage processes one execution
at a time; rule 2, others wait in front of it until it is unlocked, by success, failure or stop; rule 3
(SUPERSEDED), a more recent execution overtakes the waiting one, and only a waiting one. QUEUED keeps the
order of arrival. PARALLEL has no locks. A disabled transition holds executions like a lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class _Door:
    holder: int | None = None
    waiting: list[int] = field(default_factory=list[int])
    closed: str | None = None
    """The reason a disabled transition was given."""


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

    def close(self, stage: str, reason: str) -> None:
        """Disable the transition into a stage (DisableStageTransition, Inbound)."""
        self._door(stage).closed = reason

    def open(self, stage: str) -> None:
        """Enable the transition again; whoever waits longest enters: under SUPERSEDED the only one, the most recent."""
        self._door(stage).closed = None
        self._admit(stage)

    def _door(self, stage: str) -> _Door:
        if stage not in self._doors:
            raise LookupError(f"stage {stage!r} does not exist; there are {list(self._doors)}")
        return self._doors[stage]

    def _admit(self, stage: str) -> None:
        door = self._doors[stage]
        while door.waiting and door.closed is None and (self._parallel or door.holder is None):
            door.holder = door.waiting.pop(0)
            self._inside.add((door.holder, stage))
