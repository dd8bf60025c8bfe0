"""The events that CodePipeline sends about executions and actions. Pure.

AWS document: codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.md, "Detail types" and the examples below
it. Events of stages are not sent: nothing the program declares listens to them.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.codepipeline.declared import ActionDeclaration
from rehearsal.codepipeline.execution import Execution
from rehearsal.codepipeline.status import ActionStatus, ExecutionStatus
from rehearsal.world.cloud import Cloud

Send = Callable[[Mapping[str, Any]], None]
"""Hands an event to EventBridge; returns at once."""

STATES: Mapping[str, str] = {
    ExecutionStatus.IN_PROGRESS: "STARTED",
    ExecutionStatus.SUCCEEDED: "SUCCEEDED",
    ExecutionStatus.FAILED: "FAILED",
    ExecutionStatus.STOPPING: "STOPPING",
    ExecutionStatus.STOPPED: "STOPPED",
    ExecutionStatus.SUPERSEDED: "SUPERSEDED",
    ExecutionStatus.CANCELLED: "CANCELED",
    ActionStatus.ABANDONED: "ABANDONED",
}
"""A status of the API, by the word that events have for it."""


def nobody(event: Mapping[str, Any]) -> None:
    """Send nothing."""


@dataclass(frozen=True)
class News:
    """Tells EventBridge of state changes."""

    cloud: Cloud
    send: Send = nobody

    def execution(self, execution: Execution) -> None:
        """Tell what an execution has become."""
        self._tell("Pipeline", execution, {"state": STATES[execution.status]})

    def resumed(self, execution: Execution) -> None:
        """Tell that a stage of a failed execution is retried."""
        self._tell("Pipeline", execution, {"state": "RESUMED"})

    def action(
        self,
        execution: Execution,
        stage: str,
        action: ActionDeclaration,
        status: ActionStatus,
        code: str | None = None,
    ) -> None:
        """Tell what one action of an execution has become; `code` is why it failed."""
        kind = {"owner": "AWS", "category": action.category, "provider": action.provider, "version": "1"}
        detail: dict[str, Any] = {
            "stage": stage,
            "action": action.name,
            "state": STATES[status],
            "region": self.cloud.place.region,
            "type": kind,
        }
        if code:
            detail["execution-result"] = {"error-code": code}
        self._tell("Action", execution, detail)

    def _tell(self, level: str, execution: Execution, detail: Mapping[str, Any]) -> None:
        cloud = self.cloud
        self.send(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": f"CodePipeline {level} Execution State Change",
                "source": "aws.codepipeline",
                "account": cloud.place.account,
                "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "region": cloud.place.region,
                "resources": [cloud.place.arn("codepipeline", execution.pipeline)],
                "detail": {
                    "pipeline": execution.pipeline,
                    "execution-id": execution.id,
                    "version": 1.0,
                    "pipeline-execution-attempt": 1.0,
                    **detail,
                },
            }
        )
