"""What a deployment finds before it changes anything: the service, its role, blue, and both target groups.

AWS document: codedeploy/latest/userguide/deployment-steps-ecs ("Before you begin").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.deployment import Failed
from rehearsal.codedeploy.service_role import ServiceRole
from rehearsal.ecs.service import EcsServices, Service
from rehearsal.ecs.task_set import TaskSet
from rehearsal.elb.service import TARGET_GROUP, LoadBalancers
from rehearsal.world.cloud import Cloud, Declared


@dataclass(frozen=True)
class Parts:
    """The services a deployment works with."""

    cloud: Cloud
    services: EcsServices
    load_balancers: LoadBalancers
    alarms: Alarms
    hooks: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the functions of hooks answer, by event: `Succeeded`, which is also what counts when none is given, or `Failed`."""


@dataclass(frozen=True)
class Prepared:
    """What a deployment works on, as it was before."""

    service: Service
    role: ServiceRole
    blue: TaskSet
    blue_group: str
    green_group: str
    """ARN of the target group that PRIMARY does not have."""
    before: Mapping[str, int]
    """Weights of the production listener."""
    test_before: Mapping[str, int]
    """Weights of the test listener; empty when there is none."""


def prepare(parts: Parts, group: DeploymentGroup) -> Prepared:
    """Find everything, asking as the group's service role; Failed or RoleRefused."""
    try:
        service = parts.services.service(group.cluster, group.service)
        blue = service.primary
    except LookupError as missing:
        raise Failed("INVALID_ECS_SERVICE", str(missing)) from missing
    if service.controller != "CODE_DEPLOY":
        raise Failed("INVALID_ECS_SERVICE", f"service {service.name} has no CODE_DEPLOY controller")
    role = ServiceRole(parts.cloud, group, service)
    role.describe()
    groups = _target_groups(parts, group)
    before = _weights(parts, group.listener)
    blue_group, green_group = _colors(groups, group.listener, blue, before)
    test_before = _weights(parts, group.test_listener) if group.test_listener else {}
    return Prepared(service, role, blue, blue_group, green_group, before, test_before)


def _target_groups(parts: Parts, group: DeploymentGroup) -> list[str]:
    """ARNs of the group's two target groups."""
    declared = {_name(one): one.arn for one in parts.cloud.declared(TARGET_GROUP)}
    missing = [name for name in group.target_groups if name not in declared]
    if missing:
        raise _elb_invalid(f"One or more target groups not found: {', '.join(missing)}")
    return [declared[name] for name in group.target_groups]


def _colors(
    groups: Sequence[str], listener: str, blue: TaskSet, weights: Mapping[str, int]
) -> tuple[str, str]:
    """Blue's and green's target group."""
    primary = blue.blueprint.target_group
    serving = {arn for arn, weight in weights.items() if weight > 0}
    if primary not in groups or primary not in serving:
        raise _elb_invalid(f"Primary taskset target group must be behind listener {listener}")
    return primary, next(arn for arn in groups if arn != primary)


def _weights(parts: Parts, listener: str) -> dict[str, int]:
    try:
        return parts.load_balancers.weights(listener)
    except LookupError as missing:
        raise _elb_invalid(f"One or more listeners not found: {listener}") from missing


def _elb_invalid(text: str) -> Failed:
    """The load balancer's own words, as CodeDeploy hands them on (codedeploy/latest/APIReference/API_ErrorInformation)."""
    return Failed(
        "ELASTIC_LOAD_BALANCING_INVALID", f"The ELB could not be updated due to the following error: {text}"
    )


def _name(declared: Declared) -> str:
    return str(declared.outputs.get("name") or declared.inputs.get("name") or declared.name)
