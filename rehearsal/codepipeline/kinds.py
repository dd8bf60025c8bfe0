"""Pipelines: on record, for the rehearsal's CodePipeline to read."""

from rehearsal.world.kind import Kind, on_record

KINDS = {
    "aws:codepipeline/pipeline:Pipeline": Kind(
        on_record("codepipeline", lambda inputs: str(inputs["name"])), replaced_by=frozenset({"name"})
    ),
}
