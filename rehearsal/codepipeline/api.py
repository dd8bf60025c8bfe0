"""CodePipeline's API, in its own shapes.

AWS document: codepipeline/latest/APIReference/API_StartPipelineExecution.md.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.codepipeline.execution import SourceRevision
from rehearsal.codepipeline.service import CodePipeline


class CodePipelineApi:
    """The operations that others than this project's code ask for."""

    def __init__(self, service: CodePipeline) -> None:
        """Answer for this service."""
        self._service = service

    def start_pipeline_execution(self, request: Mapping[str, Any], *, trigger: str) -> str:
        """The new execution's id; StartRefused. Whether the caller may do so is the caller's to check."""
        return self._service.start(
            str(request["name"]),
            source_revisions=[
                SourceRevision(one["actionName"], one["revisionType"], one["revisionValue"])
                for one in request.get("sourceRevisions", ())
            ],
            variables={one["name"]: one["value"] for one in request.get("variables", ())},
            trigger=trigger,
        )
