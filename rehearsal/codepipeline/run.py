"""One execution while it runs."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from rehearsal.codepipeline import variables
from rehearsal.codepipeline.declared import Pipeline, Stage
from rehearsal.codepipeline.execution import ArtifactLocation, Execution
from rehearsal.codepipeline.status import ActionStatus, StageStatus
from rehearsal.identity.authority import Credentials


@dataclass
class Run:
    """One execution's state; every change happens under the service's lock."""

    execution: Execution
    pipeline: Pipeline
    number: int
    """Executions are numbered in the order of their start."""
    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    artifacts: dict[str, ArtifactLocation] = field(default_factory=dict[str, ArtifactLocation])
    stopping: bool = False
    abandoned: threading.Event = field(default_factory=threading.Event)
    fault: BaseException | None = None
    credentials: Credentials | None = None
    retries: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What retried each stage: `AutomatedStageRetry`, `ManualStageRetry` (API codepipeline.RetryTrigger)."""

    def __post_init__(self) -> None:
        """Make the reserved namespaces (reference-variables.md, "Namespaces")."""
        self.namespaces[variables.IMPLICIT] = {"PipelineExecutionId": self.execution.id}
        self.namespaces[variables.PIPELINE] = self.execution.variables

    @property
    def is_over(self) -> bool:
        """Whether nothing more may start."""
        return self.stopping or self.execution.status.is_final

    def unmet(self, stage: Stage, now: datetime) -> str:
        """Run the rules of a stage's entry condition: why it may not be entered now, empty when it may."""
        ran = stage.before_entry.run(stage.name, now) if stage.before_entry else []
        self.execution = replace(self.execution, rules=(*self.execution.rules, *ran))
        return "; ".join(one.failure for one in ran if one.failure)

    def succeeded(self, stage: str) -> set[str]:
        """The actions of a stage whose last run succeeded."""
        last = {one.action: one.status for one in self.execution.actions if one.stage == stage}
        return {name for name, status in last.items() if status == ActionStatus.SUCCEEDED}

    def status_in(self, stage: str) -> StageStatus | None:
        """How it stands with a stage; None for one that it was never let into."""
        if stage not in self.execution.entered:
            return None
        gone_on = self.execution.stage != stage
        return StageStatus.SUCCEEDED if gone_on else StageStatus(self.execution.status.value)

    def waits_for(self, stage: str) -> bool:
        """Whether it waits in front of a stage."""
        execution = self.execution
        inside = stage in execution.entered
        return execution.stage == stage and not inside and not execution.status.is_final
