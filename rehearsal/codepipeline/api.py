"""CodePipeline's API, in its own shapes.

AWS documents: codepipeline/latest/APIReference, API_<operation>.md. The errors are documented, their exact texts are not.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.codepipeline.execution import SourceRevision
from rehearsal.codepipeline.permissions import on_pipeline
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.endpoint.operations import operation

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]


class CodePipelineApi:
    """The operations that others than this project's code ask for."""

    def __init__(self, service: CodePipeline) -> None:
        """Answer for this service."""
        self._service = service

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
