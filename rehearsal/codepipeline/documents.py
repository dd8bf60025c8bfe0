"""Executions and states as CodePipeline's API shows them. Pure.

AWS documents: codepipeline/latest/APIReference, API_PipelineExecution.md, API_PipelineExecutionSummary.md,
API_ActionExecutionDetail.md, API_StageState.md. The rehearsal keeps one version of a pipeline, its first.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rehearsal.codepipeline.declared import ActionDeclaration, Pipeline, Stage
from rehearsal.codepipeline.execution import ActionRun, ArtifactLocation
from rehearsal.codepipeline.rule_documents import VERSION, Document, entry_state
from rehearsal.codepipeline.run import Run
from rehearsal.codepipeline.stage_locks import Transition
from rehearsal.codepipeline.status import ActionStatus
from rehearsal.world.moments import moment


def execution(run: Run) -> Document:
    """API codepipeline.PipelineExecution."""
    of = run.execution
    return {
        **_common(run),
        "pipelineName": of.pipeline,
        "pipelineVersion": VERSION,
        "artifactRevisions": [
            {"name": name, "revisionId": where.revision, "created": moment(one.ended or one.started)}
            for one in _sources(run)
            for name, where in one.made.items()
            if where.revision
        ],
        "variables": [{"name": name, "resolvedValue": value} for name, value in of.variables.items()],
    }


def execution_summary(run: Run) -> Document:
    """API codepipeline.PipelineExecutionSummary."""
    of = run.execution
    latest = max([of.started, of.ended or 0.0, *(one.ended or one.started for one in of.actions)])
    found: Document = {
        **_common(run),
        "startTime": moment(of.started),
        "lastUpdateTime": moment(latest),
        "sourceRevisions": [
            {"actionName": one.action, "revisionId": where.revision}
            for one in _sources(run)
            for where in one.made.values()
            if where.revision
        ],
    }
    if of.stop_reason is not None:
        found["stopTrigger"] = {"reason": of.stop_reason}
    return found


def _common(run: Run) -> Document:
    of = run.execution
    found: Document = {
        "pipelineExecutionId": of.id,
        "status": of.status.value,
        "trigger": {"triggerType": of.trigger, **_set(triggerDetail=of.trigger_detail)},
        "executionMode": run.pipeline.mode,
        "executionType": "STANDARD",
    }
    return {**found, **_set(statusSummary=of.summary)}


def _sources(run: Run) -> list[ActionRun]:
    """The last runs of the source actions."""
    names = {one.name for one in run.pipeline.actions if one.category == "Source"}
    return list({one.action: one for one in run.execution.actions if one.action in names}.values())


def action_details(run: Run, *, latest: bool = False) -> list[Document]:
    """API codepipeline.ActionExecutionDetail of each action that ran, the last one first; `latest` leaves out what was retried."""
    runs: Sequence[ActionRun] = run.execution.actions
    if latest:
        runs = list({(one.stage, one.action): one for one in runs}.values())
    return [_detail(run, one) for one in reversed(runs)]


def _detail(run: Run, one: ActionRun) -> Document:
    declared = _declaration(run.pipeline, one)
    kind = {
        "category": declared.category,
        "owner": declared.owner,
        "provider": one.provider,
        "version": declared.version,
    }
    given: Document = {
        "actionTypeId": kind,
        "configuration": dict(declared.configuration),
        "resolvedConfiguration": dict(one.configuration),
        "inputArtifacts": _artifacts(one.inputs),
        **_set(roleArn=declared.role_arn, namespace=declared.namespace),
    }
    return {
        "pipelineExecutionId": run.execution.id,
        "actionExecutionId": one.id,
        "pipelineVersion": VERSION,
        "stageName": one.stage,
        "actionName": one.action,
        "startTime": moment(one.started),
        "lastUpdateTime": moment(one.ended or one.started),
        "status": one.status.value,
        "input": given,
        "output": {
            "outputArtifacts": _artifacts(one.made),
            "executionResult": _set(
                externalExecutionId=_external_id(run.pipeline, one),
                externalExecutionSummary=one.summary,
                errorDetails=_error(one),
            ),
            "outputVariables": dict(one.outputs),
        },
        **_set(updatedBy=one.updated_by),
    }


def _external_id(pipeline: Pipeline, one: ActionRun) -> str:
    """The provider's id; in PARALLEL mode an approval's token is found there (API codepipeline.PutApprovalResult, token)."""
    return one.external_id or (one.token if pipeline.mode == "PARALLEL" else "")


def _artifacts(artifacts: Mapping[str, ArtifactLocation]) -> list[Document]:
    return [
        {"name": name, "s3location": {"bucket": where.bucket, "key": where.key}}
        for name, where in artifacts.items()
    ]


def _error(one: ActionRun) -> Document:
    return _set(code=one.error_code, message=one.error_message)


def _declaration(pipeline: Pipeline, one: ActionRun) -> ActionDeclaration:
    stage = next(stage for stage in pipeline.stages if stage.name == one.stage)
    return next(action for action in stage.actions if action.name == one.action)


def state(
    pipeline: Pipeline, runs: Sequence[Run], transition: Callable[[str], Transition], created: datetime
) -> Document:
    """The output of GetPipelineState, `runs` being all executions, oldest first."""
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": VERSION,
        "stageStates": [
            _stage_state(stage, pipeline, runs, transition(stage.name)) for stage in pipeline.stages
        ],
        "created": created,
        "updated": created,
    }


def _stage_state(stage: Stage, pipeline: Pipeline, runs: Sequence[Run], transition: Transition) -> Document:
    found: Document = {
        "stageName": stage.name,
        "inboundTransitionState": _transition(transition),
        "actionStates": [_action_state(action, stage, pipeline, runs) for action in stage.actions],
        **_set(beforeEntryConditionState=entry_state(stage, runs)),
    }
    waiting = [run for run in runs if run.waits_for(stage.name)]
    if waiting:
        found["inboundExecutions"] = [_stage_execution(run, "InProgress") for run in waiting]
        found["inboundExecution"] = found["inboundExecutions"][-1]
    entered = next((run for run in reversed(runs) if run.status_in(stage.name)), None)
    if entered is not None:
        found["latestExecution"] = _stage_execution(entered, str(entered.status_in(stage.name)))
        found.update(_set(retryStageMetadata=_retries(entered.retries.get(stage.name, ()))))
    return found


def _stage_execution(run: Run, status: str) -> Document:
    return {"pipelineExecutionId": run.execution.id, "status": status, "type": "STANDARD"}


def _retries(triggers: Sequence[str]) -> Document:
    if not triggers:
        return {}
    by_hand = triggers.count("ManualStageRetry")
    return _set(
        autoStageRetryAttempt=len(triggers) - by_hand,
        manualStageRetryAttempt=by_hand,
        latestRetryTrigger=triggers[-1],
    )


def _transition(transition: Transition) -> Document:
    changed = {"lastChangedAt": moment(transition.changed)} if transition.changed else {}
    return {
        "enabled": transition.enabled,
        **changed,
        **_set(lastChangedBy=transition.changed_by, disabledReason=transition.reason),
    }


def _action_state(
    action: ActionDeclaration, stage: Stage, pipeline: Pipeline, runs: Sequence[Run]
) -> Document:
    ran = [
        one
        for run in runs
        for one in run.execution.actions
        if (one.stage, one.action) == (stage.name, action.name)
    ]
    if not ran:
        return {"actionName": action.name}
    latest = max(ran, key=lambda one: one.started)
    asked = latest.token and latest.status == ActionStatus.IN_PROGRESS and pipeline.mode != "PARALLEL"
    found: Document = {
        "actionExecutionId": latest.id,
        "status": latest.status.value,
        "lastStatusChange": moment(latest.ended or latest.started),
        **_set(
            summary=latest.summary,
            token=latest.token if asked else "",
            lastUpdatedBy=latest.updated_by,
            externalExecutionId=_external_id(pipeline, latest),
            errorDetails=_error(latest),
        ),
    }
    return {
        "actionName": action.name,
        "latestExecution": found,
        **_set(currentRevision=_revision(action, latest)),
    }


def _revision(action: ActionDeclaration, latest: ActionRun) -> Document:
    """What a source action found; the revision is its own mark of change."""
    found = [where.revision for where in latest.made.values() if where.revision]
    if action.category != "Source" or not found:
        return {}
    created = moment(latest.ended or latest.started)
    return {"revisionId": found[0], "revisionChangeId": found[0], "created": created}


def _set(**members: Any) -> Document:
    """The members that have a value; the API leaves out the others."""
    return {name: one for name, one in members.items() if one}
