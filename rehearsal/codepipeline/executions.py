"""The executions of an account's pipelines, and the doors they go through. Every change happens under one lock."""

import threading
import time
from dataclasses import replace

from rehearsal.codepipeline.declared import Pipeline
from rehearsal.codepipeline.events import News
from rehearsal.codepipeline.execution import Execution
from rehearsal.codepipeline.run import Run
from rehearsal.codepipeline.stage_locks import StageLocks
from rehearsal.codepipeline.status import ExecutionStatus


class Executions:
    """Every execution, and the locks of every pipeline's stages."""

    def __init__(self, news: News) -> None:
        """Tell of what changes by `news`; there is no execution yet."""
        self._news = news
        self._runs: dict[str, Run] = {}
        self._locks: dict[tuple[str, ...], StageLocks] = {}
        self.changed = threading.Condition()
        """The lock; notified at each change."""

    def add(self, execution: Execution, pipeline: Pipeline) -> Run:
        """Put a new execution on record."""
        run = Run(execution, pipeline, len(self._runs))
        self._runs[execution.id] = run
        return run

    def every(self) -> list[Run]:
        """All of them."""
        with self.changed:
            return list(self._runs.values())

    def arrive(self, run: Run, index: int) -> None:
        """Come to a stage's door, and end whom this supersedes."""
        stage = run.pipeline.stages[index].name
        run.execution = replace(run.execution, stage=stage)
        numbered = {other.number: other for other in self._runs.values()}
        for number in self.locks_of(run.pipeline).arrive(run.number, stage):
            self.end(numbered[number], ExecutionStatus.SUPERSEDED, "superseded by a more recent execution")

    def end(self, run: Run, status: ExecutionStatus, summary: str | None = None) -> None:
        """End an execution, free its stage, and tell of it."""
        summary = run.execution.summary if summary is None else summary
        run.execution = replace(run.execution, status=status, ended=time.monotonic(), summary=summary)
        if run.execution.stage is not None:
            self.locks_of(run.pipeline).leave(run.number, run.execution.stage)
        self.record(run, f"execution {status}" + (f": {summary}" if summary else ""))
        self._news.execution(run.execution)
        self.changed.notify_all()

    def locks_of(self, pipeline: Pipeline) -> StageLocks:
        """The locks of a pipeline's stages; others once it is declared with other stages or another mode."""
        names = [stage.name for stage in pipeline.stages]
        key = (pipeline.name, pipeline.mode, *names)
        return self._locks.setdefault(key, StageLocks(names, pipeline.mode))

    def get(self, execution_id: str) -> Run:
        """An execution by its id; LookupError for an unknown one."""
        with self.changed:
            if execution_id not in self._runs:
                raise LookupError(f"no execution has id {execution_id!r}; there are {len(self._runs)}")
            return self._runs[execution_id]

    def of(self, pipeline_name: str) -> list[Run]:
        """The executions of one pipeline, oldest first."""
        return [run for run in self._runs.values() if run.execution.pipeline == pipeline_name]

    def record(self, run: Run, message: str) -> None:
        """Tell the timeline."""
        self._news.cloud.journal.record(
            "CodePipeline", message, pipeline=run.execution.pipeline, execution=run.execution.id
        )
