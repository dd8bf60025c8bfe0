"""Projects: on record, for the rehearsal's CodeBuild to read."""

from rehearsal.world.kind import Kind, on_record

KINDS = {
    "aws:codebuild/project:Project": Kind(
        on_record("codebuild", lambda inputs: f"project/{inputs['name']}"), replaced_by=frozenset({"name"})
    ),
}
