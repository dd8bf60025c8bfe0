"""What a deployment finds before it changes anything: the service, its role, blue, and both target groups.

AWS document: codedeploy/latest/userguide/deployment-steps-ecs ("Before you begin").
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.deployment import Failed
from rehearsal.codedeploy.service_role import ServiceRole
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.service import EcsServices
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
    route: str
    """What is moved on the production listener: ARN of one of its rules, or its own for the default one."""
    before: Mapping[str, int]
    """The route's weights."""
    test_route: str | None
    """The same on the test listener; None when there is none."""
    test_before: Mapping[str, int]
    """The test route's weights; empty when there is none."""


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
    blue_group, green_group = _colors(groups, group.listener, blue)
    route = _route(parts, group.listener, {blue_group})
    if route is None:
        raise _behind(group.listener)
    test_route = test_before = None
    if group.test_listener:
        test_route = _route(parts, group.test_listener, {blue_group, green_group}) or group.test_listener
        test_before = parts.load_balancers.weights(test_route)
    before = parts.load_balancers.weights(route)
    return Prepared(
        service, role, blue, blue_group, green_group, route, before, test_route, test_before or {}
    )


def _target_groups(parts: Parts, group: DeploymentGroup) -> list[str]:
    """ARNs of the group's two target groups."""
    declared = {_name(one): one.arn for one in parts.cloud.declared(TARGET_GROUP)}
    missing = [name for name in group.target_groups if name not in declared]
    if missing:
        raise _elb_invalid(f"One or more target groups not found: {', '.join(missing)}")
    return [declared[name] for name in group.target_groups]


def _colors(groups: Sequence[str], listener: str, blue: TaskSet) -> tuple[str, str]:
    """Blue's and green's target group."""
    primary = blue.blueprint.target_group
    if primary is None or primary not in groups:
        raise _behind(listener)
    return primary, next(arn for arn in groups if arn != primary)


def _route(parts: Parts, listener: str, groups: Collection[str]) -> str | None:
    """What forwards to one of these groups on a listener: its own ARN for the default rule, another rule's; None for nothing.

    No AWS document says what CodeDeploy does with rules; what production users show is in docs/fidelity.md: the rule that forwards to
    PRIMARY's group is rewritten and the default one is left alone. Which of several it takes nobody shows.
    """
    try:
        rules = parts.load_balancers.listener(listener).ordered
    except LookupError as missing:
        raise _elb_invalid(f"One or more listeners not found: {listener}") from missing
    found = [rule for rule in rules if any(rule.action.weights.get(group, 0) > 0 for group in groups)]
    if len(found) > 1:
        arns = ", ".join(rule.arn for rule in found)
        raise _elb_invalid(
            f"{len(found)} rules of listener {listener} forward to the service's target groups ({arns}), and no document says "
            "which of them CodeDeploy moves, so the rehearsal does not play it: let one rule forward there"
        )
    return next((listener if rule.is_default else rule.arn for rule in found), None)


def _behind(listener: str) -> Failed:
    return _elb_invalid(f"Primary taskset target group must be behind listener {listener}")


def _elb_invalid(text: str) -> Failed:
    """The load balancer's own words, as CodeDeploy hands them on (codedeploy/latest/APIReference/API_ErrorInformation)."""
    return Failed(
        "ELASTIC_LOAD_BALANCING_INVALID", f"The ELB could not be updated due to the following error: {text}"
    )


def _name(declared: Declared) -> str:
    return str(declared.outputs.get("name") or declared.inputs.get("name") or declared.name)
