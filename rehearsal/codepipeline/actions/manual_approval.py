"""The manual approval action.

AWS documents: codepipeline/latest/userguide/approvals.md, approvals-action-add.md, and limits.md for the
timeout.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.codepipeline.execution import ActionCall, ActionFailed, Approver
from rehearsal.world.cloud import Cloud

DEFAULT_TIMEOUT_MINUTES = 7 * 24 * 60
"""After seven days without an answer the action fails (limits.md)."""


@dataclass
class _Pending:
    approved: bool | None = None
    comment: str = ""


class ManualApproval:
    """Provider `Manual`: waits for somebody's decision."""

    def __init__(self, cloud: Cloud, approver: Approver | None = None) -> None:
        """With an `approver`, it is asked instead of a person, so that a rehearsal may go on by itself."""
        self._cloud = cloud
        self._approver = approver
        self._changed = threading.Condition()
        self._pending: dict[str, _Pending] = {}

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Wait for the decision; ActionFailed when it is no, or does not come in the declared time."""
        pending = _Pending()
        with self._changed:
            self._pending[call.execution_id] = pending
            self._changed.notify_all()
        try:
            self._notify(call)
            self._cloud.journal.record(
                "CodePipeline", f"approval {call.action} needed", execution=call.execution_id
            )
            if self._approver is not None:
                pending.approved = self._approver(call)
            self._wait(call, pending)
        finally:
            with self._changed:
                self._pending.pop(call.execution_id, None)
        if not pending.approved:
            raise ActionFailed(
                "ApprovalRejected", f"The approval action was rejected: {pending.comment or 'no comment'}"
            )
        return {}

    def decide(self, execution_id: str, *, approved: bool, comment: str = "", timeout: float = 0) -> None:
        """Answer the approval that an execution waits for (PutApprovalResult).

        Waits up to `timeout` real seconds for it to be asked; LookupError when none is pending then.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: execution_id in self._pending, timeout):
                raise LookupError(
                    f"execution {execution_id} waits for no approval; these do: {sorted(self._pending)}"
                )
            pending = self._pending[execution_id]
            pending.comment, pending.approved = comment, approved
            self._changed.notify_all()

    def wake(self) -> None:
        """Look again whether waiting approvals were abandoned."""
        with self._changed:
            self._changed.notify_all()

    def _wait(self, call: ActionCall, pending: _Pending) -> None:
        declared = (call.timeout_minutes or DEFAULT_TIMEOUT_MINUTES) * 60

        def over() -> bool:
            return pending.approved is not None or call.abandoned.is_set()

        with self._changed:
            if not self._changed.wait_for(over, self._cloud.clock.seconds(declared)):
                raise ActionFailed(
                    "TimeoutError", f"The approval was not given within {declared / 60:g} minutes"
                )

    def _notify(self, call: ActionCall) -> None:
        topic = call.configuration.get("NotificationArn")
        if not topic:
            return
        approval = {
            "pipelineName": call.pipeline,
            "stageName": call.stage,
            "actionName": call.action,
            "externalEntityLink": call.configuration.get("ExternalEntityLink"),
            "customData": call.configuration.get("CustomData"),
        }
        subject = f"APPROVAL NEEDED: AWS CodePipeline {call.pipeline} for action {call.action}"
        message = json.dumps({"region": self._cloud.place.region, "approval": approval})
        sns = self._cloud.client("sns", call.credentials)
        sns.publish(TopicArn=topic, Subject=subject[:100], Message=message)
