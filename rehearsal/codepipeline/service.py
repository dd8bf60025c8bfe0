"""CodePipeline, type V2: executions of declared pipelines, as AWS documents them.

AWS documents: codepipeline/latest/userguide/concepts-how-it-works.md (modes, locks, stop),
reference-variables.md, stage-retry.md, troubleshooting.md (limit of QUEUED). Not here: stage rollback,
triggers of the pipeline's own, cross-region actions, roles of single actions. `declared.py` refuses a
declaration that uses what is not here.
"""

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
from rehearsal.codepipeline.execution import Action, Execution, SourceRevision
from rehearsal.codepipeline.stage_locks import StageLocks
from rehearsal.codepipeline.stage_run import Run, Worker
from rehearsal.codepipeline.start_request import checked_revisions, checked_variables, find
from rehearsal.codepipeline.status import ActionStatus, ExecutionStatus
from rehearsal.world.cloud import Cloud

QUEUED_LIMIT = 50
"""Executions at the same time of a QUEUED pipeline (troubleshooting.md)."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CodePipeline:
    """Runs executions in threads of its own; leave its context to stop what still runs."""

    def __init__(
        self,
        cloud: Cloud,
        providers: Mapping[str, Action],
        *,
        now: Callable[[], datetime] = _utc_now,
        send: Send = nobody,
    ) -> None:
        """Take the action of each provider name: `ECR`, `CodeBuild`, ...; `Manual` is there by itself.

        `now` is the time of day that deployment windows are judged by; `send` gets an event for each state change.
        """
        self._cloud = cloud
        self._news = News(cloud, send)
        self._approvals = ManualApproval(cloud)
        self._providers: dict[str, Action] = {"Manual": self._approvals, **providers}
        manual = self._providers["Manual"]
        if isinstance(manual, ManualApproval):
            self._approvals = manual
        self._now = now
        self._changed = threading.Condition()
        self._runs: dict[str, Run] = {}
        self._locks: dict[tuple[str, ...], StageLocks] = {}

    def __enter__(self) -> Self:
        """Nothing to start: executions start by `start`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every execution without waiting for its actions."""
        for run in list(self._runs.values()):
            self.stop(run.execution.id, abandon=True, reason="the rehearsal ends")

    def provide(self, name: str, action: Action) -> Action:
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
        pipeline = declared.read(find(self._cloud, pipeline_name))
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
            active = [r for r in self._of(pipeline_name) if not r.execution.status.is_final]
            run = Run(execution, pipeline, len(self._runs))
            self._runs[execution.id] = run
            self._record(run, f"execution started by {trigger}")
            self._news.execution(execution)
            if pipeline.mode == "QUEUED" and len(active) >= QUEUED_LIMIT:
                self._end(run, ExecutionStatus.FAILED, "")  # "fails without a status message"
                return execution.id
            self._arrive(run, 0)
        threading.Thread(
            target=self._drive, args=(run,), name=f"execution {execution.id}", daemon=True
        ).start()
        return execution.id

    def wait(self, execution_id: str, timeout: float) -> Execution:
        """The execution once it has ended; TimeoutError after `timeout` real seconds."""
        run = self._run(execution_id)
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
        return self._run(execution_id).execution

    def executions(self, pipeline_name: str) -> list[Execution]:
        """Every execution of a pipeline, oldest first."""
        with self._changed:
            return [run.execution for run in self._of(pipeline_name)]

    def approve(self, execution_id: str, *, approved: bool, comment: str = "", timeout: float = 0) -> None:
        """Answer the manual approval an execution waits for; see ManualApproval.decide."""
        self._approvals.decide(execution_id, approved=approved, comment=comment, timeout=timeout)

    def stop(self, execution_id: str, *, abandon: bool = False, reason: str = "") -> None:
        """Stop an execution: after its running actions, or abandoning them (concepts-how-it-works.md).

        An abandoned action's provider goes on with what it does; only its stage is free at once.
        """
        with self._changed:
            run = self._run(execution_id)
            if run.execution.status.is_final:
                return
            run.stopping = True
            run.execution = replace(run.execution, status=ExecutionStatus.STOPPING, summary=reason)
            self._news.execution(run.execution)
            self._record(run, f"stop requested, {'abandoning' if abandon else 'waiting for'} running actions")
            if abandon:
                run.abandoned.set()
            self._changed.notify_all()
        self._approvals.wake()

    def disable_transition(self, pipeline_name: str, stage: str, reason: str) -> None:
        """Hold executions in front of a stage (DisableStageTransition, Inbound)."""
        with self._changed:
            self._locks_of(declared.read(find(self._cloud, pipeline_name))).close(stage, reason)

    def enable_transition(self, pipeline_name: str, stage: str) -> None:
        """Let the waiting execution into the stage (EnableStageTransition)."""
        with self._changed:
            self._locks_of(declared.read(find(self._cloud, pipeline_name))).open(stage)
            self._changed.notify_all()

    def _drive(self, run: Run) -> None:
        """Take one execution through its stages; runs in the execution's thread."""
        try:
            for index in range(len(run.pipeline.stages)):
                if not self._enter(run, index) or not self._stage(run, index):
                    return
        except BaseException as error:  # noqa: BLE001  (a fault of the rehearsal itself is raised by wait())
            with self._changed:
                run.fault = error
                self._end(run, ExecutionStatus.FAILED, f"the rehearsal itself failed: {error!r}")

    def _enter(self, run: Run, index: int) -> bool:
        """Wait in front of a stage; False when the execution ended there."""
        stage = run.pipeline.stages[index]
        with self._changed:
            locks = self._locks_of(run.pipeline)
            inside = locks.is_inside(run.number, stage.name)
            if not inside and not run.is_over:
                self._record(run, f"waits in front of stage {stage.name}")
            self._changed.wait_for(lambda: locks.is_inside(run.number, stage.name) or run.is_over)
            if run.execution.status.is_final:
                return False
            if run.stopping:
                self._end(run, ExecutionStatus.STOPPED)
                return False
            self._record(run, f"stage {stage.name} entered")
            why = stage.before_entry.failure(self._now()) if stage.before_entry else None
            if why:
                self._record(run, f"stage {stage.name} failed its entry condition: {why}")
                self._end(run, ExecutionStatus.FAILED, why)
        return why is None

    def _stage(self, run: Run, index: int) -> bool:
        """Run a stage's actions and go on to the next door; False when the execution ended."""
        stage = run.pipeline.stages[index]
        worker = Worker(self._news, self._providers, self._changed, run, stage)
        failed = worker.run()
        if failed and stage.retry_mode and not run.stopping:
            with self._changed:
                self._record(
                    run,
                    f"stage {stage.name} is retried ({stage.retry_mode}) after {', '.join(failed)} failed",
                )
            failed = worker.run(skip_succeeded=stage.retry_mode == "FAILED_ACTIONS")
        with self._changed:
            if run.stopping:
                self._end(run, ExecutionStatus.STOPPED)
            elif failed:
                self._end(run, ExecutionStatus.FAILED, f"stage {stage.name} failed: {', '.join(failed)}")
            elif index + 1 == len(run.pipeline.stages):
                self._end(run, ExecutionStatus.SUCCEEDED)
            else:
                self._record(run, f"stage {stage.name} succeeded")
                self._arrive(run, index + 1)
                self._locks_of(run.pipeline).leave(run.number, stage.name)
                self._changed.notify_all()
                return True
            return False

    def _arrive(self, run: Run, index: int) -> None:
        """Come to a stage's door, and end whom this supersedes."""
        stage = run.pipeline.stages[index].name
        run.execution = replace(run.execution, stage=stage)
        numbered = {other.number: other for other in self._runs.values()}
        for number in self._locks_of(run.pipeline).arrive(run.number, stage):
            self._end(numbered[number], ExecutionStatus.SUPERSEDED, "superseded by a more recent execution")

    def _end(self, run: Run, status: ExecutionStatus, summary: str | None = None) -> None:
        summary = run.execution.summary if summary is None else summary
        run.execution = replace(run.execution, status=status, ended=time.monotonic(), summary=summary)
        if run.execution.stage is not None:
            self._locks_of(run.pipeline).leave(run.number, run.execution.stage)
        self._record(run, f"execution {status}" + (f": {summary}" if summary else ""))
        self._news.execution(run.execution)
        self._changed.notify_all()

    def _locks_of(self, pipeline: declared.Pipeline) -> StageLocks:
        names = [stage.name for stage in pipeline.stages]
        key = (pipeline.name, pipeline.mode, *names)
        return self._locks.setdefault(key, StageLocks(names, pipeline.mode))

    def _run(self, execution_id: str) -> Run:
        with self._changed:
            if execution_id not in self._runs:
                raise LookupError(f"no execution has id {execution_id!r}; there are {len(self._runs)}")
            return self._runs[execution_id]

    def _of(self, pipeline_name: str) -> list[Run]:
        return [run for run in self._runs.values() if run.execution.pipeline == pipeline_name]

    def _record(self, run: Run, message: str) -> None:
        self._cloud.journal.record(
            "CodePipeline", message, pipeline=run.execution.pipeline, execution=run.execution.id
        )
