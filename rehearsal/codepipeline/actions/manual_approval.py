"""The manual approval action.

AWS documents: codepipeline/latest/userguide/approvals.md, approvals-action-add.md, and limits.md for the
timeout.
"""

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.codepipeline.execution import ActionCall, ActionFailed, Approver
from rehearsal.errors import AwsRefusal
from rehearsal.world.cloud import Cloud

DEFAULT_TIMEOUT_MINUTES = 7 * 24 * 60
"""After seven days without an answer the action fails (limits.md)."""


@dataclass
class _Pending:
    execution_id: str
    token: str
    approved: bool | None = None
    comment: str = ""


class ManualApproval:
    """Provider `Manual`: waits for somebody's decision."""

    def __init__(self, cloud: Cloud, approver: Approver | None = None) -> None:
        """With an `approver`, it is asked instead of a person, so that a rehearsal may go on by itself."""
        self._cloud = cloud
        self._approver = approver
        self._changed = threading.Condition()
        self._asked: dict[str, tuple[_Pending, ActionCall]] = {}
        """Every approval that was ever asked for, by its token."""
        self._pending: dict[str, _Pending] = {}

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Wait for the decision; ActionFailed when it is no, or does not come in the declared time."""
        pending = _Pending(call.execution_id, str(uuid.uuid4()))
        call.note(token=pending.token)
        with self._changed:
            self._pending[pending.token] = pending
            self._asked[pending.token] = pending, call
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
                self._pending.pop(pending.token, None)
        if not pending.approved:
            raise ActionFailed(
                "ApprovalRejected", f"The approval action was rejected: {pending.comment or 'no comment'}"
            )
        return {}

    def decide(self, execution_id: str, *, approved: bool, comment: str = "", timeout: float = 0) -> None:
        """Answer the approval that an execution waits for.

        Waits up to `timeout` real seconds for it to be asked; LookupError when none is pending then.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._of(execution_id) is not None, timeout):
                waiting = sorted(one.execution_id for one in self._pending.values())
                raise LookupError(f"execution {execution_id} waits for no approval; these do: {waiting}")
            pending = self._of(execution_id)
            token = pending.token if pending else ""
        self.answer(token, approved=approved, comment=comment)

    def answer(
        self,
        token: str,
        *,
        approved: bool,
        comment: str,
        by: str = "",
        of: tuple[str, str, str] | None = None,
    ) -> None:
        """Answer the approval of a token (PutApprovalResult); AwsRefusal for one that waits for no answer.

        `of` is the pipeline, stage and action that the caller means; a token belongs to one.
        """
        with self._changed:
            pending, call = self._asked.get(token, (None, None))
            if pending is None or call is None or of not in {None, (call.pipeline, call.stage, call.action)}:
                raise AwsRefusal("InvalidApprovalTokenException", "The approval token is not valid")
            if pending.approved is not None:
                raise AwsRefusal(
                    "ApprovalAlreadyCompletedException",
                    "The approval action has already been approved or rejected",
                )
            if token not in self._pending:
                raise AwsRefusal("InvalidApprovalTokenException", "The approval request has expired")
            call.note(summary=comment, updated_by=by)
            pending.comment, pending.approved = comment, approved
            self._changed.notify_all()

    def _of(self, execution_id: str) -> _Pending | None:
        waiting = (one for one in self._pending.values() if one.execution_id == execution_id)
        return next((one for one in waiting if one.approved is None), None)

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
