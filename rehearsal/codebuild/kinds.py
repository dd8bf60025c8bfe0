"""Projects: on record, for the rehearsal's CodeBuild to read."""

from rehearsal.codebuild.declared import PROJECT_TYPE
from rehearsal.world.kind import Kind, on_record, refuse_taken

KINDS = {
    PROJECT_TYPE: Kind(
        on_record("codebuild", lambda inputs: f"project/{inputs['name']}"),
        refuse=refuse_taken(
            PROJECT_TYPE, "ResourceAlreadyExistsException: Project already exists: {name}"
        ),  # API_CreateProject
        replaced_by=frozenset({"name"}),
    ),
}
