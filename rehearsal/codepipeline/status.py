"""What an execution, and an action of one, can be. Pure."""

from enum import StrEnum


class ExecutionStatus(StrEnum):
    """API codepipeline.PipelineExecutionStatus."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"
    STOPPING = "Stopping"
    SUPERSEDED = "Superseded"
    CANCELLED = "Cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it never changes again."""
        return self not in {ExecutionStatus.IN_PROGRESS, ExecutionStatus.STOPPING}


class StageStatus(StrEnum):
    """API codepipeline.StageExecutionStatus, as far as it is played."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"
    STOPPING = "Stopping"
    CANCELLED = "Cancelled"


class ActionStatus(StrEnum):
    """API codepipeline.ActionExecutionStatus."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"
    """Its execution was stopped without waiting for it."""
