"""CodePipeline, type V2: executions of declared pipelines, as AWS documents them.

AWS documents: codepipeline/latest/userguide/concepts-how-it-works.md (modes, locks, stop),
reference-variables.md, stage-retry.md, troubleshooting.md (limit of QUEUED). Not here: stage rollback,
triggers of the pipeline's own, cross-region actions. A declaration that uses what is not here is refused.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rehearsal.codepipeline import declared
from rehearsal.codepipeline.actions.manual_approval import ManualApproval
from rehearsal.codepipeline.events import News, Send, nobody
from rehearsal.codepipeline.execution import ActionProvider, Execution, SourceRevision
from rehearsal.codepipeline.executions import Executions
from rehearsal.codepipeline.retry import retriable
from rehearsal.codepipeline.run import Run
from rehearsal.codepipeline.stage_locks import Transition
from rehearsal.codepipeline.stage_run import Worker
from rehearsal.codepipeline.start_request import checked_revisions, checked_variables, find
from rehearsal.codepipeline.status import ActionStatus, ExecutionStatus
from rehearsal.errors import AwsRefusal
from rehearsal.world.cloud import Cloud, Declared

QUEUED_LIMIT = 50
"""Executions at the same time of a QUEUED pipeline (troubleshooting.md)."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CodePipeline:
    """Runs executions in threads of its own; leave its context to stop what still runs."""

    def __init__(
        self,
        cloud: Cloud,
        providers: Mapping[str, ActionProvider],
        *,
        now: Callable[[], datetime] = _utc_now,
        send: Send = nobody,
    ) -> None:
        """Take the action of each provider name: `ECR`, `CodeBuild`, ...; `Manual` is there by itself.

        `now` is the time of day that deployment windows are judged by; `send` gets an event for each state change.
        """
        self._cloud = cloud
        self._news = News(cloud, send)
        manual = providers.get("Manual")
        self.approvals = manual if isinstance(manual, ManualApproval) else ManualApproval(cloud)
        """Where approvals are answered."""
        self._providers: dict[str, ActionProvider] = {"Manual": self.approvals, **providers}
        self._now = now
        self._all = Executions(self._news)
        self._changed = self._all.changed

    def __enter__(self) -> Self:
        """Nothing to start: executions start by `start`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every execution without waiting for its actions."""
        for run in self._all.every():
            with contextlib.suppress(AwsRefusal):  # it has ended
                self.stop(run.execution.id, abandon=True, reason="the rehearsal ends")

    def provide(self, name: str, action: ActionProvider) -> ActionProvider:
        """Let `action` run what the provider of this name is asked for from now on; the one before it."""
        before = self._providers[name]
        self._providers[name] = action
        return before

    def start(
        self,
        pipeline_name: str,
        *,
        source_revisions: Sequence[SourceRevision] = (),
        variables: Mapping[str, str] | None = None,
        trigger: str = "StartPipelineExecution",
        trigger_detail: str = "",
    ) -> str:
        """Start an execution and answer its id; `trigger_detail` is the ARN of what or who started it.

        Whether the caller may do so is the caller's to check. Raises StartRefused as AWS would, and
        pipelines.InvalidStructure for a pipeline that AWS would not have created.
        """
        pipeline = self.pipeline(pipeline_name)
        given = checked_variables(pipeline, variables or {})
        revisions = checked_revisions(pipeline, source_revisions)
        with self._changed:
            execution = Execution(
                id=str(uuid.uuid4()),
                pipeline=pipeline_name,
                status=ExecutionStatus.IN_PROGRESS,
                trigger=trigger,
                trigger_detail=trigger_detail,
                variables=given,
                source_revisions=revisions,
                started=time.monotonic(),
            )
            active = [r for r in self._all.of(pipeline_name) if not r.execution.status.is_final]
            run = self._all.add(execution, pipeline)
            self._all.record(run, f"execution started by {trigger}")
            self._news.execution(execution)
            if pipeline.mode == "QUEUED" and len(active) >= QUEUED_LIMIT:
                self._all.end(run, ExecutionStatus.FAILED, "")  # "fails without a status message"
                return execution.id
            self._all.arrive(run, 0)
        self._begin(run)
        return execution.id

    def wait(self, execution_id: str, timeout: float) -> Execution:
        """The execution once it has ended; TimeoutError after `timeout` real seconds."""
        run = self._all.get(execution_id)
        with self._changed:
            if not self._changed.wait_for(lambda: run.execution.status.is_final, timeout):
                busy = [a.action for a in run.execution.actions if a.status == ActionStatus.IN_PROGRESS]
                where = f"in or before stage {run.execution.stage!r}, running {busy}"
                raise TimeoutError(
                    f"execution {execution_id} is still {run.execution.status} after {timeout:g} s, {where}"
                )
        if run.fault is not None:
            raise run.fault
        return run.execution

    def execution(self, execution_id: str) -> Execution:
        """An execution as it stands; LookupError for an unknown id."""
        return self._all.get(execution_id).execution

    def executions(self, pipeline_name: str) -> list[Execution]:
        """Every execution of a pipeline, oldest first."""
        with self._changed:
            return [run.execution for run in self._all.of(pipeline_name)]

    def runs(self, pipeline_name: str) -> list[Run]:
        """Every execution of a pipeline with the pipeline it runs through, oldest first; StartRefused for no pipeline."""
        self.declaration(pipeline_name)
        with self._changed:
            return self._all.of(pipeline_name)

    def pipelines(self) -> list[declared.Pipeline]:
        """Every pipeline there is, by name."""
        found = [declared.read(one) for one in self._cloud.declared(declared.PIPELINE_TYPE)]
        return sorted(found, key=lambda pipeline: pipeline.name)

    def pipeline(self, name: str) -> declared.Pipeline:
        """A pipeline as it is declared now; StartRefused for an unknown name."""
        return declared.read(self.declaration(name))

    def declaration(self, name: str) -> Declared:
        """A pipeline as it was declared; StartRefused for an unknown name."""
        return find(self._cloud, name)

    def stop(self, execution_id: str, *, abandon: bool = False, reason: str = "") -> None:
        """Stop an execution: after its running actions, or abandoning them (concepts-how-it-works.md).

        An abandoned action's provider goes on with what it does; only its stage is free at once. Raises AwsRefusal for one that
        has ended, or is being stopped in this way already.
        """
        with self._changed:
            run = self._all.get(execution_id)
            if run.execution.status.is_final:
                raise AwsRefusal(
                    "PipelineExecutionNotStoppableException",
                    f"Pipeline execution {execution_id} is {run.execution.status}, no longer in progress",
                )
            if run.stopping and (not abandon or run.abandoned.is_set()):
                raise AwsRefusal(
                    "DuplicatedStopRequestException",
                    f"Pipeline execution {execution_id} is already in a Stopping state",
                )
            run.stopping = True
            run.execution = replace(
                run.execution, status=ExecutionStatus.STOPPING, summary=reason, stop_reason=reason
            )
            self._news.execution(run.execution)
            self._all.record(
                run, f"stop requested, {'abandoning' if abandon else 'waiting for'} running actions"
            )
            if abandon:
                run.abandoned.set()
            self._changed.notify_all()
        self.approvals.wake()

    def retry(self, execution_id: str, stage: str, *, only_failed: bool) -> None:
        """Run the failed actions, or all, of the stage that an execution failed in or was stopped in (stage-retry.md).

        Raises AwsRefusal for a stage that did not fail, was changed since, or was entered by a later execution.
        """
        with self._changed:
            run = self._all.get(execution_id)
            index = retriable(run, self.pipeline(run.pipeline.name), stage, self._all.of(run.pipeline.name))
            if not self._all.locks_of(run.pipeline).return_to(run.number, stage):
                raise AwsRefusal("ConflictException", f"stage {stage} is being run; try again later")
            run.stopping, run.abandoned = False, threading.Event()
            run.execution = replace(
                run.execution, status=ExecutionStatus.IN_PROGRESS, ended=None, summary="", stop_reason=None
            )
            run.retries.setdefault(stage, []).append("ManualStageRetry")
            self._all.record(run, f"stage {stage} is retried by hand")
            self._news.resumed(run.execution)
            self._changed.notify_all()
        self._begin(run, index, skip_succeeded=only_failed)

    def change_transition(self, pipeline_name: str, stage: str, transition: Transition) -> None:
        """Hold executions in front of a stage, or let them in (Disable- and EnableStageTransition, Inbound)."""
        with self._changed:
            self._all.locks_of(self.pipeline(pipeline_name)).change(stage, transition)
            self._changed.notify_all()

    def transition(self, pipeline_name: str, stage: str) -> Transition:
        """The transition into a stage."""
        with self._changed:
            return self._all.locks_of(self.pipeline(pipeline_name)).transition(stage)

    def _begin(self, run: Run, index: int = 0, *, skip_succeeded: bool | None = None) -> None:
        threading.Thread(
            target=self._drive,
            args=(run, index, skip_succeeded),
            name=f"execution {run.execution.id}",
            daemon=True,
        ).start()

    def _drive(self, run: Run, begin: int, skip_succeeded: bool | None) -> None:  # noqa: FBT001  (a thread's arguments)
        """Take one execution through its stages; runs in the execution's thread.

        With `skip_succeeded`, its first stage is one that it is in already, being retried.
        """
        try:
            for index in range(begin, len(run.pipeline.stages)):
                retried = skip_succeeded if index == begin else None
                if retried is None and not self._enter(run, index):
                    return
                if not self._stage(run, index, retried):
                    return
        except BaseException as error:  # noqa: BLE001  (a fault of the rehearsal itself is raised by wait())
            with self._changed:
                run.fault = error
                self._all.end(run, ExecutionStatus.FAILED, f"the rehearsal itself failed: {error!r}")

    def _enter(self, run: Run, index: int) -> bool:
        """Wait in front of a stage; False when the execution ended there."""
        stage = run.pipeline.stages[index]
        with self._changed:
            locks = self._all.locks_of(run.pipeline)
            inside = locks.is_inside(run.number, stage.name)
            if not inside and not run.is_over:
                self._all.record(run, f"waits in front of stage {stage.name}")
            self._changed.wait_for(lambda: locks.is_inside(run.number, stage.name) or run.is_over)
            if run.execution.status.is_final:
                return False
            if run.stopping:
                self._all.end(run, ExecutionStatus.STOPPED)
                return False
            run.execution = replace(run.execution, entered=(*run.execution.entered, stage.name))
            self._all.record(run, f"stage {stage.name} entered")
            why = run.unmet(stage, self._now())
            if why:
                self._all.record(run, f"stage {stage.name} failed its entry condition: {why}")
                self._all.end(run, ExecutionStatus.FAILED, why)
        return not why

    def _stage(self, run: Run, index: int, retried: bool | None) -> bool:  # noqa: FBT001  (three ways to run it)
        """Run a stage's actions and go on to the next door; False when the execution ended."""
        stage = run.pipeline.stages[index]
        worker = Worker(self._news, self._providers, self._changed, run, stage)
        failed = worker.run(skip_succeeded=bool(retried))
        if failed and stage.retry_mode and retried is None and not run.stopping:
            with self._changed:
                run.retries.setdefault(stage.name, []).append("AutomatedStageRetry")
                self._all.record(
                    run,
                    f"stage {stage.name} is retried ({stage.retry_mode}) after {', '.join(failed)} failed",
                )
            failed = worker.run(skip_succeeded=stage.retry_mode == "FAILED_ACTIONS")
        with self._changed:
            if run.stopping:
                self._all.end(run, ExecutionStatus.STOPPED)
            elif failed:
                self._all.end(run, ExecutionStatus.FAILED, f"stage {stage.name} failed: {', '.join(failed)}")
            elif index + 1 == len(run.pipeline.stages):
                self._all.end(run, ExecutionStatus.SUCCEEDED)
            else:
                self._all.record(run, f"stage {stage.name} succeeded")
                self._all.arrive(run, index + 1)
                self._all.locks_of(run.pipeline).leave(run.number, stage.name)
                self._changed.notify_all()
                return True
            return False
