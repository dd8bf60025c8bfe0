"""Pipelines: on record, for the rehearsal's CodePipeline to read."""

from rehearsal.codepipeline import action_types
from rehearsal.codepipeline.declared import PIPELINE_TYPE, InvalidStructure, read
from rehearsal.errors import RehearsalError, StackError
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.kind import Inputs, Kind, Made, on_record, refuse_taken

ROLE = "aws:iam/role:Role"


def _pipeline(cloud: Cloud, inputs: Inputs) -> Made:
    name = str(inputs["name"])
    try:
        pipeline = read(Declared("", PIPELINE_TYPE, name, name, inputs, inputs))
        action_types.refuse(pipeline)
    except InvalidStructure as wrong:
        rule = "CodePipeline would refuse this pipeline"
        raise StackError(
            f"pipeline {name}: {wrong}", rule, "correct it where the program declares it"
        ) from wrong
    roles = {role.arn for role in cloud.declared(ROLE)}
    for action in pipeline.actions:
        if action.role_arn is not None and action.role_arn not in roles:
            raise RehearsalError(
                f"action {action.name} of pipeline {name} acts as {action.role_arn}",
                "the rehearsal plays roles that the program declares, and this one is another's",
                "declare the role in the program, or rehearse with an action without roleArn",
            )
    return on_record("codepipeline", lambda given: str(given["name"]))(cloud, inputs)


KINDS = {
    PIPELINE_TYPE: Kind(
        _pipeline,
        refuse=refuse_taken(
            PIPELINE_TYPE, "PipelineNameInUseException: A pipeline with the name '{name}' already exists"
        ),  # API_CreatePipeline
        replaced_by=frozenset({"name"}),
    ),
}
