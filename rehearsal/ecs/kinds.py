"""Task definitions for real, services on record: their tasks are `rehearsal.ecs.service`'s business."""

import json

from rehearsal.ecs import task_definition
from rehearsal.errors import StackError
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, refuse_taken

_REGISTERED = (
    "family", "requiresCompatibilities", "networkMode", "cpu", "memory", "executionRoleArn", "taskRoleArn", "runtimePlatform",
)  # fmt: skip
"""Inputs that RegisterTaskDefinition takes as they are (Amazon ECS API Reference)."""


def _task_definition(cloud: Cloud, inputs: Inputs) -> Made:
    definition = {key: inputs[key] for key in _REGISTERED if inputs.get(key) is not None}
    definition["containerDefinitions"] = json.loads(inputs["containerDefinitions"])
    try:
        task_definition.check(definition)
    except task_definition.TemplateError as wrong:
        raise StackError(
            f"task definition {inputs['family']}", str(wrong), "correct it where the program declares it"
        ) from wrong
    answer = cloud.client("ecs").register_task_definition(**definition)["taskDefinition"]
    made = answer["taskDefinitionArn"]
    return inputs["family"], {
        "arn": made,
        "arnWithoutRevision": made.rpartition(":")[0],
        "revision": answer["revision"],
    }


def _service(cloud: Cloud, inputs: Inputs) -> Made:
    cluster = str(inputs["cluster"]).rpartition("/")[2]
    made = arn(cloud, "ecs", f"service/{cluster}/{inputs['name']}")
    return made, {"arn": made}


SERVICE = "aws:ecs/service:Service"

KINDS = {
    "aws:ecs/taskDefinition:TaskDefinition": Kind(
        _task_definition,
        named=None,
        replaced_by=frozenset(
            {
                "containerDefinitions",
                "cpu",
                "executionRoleArn",
                "family",
                "memory",
                "runtimePlatform",
                "taskRoleArn",
            }
        ),
    ),
    SERVICE: Kind(
        _service,
        refuse=refuse_taken(
            SERVICE,
            "InvalidParameterException: Creation of service was not idempotent.",
            "cluster",
            "name",
        ),  # API_CreateService
        replaced_by=frozenset({"cluster", "name", "launchType", "deploymentController"}),
    ),
}
