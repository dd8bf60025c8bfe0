"""What a declared CodeDeploy deployment group says, read once.

`aws:codedeploy/deploymentGroup:DeploymentGroup`; how its configuration shifts traffic is in `configuration.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.traffic_shift import Shift
from rehearsal.codedeploy.configuration import ConfigurationInvalid, configuration_of, of_name
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.declared_blocks import block, blocks

APPLICATION = "aws:codedeploy/application:Application"
GROUP = "aws:codedeploy/deploymentGroup:DeploymentGroup"

_LISTENER_PARTS = 1


class GroupInvalid(Exception):
    """CodeDeploy would not take the declared deployment group; the text says value and rule."""


@dataclass(frozen=True)
class DeploymentGroup:
    """A declared deployment group."""

    application: str
    name: str
    role_arn: str
    config: str
    cluster: str
    service: str
    listener: str
    """ARN of the production listener."""
    test_listener: str | None
    target_groups: tuple[str, str]
    """Names."""
    rollback_events: frozenset[str]
    """Empty when automatic rollback is off."""
    alarms: Sequence[str]
    ignore_poll_alarm_failure: bool
    stop_when_ready: bool
    """`deploymentReadyOption.actionOnTimeout` is STOP_DEPLOYMENT."""
    ready_wait: float
    """Declared seconds to wait for ContinueDeployment."""
    keep_blue: bool
    termination_wait: float
    """Declared seconds before blue is terminated."""
    shift: Shift

    @classmethod
    def of(cls, cloud: Cloud, application: str, name: str) -> "DeploymentGroup":
        """Find and read a declared group; GroupInvalid when it is not declared or unusable."""
        owner = _only(cloud.declared(APPLICATION), name=application)
        if owner is None:
            raise GroupInvalid(f"No application found for name: {application}")
        if owner.inputs.get("computePlatform") != "ECS":
            raise GroupInvalid(
                f"application {application} has compute platform {owner.inputs.get('computePlatform')!r}; "
                "a deployment to ECS needs 'ECS'"
            )
        declared = _only(cloud.declared(GROUP), appName=application, deploymentGroupName=name)
        if declared is None:
            raise GroupInvalid(f"No Deployment Group found for name: {name}")
        return _read(cloud, declared, application, name)


def _only(resources: Sequence[Declared], **where: str) -> Declared | None:
    found = [one for one in resources if all(one.outputs.get(key) == value for key, value in where.items())]
    return found[0] if found else None


def _read(cloud: Cloud, declared: Declared, application: str, name: str) -> DeploymentGroup:
    inputs = declared.inputs
    style: Mapping[str, Any] = inputs.get("deploymentStyle") or {}
    kind = (style.get("deploymentType"), style.get("deploymentOption"))
    if kind != ("BLUE_GREEN", "WITH_TRAFFIC_CONTROL"):
        raise GroupInvalid(
            f"deployment group {name} has style {kind}; ECS needs BLUE_GREEN and WITH_TRAFFIC_CONTROL"
        )
    pair = block(block(inputs.get("loadBalancerInfo")).get("targetGroupPairInfo"))
    service = block(inputs.get("ecsService"))
    blue_green = block(inputs.get("blueGreenDeploymentConfig"))
    ready = block(blue_green.get("deploymentReadyOption"))
    blue = block(blue_green.get("terminateBlueInstancesOnDeploymentSuccess"))
    rollback = block(inputs.get("autoRollbackConfiguration"))
    alarms = block(inputs.get("alarmConfiguration"))
    config = configuration_of(inputs)
    listener = _listener(pair.get("prodTrafficRoute"), name)
    if listener is None:
        raise GroupInvalid(f"deployment group {name} has no production listener; ECS needs exactly one")
    try:
        shift = of_name(cloud, config)
    except ConfigurationInvalid as wrong:
        raise GroupInvalid(str(wrong)) from wrong
    return DeploymentGroup(
        application=application,
        name=name,
        role_arn=str(inputs["serviceRoleArn"]),
        config=config,
        cluster=str(service["clusterName"]),
        service=str(service["serviceName"]),
        listener=listener,
        test_listener=_listener(pair.get("testTrafficRoute"), name),
        target_groups=_pair(pair, name),
        rollback_events=frozenset(rollback.get("events") or ()) if rollback.get("enabled") else frozenset(),
        alarms=tuple(alarms.get("alarms") or ()) if alarms.get("enabled") is not False else (),
        ignore_poll_alarm_failure=bool(alarms.get("ignorePollAlarmFailure")),
        stop_when_ready=ready.get("actionOnTimeout") == "STOP_DEPLOYMENT",
        ready_wait=60.0 * float(ready.get("waitTimeInMinutes") or 0),
        keep_blue=blue.get("action") == "KEEP_ALIVE",
        termination_wait=60.0 * float(blue.get("terminationWaitTimeInMinutes") or 0),
        shift=shift,
    )


def _listener(route: Any, name: str) -> str | None:
    arns: Sequence[str] = block(route).get("listenerArns") or ()
    if len(arns) > _LISTENER_PARTS:
        raise GroupInvalid(
            f"deployment group {name} has {len(arns)} listeners in a traffic route; exactly one is allowed"
        )
    return arns[0] if arns else None


def _pair(pair: Mapping[str, Any], name: str) -> tuple[str, str]:
    names = [str(group["name"]) for group in blocks(pair.get("targetGroups"))]
    if len(set(names)) != 2:  # noqa: PLR2004  (blue and green)
        raise GroupInvalid(f"deployment group {name} has target groups {names}; ECS needs two different ones")
    return names[0], names[1]
