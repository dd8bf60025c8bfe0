"""Task definitions for real, services on record: their tasks are `rehearsal.ecs.service`'s business.

AWS documents: AmazonECS/latest/APIReference, API_RegisterTaskDefinition, API_CreateService;
AmazonECS/latest/developerguide, register-multiple-targetgroups (rolling updates only), deployment-circuit-breaker and
deployment-alarm-failure ("only supported" with the ECS deployment controller).
"""

import json

from rehearsal.cloudwatch.alarms import refuse_without_data
from rehearsal.ecs import task_definition
from rehearsal.ecs.deployments import declared as as_declared
from rehearsal.ecs.deployments import hooks, rules
from rehearsal.ecs.running_service import CODE_DEPLOY
from rehearsal.elb.kinds import LISTENER, RULE, named_by
from rehearsal.elb.service import TARGET_GROUP
from rehearsal.errors import StackError
from rehearsal.world.cloud import Cloud
from rehearsal.world.declared_blocks import block, blocks
from rehearsal.world.kind import Inputs, InUse, Kind, Made, arn, refuse_taken

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


SERVICE = "aws:ecs/service:Service"

_refuse_namesake = refuse_taken(
    SERVICE, "InvalidParameterException: Creation of service was not idempotent.", "cluster", "name"
)  # API_CreateService


def _refuse_service(cloud: Cloud, inputs: Inputs) -> None:
    """A service's target group stands behind some listener or rule (Amazon ECS Developer Guide, service-load-balancing).

    A release leaves the listener on one of the two groups, and the other belongs to no load balancer until the next one. Groups of
    others are taken to stand behind theirs.
    """
    _refuse_namesake(cloud, inputs)
    ours = {one.arn for one in cloud.declared(TARGET_GROUP)}
    actions = "".join(named_by(one) for type_ in (LISTENER, RULE) for one in cloud.declared(type_))
    for balancer in inputs.get("loadBalancers") or ():
        group = str(balancer["targetGroupArn"])
        if group in ours and group not in actions:
            raise InUse(
                f"InvalidParameterException: The target group with targetGroupArn {group} does not have an associated load balancer."
            )


def _by_ecs_alone(inputs: Inputs) -> list[str]:
    """What is said of a service that only ECS itself does."""
    found = [one for one in ("deploymentCircuitBreaker", "alarms") if block(inputs.get(one)).get("enable")]
    given = {one: value for one, value in block(inputs.get("deploymentConfiguration")).items() if value}
    return found + (["deploymentConfiguration"] if given not in ({}, {"strategy": "ROLLING"}) else [])


def _expect_deployable(cloud: Cloud, inputs: Inputs) -> None:
    """What CreateService refuses of how a service is to be deployed; StackError."""
    name = f"service {inputs['name']}"
    if block(inputs.get("deploymentController")).get("type") == CODE_DEPLOY:
        for one in _by_ecs_alone(inputs):
            raise StackError(
                f"{name} has {one} and the deployment controller CODE_DEPLOY",
                "AWS takes it with the deployment controller ECS only",
                "leave it out, or let ECS deploy the service",
            )
        if len(blocks(inputs.get("loadBalancers"))) > 1:
            raise StackError(
                f"{name} has several target groups and the deployment controller CODE_DEPLOY",
                "AWS takes more than one with the deployment controller ECS only",
                "leave one, or let ECS deploy the service",
            )
        return
    document = as_declared.configuration(inputs)
    if wrong := rules.refusal(document, as_declared.load_balancers(inputs)):
        raise StackError(
            f"{name}: {wrong}", "ECS refuses that", "correct it where the program declares the service"
        )
    hooks.expect_played(cloud, document)
    alarms = document.get("alarms") or {}
    refuse_without_data(cloud, alarms.get("alarmNames") or () if alarms.get("enable") else (), name)


def _service(cloud: Cloud, inputs: Inputs) -> Made:
    _expect_deployable(cloud, inputs)
    cluster = str(inputs["cluster"]).rpartition("/")[2]
    made = arn(cloud, "ecs", f"service/{cluster}/{inputs['name']}")
    return made, {"arn": made}


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
        refuse=_refuse_service,
        replaced_by=frozenset({"cluster", "name", "launchType", "deploymentController"}),
    ),
}
