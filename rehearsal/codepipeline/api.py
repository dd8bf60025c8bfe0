"""CodePipeline's API, in its own shapes.

AWS documents: codepipeline/latest/APIReference, API_<operation>.md. The errors are documented, their exact texts are not.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.codepipeline import documents, rule_documents
from rehearsal.codepipeline.execution import SourceRevision
from rehearsal.codepipeline.jobs import Done, Failed, Jobs
from rehearsal.codepipeline.permissions import on_action, on_pipeline, on_stage
from rehearsal.codepipeline.run import Run
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.codepipeline.stage_locks import Transition
from rehearsal.codepipeline.status import StageStatus
from rehearsal.codepipeline.structure import structure
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import anywhere
from rehearsal.errors import AwsRefusal, RehearsalError

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

_HISTORY = Paging(100)
_PIPELINES = Paging(1000)


class CodePipelineApi:
    """The operations that others than this project's code ask for."""

    def __init__(self, service: CodePipeline, jobs: Jobs) -> None:
        """Answer for this service, whose pipelines were made by now, and whose actions wait for the answers to `jobs`."""
        self._service = service
        self._jobs = jobs
        self._made = datetime.now(UTC)
        self._started: dict[str, tuple[Asked, str]] = {}
        """What was started by each client's token."""

    @operation(on_pipeline)
    def start_pipeline_execution(
        self, asked: Asked, *, caller: str, trigger: str = "StartPipelineExecution"
    ) -> Answered:
        """Start an execution, once for each client's token; `caller` is the ARN of who calls, or of the rule whose target it is."""
        token = asked.get("clientRequestToken")
        if token in self._started:
            before, execution = self._started[token]
            if before != asked:
                raise AwsRefusal("ConflictException", "the clientRequestToken was used for another request")
            return {"pipelineExecutionId": execution}
        execution = self._service.start(
            str(asked["name"]),
            source_revisions=[
                SourceRevision(one["actionName"], one["revisionType"], one["revisionValue"])
                for one in asked.get("sourceRevisions", ())
            ],
            variables={one["name"]: one["value"] for one in asked.get("variables", ())},
            trigger=trigger,
            trigger_detail=caller,
        )
        if token:
            self._started[token] = dict(asked), execution
        return {"pipelineExecutionId": execution}

    @operation(on_pipeline)
    def get_pipeline(self, asked: Asked) -> Answered:
        """The declaration; the rehearsal keeps one version of it."""
        declared = self._service.declaration(asked["name"])
        if asked.get("version", 1) != 1:
            text = f"pipeline {asked['name']} has no version {asked['version']}; there is 1"
            raise AwsRefusal("PipelineVersionNotFoundException", text)
        dates = {"created": self._made, "updated": self._made}
        return {"pipeline": structure(declared.inputs), "metadata": {"pipelineArn": declared.arn, **dates}}

    @operation(on_pipeline)
    def get_pipeline_state(self, asked: Asked) -> Answered:
        """Each stage with its transition, who waits in front of it, who is in it, and its actions."""
        name = asked["name"]
        pipeline = self._service.pipeline(name)
        return documents.state(
            pipeline,
            self._service.runs(name),
            lambda stage: self._service.transition(name, stage),
            self._made,
        )

    @operation(anywhere)
    def list_pipelines(self, asked: Asked) -> Answered:
        """Every pipeline."""
        dates = {"created": self._made, "updated": self._made}
        found = [
            {"name": one.name, "version": 1, "pipelineType": "V2", "executionMode": one.mode, **dates}
            for one in self._service.pipelines()
        ]
        return _PIPELINES.page(asked, "pipelines", found)

    @operation(on_pipeline)
    def list_pipeline_executions(self, asked: Asked) -> Answered:
        """The executions, the most recent one first."""
        stage = asked.get("filter", {}).get("succeededInStage", {}).get("stageName")
        found = [
            documents.execution_summary(run)
            for run in reversed(self._service.runs(asked["pipelineName"]))
            if stage is None or run.status_in(stage) == StageStatus.SUCCEEDED
        ]
        return _HISTORY.page(asked, "pipelineExecutionSummaries", found)

    @operation(on_pipeline)
    def get_pipeline_execution(self, asked: Asked) -> Answered:
        """One execution."""
        return {"pipelineExecution": documents.execution(self._run(asked, asked["pipelineExecutionId"]))}

    @operation(on_pipeline)
    def list_action_executions(self, asked: Asked) -> Answered:
        """The runs of actions, the most recent one first."""
        runs, only = self._wanted(asked)
        found = [one for run in reversed(runs) for one in documents.action_details(run, latest=only)]
        return _HISTORY.page(asked, "actionExecutionDetails", found)

    @operation(on_pipeline)
    def list_rule_executions(self, asked: Asked) -> Answered:
        """The runs of rules of conditions, the most recent one first."""
        runs, only = self._wanted(asked)
        found = [one for run in reversed(runs) for one in rule_documents.rule_details(run, latest=only)]
        return _HISTORY.page(asked, "ruleExecutionDetails", found)

    @operation(on_pipeline)
    def stop_pipeline_execution(self, asked: Asked) -> Answered:
        """Stop an execution, after its running actions or abandoning them."""
        execution = asked["pipelineExecutionId"]
        try:
            self._run(asked, execution)
        except AwsRefusal as missing:  # the operation has no error of its own for it
            if missing.code != "PipelineExecutionNotFoundException":
                raise
            raise AwsRefusal("PipelineExecutionNotStoppableException", missing.message) from missing
        self._service.stop(execution, abandon=asked.get("abandon", False), reason=asked.get("reason", ""))
        return {"pipelineExecutionId": execution}

    @operation(on_stage)
    def retry_stage_execution(self, asked: Asked) -> Answered:
        """Run the failed actions, or all, of a failed stage again."""
        execution = asked["pipelineExecutionId"]
        self._stage(asked)
        try:
            self._run(asked, execution)
        except AwsRefusal as missing:  # the operation has no error of its own for it
            raise AwsRefusal("StageNotRetryableException", missing.message) from missing
        only_failed = asked["retryMode"] == "FAILED_ACTIONS"
        self._service.retry(execution, asked["stageName"], only_failed=only_failed)
        return {"pipelineExecutionId": execution}

    @operation(on_action)
    def put_approval_result(self, asked: Asked, *, caller: str) -> Answered:
        """Answer a manual approval by its token."""
        stage, action = self._stage(asked), asked["actionName"]
        if action not in stage:
            text = f"stage {asked['stageName']} has no action {action}; it has {', '.join(stage)}"
            raise AwsRefusal("ActionNotFoundException", text)
        result = asked["result"]
        self._service.approvals.answer(
            asked["token"],
            approved=result["status"] == "Approved",
            comment=result["summary"],
            by=caller,
            of=(asked["pipelineName"], asked["stageName"], action),
        )
        return {"approvedAt": datetime.now(UTC)}

    @operation(on_stage)
    def disable_stage_transition(self, asked: Asked, *, caller: str) -> Answered:
        """Hold executions in front of a stage."""
        self._change(asked, Transition(False, asked["reason"], caller, time.monotonic()))
        return {}

    @operation(on_stage)
    def enable_stage_transition(self, asked: Asked, *, caller: str) -> Answered:
        """Let executions into a stage again."""
        self._change(asked, Transition(True, "", caller, time.monotonic()))
        return {}

    @operation(anywhere)
    def put_job_success_result(self, asked: Asked) -> Answered:
        """Take a job's success, or that it goes on."""
        told: Mapping[str, Any] = asked.get("executionDetails") or {}
        answer = Done(
            asked.get("outputVariables") or {},
            asked.get("continuationToken"),
            str(told.get("summary") or ""),
            str(told.get("externalExecutionId") or ""),
        )
        self._jobs.answer(str(asked["jobId"]), answer)
        return {}

    @operation(anywhere)
    def put_job_failure_result(self, asked: Asked) -> Answered:
        """Take a job's failure."""
        details: Mapping[str, str] = asked["failureDetails"]
        answer = Failed(details["type"], details["message"], details.get("externalExecutionId", ""))
        self._jobs.answer(str(asked["jobId"]), answer)
        return {}

    def _change(self, asked: Asked, transition: Transition) -> None:
        self._stage(asked)
        if asked["transitionType"] != "Inbound":
            raise RehearsalError(
                f"transitionType {asked['transitionType']}",
                "the rehearsal plays Inbound",
                "name the next stage, Inbound",
            )
        self._service.change_transition(asked["pipelineName"], asked["stageName"], transition)

    def _wanted(self, asked: Asked) -> tuple[list[Run], bool]:
        """The executions that a filter of a history leaves, and whether of each thing only its last run is asked for."""
        wanted = asked.get("filter", {})
        latest = wanted.get("latestInPipelineExecution", {})
        named = wanted.get("pipelineExecutionId") or latest.get("pipelineExecutionId")
        runs = [self._run(asked, named)] if named else self._service.runs(asked["pipelineName"])
        return runs, latest.get("startTimeRange") == "Latest"

    def _run(self, asked: Asked, execution: str) -> Run:
        """An execution of the pipeline that is named."""
        runs = self._service.runs(asked["pipelineName"])
        found = next((run for run in runs if run.execution.id == execution), None)
        if found is None:
            text = f"pipeline {asked['pipelineName']} has no execution {execution}"
            raise AwsRefusal("PipelineExecutionNotFoundException", text)
        return found

    def _stage(self, asked: Asked) -> list[str]:
        """The names of the actions of the stage that is named."""
        pipeline = self._service.pipeline(asked["pipelineName"])
        stages = {one.name: [action.name for action in one.actions] for one in pipeline.stages}
        if asked["stageName"] not in stages:
            text = f"pipeline {pipeline.name} has no stage {asked['stageName']}; it has {', '.join(stages)}"
            raise AwsRefusal("StageNotFoundException", text)
        return stages[asked["stageName"]]
