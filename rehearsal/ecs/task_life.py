"""One task's life as DescribeTasks tells it, also after its end.

AWS documents: AmazonECS/latest/developerguide/task-lifecycle-explanation; AmazonECS/latest/APIReference/API_Task (`stopCode`).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


def _now() -> datetime:
    return datetime.now(UTC)


class StopCode(StrEnum):
    """API ecs.TaskStopCode, as far as a service's tasks end so here."""

    NOT_STARTED = "TaskFailedToStart"
    EXITED = "EssentialContainerExited"
    SCHEDULER = "ServiceSchedulerInitiated"


@dataclass
class TaskLife:
    """When a task was what."""

    definition: Mapping[str, Any]
    """Its task definition, as registered."""
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    created: datetime = field(default_factory=_now)
    started: datetime | None = None
    stopping: datetime | None = None
    """From here on it is wanted to be STOPPED."""
    stopped: datetime | None = None
    reason: str = ""
    """AWS's `stoppedReason`."""
    code: StopCode | None = None
    exit_code: int | None = None
    """Of the first essential container that ended."""
    host: str = ""
    """Where its load-balanced port answers."""

    @property
    def wanted(self) -> str:
        """`desiredStatus`."""
        return "RUNNING" if self.stopping is None else "STOPPED"

    @property
    def last(self) -> str:
        """`lastStatus`."""
        if self.stopped is not None:
            return "STOPPED"
        if self.stopping is not None:
            return "DEACTIVATING"
        return "PENDING" if self.started is None else "RUNNING"

    def begin(self, host: str) -> None:
        """It runs from now on."""
        self.started, self.host = _now(), host

    def let_go(self, reason: str, code: StopCode) -> None:
        """It is to end from now on."""
        self.stopping, self.reason, self.code = _now(), reason, code

    def end(self, exit_code: int | None = None) -> None:
        """It has ended."""
        self.stopped, self.exit_code = _now(), exit_code
