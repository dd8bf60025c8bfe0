"""Pipelines: on record, for the rehearsal's CodePipeline to read."""

from rehearsal.codepipeline.declared import PIPELINE_TYPE
from rehearsal.world.kind import Kind, on_record, refuse_taken

KINDS = {
    PIPELINE_TYPE: Kind(
        on_record("codepipeline", lambda inputs: str(inputs["name"])),
        refuse=refuse_taken(
            PIPELINE_TYPE, "PipelineNameInUseException: A pipeline with the name '{name}' already exists"
        ),  # API_CreatePipeline
        replaced_by=frozenset({"name"}),
    ),
}
