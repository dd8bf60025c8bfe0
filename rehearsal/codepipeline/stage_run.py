"""The running of one stage's actions."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.codepipeline import variables
from rehearsal.codepipeline.artifacts import ArtifactStore
from rehearsal.codepipeline.declared import ActionDeclaration, Stage
from rehearsal.codepipeline.events import News
from rehearsal.codepipeline.execution import (
    ActionCall,
    ActionFailed,
    ActionProvider,
    ActionRun,
    ArtifactLocation,
    Note,
)
from rehearsal.codepipeline.run import Run
from rehearsal.codepipeline.status import ActionStatus
from rehearsal.identity.authority import AccessDenied, Credentials
from rehearsal.world import said


class Worker:
    """Runs the actions of one stage for one execution."""

    def __init__(
        self,
        news: News,
        providers: Mapping[str, ActionProvider],
        changed: threading.Condition,
        run: Run,
        stage: Stage,
    ) -> None:
        """`changed` is the service's lock; it is notified at each change of the run."""
        self._cloud = news.cloud
        self._providers = providers
        self._changed = changed
        self._run = run
        self._stage = stage
        self._news = news
        self._succeeded = run.succeeded(stage.name)

    def run(self, *, skip_succeeded: bool = False) -> list[str]:
        """Run group after group of equal run order, those of one group at the same time.

        Answers the names of the failed actions; a failure lets the others of its group finish and starts no
        more.
        """
        for group in self._stage.in_order():
            todo = [action for action in group if not (skip_succeeded and action.name in self._succeeded)]
            failed = self._group(todo)
            if failed or self._run.stopping:
                return failed
        return []

    def _group(self, group: list[ActionDeclaration]) -> list[str]:
        ended: list[str] = []

        def work(action: ActionDeclaration) -> None:
            try:
                self._perform(action)
            except BaseException as error:  # noqa: BLE001  (raised again by the engine)
                self._run.fault = error
            finally:
                with self._changed:
                    ended.append(action.name)
                    self._changed.notify_all()

        for action in group:
            name = f"{self._run.execution.id} {action.name}"
            threading.Thread(target=work, args=(action,), name=name, daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: len(ended) == len(group) or self._run.abandoned.is_set())
            if self._run.fault is not None:
                raise self._run.fault
            for action in group:
                if action.name not in ended:
                    self._note(action, ActionStatus.ABANDONED)
            return [action.name for action in group if action.name not in self._succeeded]

    def _perform(self, action: ActionDeclaration) -> None:
        self._begin(action)
        try:
            call = self._call(action)
            outputs = self._provider(action).run(call)
        except (ActionFailed, AccessDenied, ClientError, variables.UnresolvedVariable) as error:
            code, message = _explained(error)
            self._note(action, ActionStatus.FAILED, code, message)
            return
        with self._changed:
            if self._run.abandoned.is_set():
                return
            if action.namespace:
                self._run.namespaces[action.namespace] = outputs
            self._succeeded.add(action.name)
        self._note(action, ActionStatus.SUCCEEDED, outputs=outputs)

    def _provider(self, action: ActionDeclaration) -> ActionProvider:
        if action.provider not in self._providers:
            raise ActionFailed(
                "ConfigurationError",
                f"action provider {action.provider!r} is not rehearsed; these are: {sorted(self._providers)}",
            )
        return self._providers[action.provider]

    def _call(self, action: ActionDeclaration) -> ActionCall:
        run = self._run
        role = action.role_arn or run.pipeline.role_arn
        credentials = self._credentials(action)
        configuration = {
            key: variables.resolve(value, run.namespaces) for key, value in action.configuration.items()
        }
        inputs = {name: run.artifacts[name] for name in action.inputs}
        self._update(action, configuration=configuration, inputs=inputs)
        return ActionCall(
            pipeline=run.pipeline.name,
            stage=self._stage.name,
            action=action.name,
            execution_id=run.execution.id,
            configuration=configuration,
            inputs=inputs,
            outputs=tuple(action.outputs),
            role_arn=role,
            credentials=credentials,
            put_artifact=self._putter(action, credentials),
            get_artifact=self._getter(credentials),
            place_artifact=self._placer(action),
            encryption_key=run.pipeline.key_id,
            source_revision=next(
                (r for r in run.execution.source_revisions if r.action_name == action.name), None
            ),
            timeout_minutes=action.timeout_minutes,
            abandoned=run.abandoned,
            note=self._noter(action),
        )

    def _noter(self, action: ActionDeclaration) -> Note:
        def note(**known: str) -> None:
            self._update(action, **known)

        return note

    def _credentials(self, action: ActionDeclaration) -> Credentials:
        """The pipeline's role, or the action's own, assumed by it (action-requirements.md, "roleArn")."""
        run, authority = self._run, self._cloud.authority
        role = run.pipeline.role_arn
        try:
            if run.credentials is None:
                run.credentials = authority.assume(role, "codepipeline.amazonaws.com")
            if action.role_arn is None:
                return run.credentials
            role = action.role_arn
            return authority.assume_as(run.pipeline.role_arn, role)
        except AccessDenied as refused:
            raise ActionFailed(
                "PermissionError",
                f"CodePipeline is not authorized to perform AssumeRole on role {role}: {refused}",
            ) from refused

    def _store(self) -> ArtifactStore:
        pipeline = self._run.pipeline
        return ArtifactStore(self._cloud, pipeline.name, pipeline.bucket, pipeline.key_id)

    def _putter(self, action: ActionDeclaration, own: Credentials) -> Callable[..., ArtifactLocation]:
        def put(
            name: str,
            data: bytes,
            credentials: Credentials | None = None,
            key_id: str | None = None,
            revision: str | None = None,
        ) -> ArtifactLocation:
            if name not in action.outputs:
                raise LookupError(
                    f"action {action.name!r} declares no output artifact {name!r}; it has {list(action.outputs)}"
                )
            store = self._store()
            # CodeBuild encrypts with its project's key, whatever key the pipeline names (GitHub aws/aws-cdk#4182).
            key = store.key_id if credentials is None else key_id
            known = revision or self._revision(action)
            location = store.put(name, data, credentials or own, key_id=key, revision=known)
            with self._changed:
                self._run.artifacts[name] = location
            return location

        return put

    def _placer(self, action: ActionDeclaration) -> Callable[[str], ArtifactLocation]:
        def place(name: str) -> ArtifactLocation:
            revision = self._revision(action)
            location = self._store().place(name, revision)
            with self._changed:
                self._run.artifacts[name] = location
            return location

        return place

    def _revision(self, action: ActionDeclaration) -> str | None:
        """Revision of the first input that has one: what an action hands on."""
        artifacts = self._run.artifacts
        return next(
            (artifacts[i].revision for i in action.inputs if i in artifacts and artifacts[i].revision), None
        )

    def _getter(self, own: Credentials) -> Callable[..., bytes]:
        def get(name: str, credentials: Credentials | None = None) -> bytes:
            return self._store().get(self._run.artifacts[name], credentials or own)

        return get

    def _begin(self, action: ActionDeclaration) -> None:
        with self._changed:
            begun = ActionRun(
                self._stage.name,
                action.name,
                action.provider,
                ActionStatus.IN_PROGRESS,
                time.monotonic(),
                id=str(uuid.uuid4()),
            )
            execution = self._run.execution
            self._run.execution = replace(execution, actions=(*execution.actions, begun))
            self._record(action, "started")
            self._news.action(execution, self._stage.name, action, ActionStatus.IN_PROGRESS)

    def _note(
        self,
        action: ActionDeclaration,
        status: ActionStatus,
        code: str | None = None,
        message: str | None = None,
        outputs: Mapping[str, str] | None = None,
    ) -> None:
        """Put the end of an action on record, unless it was abandoned before."""
        with self._changed:
            made = {name: self._run.artifacts[name] for name in action.outputs if name in self._run.artifacts}
            ended = self._update(
                action,
                status=status,
                ended=time.monotonic(),
                error_code=code,
                error_message=message,
                outputs=outputs or {},
                made=made if status == ActionStatus.SUCCEEDED else {},
            )
            if ended is None:
                return
            told = f" ({code}): {message}" if code else f": {ended.summary}" if ended.summary else ""
            self._record(action, status + told)
            self._news.action(self._run.execution, self._stage.name, action, status, code)
            self._changed.notify_all()

    def _update(self, action: ActionDeclaration, **known: Any) -> ActionRun | None:
        """Put on record what is known of an action's last run, and answer it; None when that has ended before."""
        with self._changed:
            runs = list(self._run.execution.actions)
            at = max(
                i for i, run in enumerate(runs) if (run.stage, run.action) == (self._stage.name, action.name)
            )
            if runs[at].status != ActionStatus.IN_PROGRESS:
                return None
            runs[at] = replace(runs[at], **known)
            self._run.execution = replace(self._run.execution, actions=tuple(runs))
            return runs[at]

    def _record(self, action: ActionDeclaration, what: str) -> None:
        execution = self._run.execution
        self._cloud.journal.record(
            "CodePipeline",
            f"action {action.name} {what}",
            pipeline=execution.pipeline,
            execution=execution.id,
            stage=self._stage.name,
            action=action.name,
        )


def _explained(error: Exception) -> tuple[str, str]:
    """Error code and text as CodePipeline shows them."""
    if isinstance(error, ActionFailed):
        return error.code, error.message
    if isinstance(error, AccessDenied):
        return "PermissionError", str(error)
    if isinstance(error, ClientError):
        code = said.code(error) or "InternalError"
        return ("PermissionError" if code.startswith("AccessDenied") else code), said.message(error)
    return "ConfigurationError", str(error)
