"""What is known of a build while it runs and after: its phases, its state, and whether somebody stopped it.

AWS document: codebuild/latest/userguide/view-build-details-phases.md (the phases, in this order).
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rehearsal.codebuild.order import Order


class BuildStatus(StrEnum):
    """API codebuild.StatusType, as far as it is played."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


@dataclass
class PhaseRecord:
    """One phase; times are seconds on the monotonic clock."""

    name: str
    began: float
    ended: float | None = None
    status: BuildStatus = BuildStatus.IN_PROGRESS
    code: str = ""
    message: str = ""


@dataclass
class BuildRecord:
    """One build; written by its own thread, read by any."""

    order: Order
    status: BuildStatus = BuildStatus.IN_PROGRESS
    phases: list[PhaseRecord] = field(default_factory=list[PhaseRecord])
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    exported: Mapping[str, str] = field(default_factory=dict[str, str])
    log: tuple[str, str] | None = None
    """Group and stream of its log, once they are there."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when somebody stops the build."""

    def __post_init__(self) -> None:
        """A build is submitted and queued at once."""
        for name in ("SUBMITTED", "QUEUED"):
            self.begin(name)
            self.end(BuildStatus.SUCCEEDED)

    @property
    def id(self) -> str:
        """The build's id, `<project>:<uuid>`."""
        return f"{self.order.project.name}:{self.order.id}"

    def begin(self, name: str) -> None:
        """Enter a phase."""
        self.phases.append(PhaseRecord(name, time.monotonic()))

    def end(self, status: BuildStatus, code: str = "", message: str = "") -> None:
        """Leave the phase."""
        phase = self.phases[-1]
        phase.code, phase.message, phase.status = code, message, status
        phase.ended = time.monotonic()

    def complete(self, status: BuildStatus, exported: Mapping[str, str] | None = None) -> None:
        """End the build."""
        self.begin("FINALIZING")
        self.end(BuildStatus.SUCCEEDED)
        self.begin("COMPLETED")
        self.exported = exported or {}
        self.ended = time.monotonic()
        self.status = status
