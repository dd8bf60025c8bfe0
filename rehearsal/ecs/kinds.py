"""Task definitions for real, services on record: their tasks are `rehearsal.ecs.service`'s business."""

import json

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, refuse_taken


def _task_definition(cloud: Cloud, inputs: Inputs) -> Made:
    platform = inputs.get("runtimePlatform") or {}
    answer = cloud.client("ecs").register_task_definition(
        family=inputs["family"],
        requiresCompatibilities=inputs["requiresCompatibilities"],
        networkMode=inputs["networkMode"],
        cpu=inputs["cpu"],
        memory=inputs["memory"],
        executionRoleArn=inputs["executionRoleArn"],
        taskRoleArn=inputs["taskRoleArn"],
        runtimePlatform={
            "cpuArchitecture": platform.get("cpuArchitecture", "X86_64"),
            "operatingSystemFamily": platform.get("operatingSystemFamily", "LINUX"),
        },
        containerDefinitions=json.loads(inputs["containerDefinitions"]),
    )["taskDefinition"]
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
