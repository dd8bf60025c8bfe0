"""Whether a stage of an execution may be retried by hand. Pure.

AWS documents: codepipeline/latest/userguide/stage-retry.md ("all actions failed or some"); concepts-how-it-works.md, "How pipeline executions are stopped" (a
stopped stage can be retried too); the errors of codepipeline/latest/APIReference/API_RetryStageExecution.md.
"""

from collections.abc import Sequence

from rehearsal.codepipeline.declared import Pipeline
from rehearsal.codepipeline.run import Run
from rehearsal.codepipeline.status import StageStatus
from rehearsal.errors import AwsRefusal

_ENDED = {StageStatus.FAILED, StageStatus.STOPPED}


def retriable(run: Run, now: Pipeline, stage: str, runs: Sequence[Run]) -> int:
    """Number of the stage in its pipeline; AwsRefusal where AWS refuses the retry.

    `now` is the pipeline as it is declared by now, `runs` are all of its executions.
    """
    names = [one.name for one in run.pipeline.stages]
    if stage not in [one.name for one in now.stages]:
        there = ", ".join(one.name for one in now.stages)
        raise AwsRefusal(
            "StageNotFoundException", f"pipeline {now.name} has no stage {stage}; it has {there}"
        )
    later = [other for other in runs if other.number > run.number and stage in other.execution.entered]
    if later:
        raise AwsRefusal(
            "NotLatestPipelineExecutionException",
            f"stage {stage} was entered by execution {later[-1].execution.id} since; retry that one",
        )
    status = run.status_in(stage)
    if status == StageStatus.FAILED and not any(one.stage == stage for one in run.execution.actions):
        raise AwsRefusal(
            "StageNotRetryableException",
            f"Unable to retry stage {stage}: none of its actions ran, for its entry condition was not met; start the release again",
        )
    if run.pipeline != now or status not in _ENDED:
        seen = f"is {status}" if status else "was never entered"
        why = (
            "the pipeline was changed since"
            if run.pipeline != now
            else f"it {seen}, and failed or stopped ones are retried"
        )
        raise AwsRefusal("StageNotRetryableException", f"Unable to retry stage {stage}: {why}")
    return names.index(stage)
