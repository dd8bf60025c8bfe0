"""What StartPipelineExecution accepts. Pure but for looking the pipeline up.

AWS documents: codepipeline/latest/userguide/pipelines-trigger-source-overrides.md, reference-variables.md.
The refusals are documented, their exact texts are not: the words after the exception's name are ours.
"""

from collections.abc import Mapping, Sequence

from rehearsal.codepipeline.declared import PIPELINE_TYPE, Pipeline
from rehearsal.codepipeline.execution import SourceRevision, StartRefused
from rehearsal.world.cloud import Cloud, Declared

_REVISION_TYPES = {
    "ECR": {"IMAGE_DIGEST"},
    "S3": {"S3_OBJECT_VERSION_ID", "S3_OBJECT_KEY"},
    "CodeCommit": {"COMMIT_ID"},
}


def find(cloud: Cloud, name: str) -> Declared:
    """The declared pipeline of that physical name; StartRefused when there is none."""
    try:
        return cloud.one(PIPELINE_TYPE, name=name)
    except LookupError:
        raise StartRefused(
            "PipelineNotFoundException",
            f"Account '{cloud.place.account}' does not have a pipeline with name '{name}'",
        ) from None


def checked_variables(pipeline: Pipeline, given: Mapping[str, str]) -> dict[str, str]:
    """Values of all the pipeline's variables; one without a default must be given."""
    declared = {variable.name: variable.default for variable in pipeline.variables}
    unknown = sorted(set(given) - set(declared))
    if unknown:
        _refuse(
            f"variables {unknown} are not declared by pipeline {pipeline.name}; it has {sorted(declared)}"
        )
    values = {**declared, **given}
    missing = sorted(name for name, value in values.items() if value is None)
    if missing:
        _refuse(f"variables {missing} of pipeline {pipeline.name} have no default value and must be given")
    return {name: str(value) for name, value in values.items()}


def checked_revisions(pipeline: Pipeline, given: Sequence[SourceRevision]) -> tuple[SourceRevision, ...]:
    """The overrides, each naming a source action and a revision type of its provider."""
    sources = {action.name: action.provider for action in pipeline.actions if action.category == "Source"}
    for revision in given:
        if revision.action_name not in sources:
            _refuse(
                f"source revision names action {revision.action_name!r}; source actions are {sorted(sources)}"
            )
        allowed = _REVISION_TYPES.get(sources[revision.action_name], set[str]())
        if revision.revision_type not in allowed:
            kind = sources[revision.action_name]
            _refuse(
                f"revisionType {revision.revision_type!r} does not go with {kind}; it takes {sorted(allowed)}"
            )
        if not revision.revision_value:
            _refuse(f"revisionValue for action {revision.action_name!r} is empty")
    return tuple(given)


def _refuse(message: str) -> None:
    raise StartRefused("ValidationException", message)
