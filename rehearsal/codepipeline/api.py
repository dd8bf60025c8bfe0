"""CodePipeline's API, in its own shapes.

AWS documents: codepipeline/latest/APIReference, API_<operation>.md. The errors are documented, their exact texts are not.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.codepipeline.execution import SourceRevision
from rehearsal.codepipeline.jobs import Done, Failed, Jobs
from rehearsal.codepipeline.permissions import on_pipeline
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.permissions import anywhere

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]


class CodePipelineApi:
    """The operations that others than this project's code ask for."""

    def __init__(self, service: CodePipeline, jobs: Jobs) -> None:
        """Answer for this service, whose actions wait for the answers to `jobs`."""
        self._service = service
        self._jobs = jobs

    @operation(on_pipeline)
    def start_pipeline_execution(
        self, asked: Asked, *, caller: str, trigger: str = "StartPipelineExecution"
    ) -> Answered:
        """Start an execution; `caller` is the ARN of who calls, or of the rule whose target it is."""
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
        return {"pipelineExecutionId": execution}

    @operation(anywhere)
    def put_job_success_result(self, asked: Asked) -> Answered:
        """Take a job's success, or that it goes on."""
        told: Mapping[str, Any] = asked.get("executionDetails") or {}
        answer = Done(
            asked.get("outputVariables") or {}, asked.get("continuationToken"), str(told.get("summary") or "")
        )
        self._jobs.answer(str(asked["jobId"]), answer)
        return {}

    @operation(anywhere)
    def put_job_failure_result(self, asked: Asked) -> Answered:
        """Take a job's failure."""
        details: Mapping[str, str] = asked["failureDetails"]
        self._jobs.answer(str(asked["jobId"]), Failed(details["type"], details["message"]))
        return {}
