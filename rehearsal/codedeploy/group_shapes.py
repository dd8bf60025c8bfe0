"""Deployment groups and configurations in the shapes of CodeDeploy's API, and back. Pure but for what is declared.

AWS documents: codedeploy/latest/APIReference/API_DeploymentGroupInfo, API_UpdateDeploymentGroup, API_DeploymentConfigInfo;
codedeploy/latest/userguide/deployment-configurations.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from documents.traffic_shift import Routing, Shift
from rehearsal.codedeploy.configuration import ConfigurationInvalid, of_name
from rehearsal.codedeploy.deployment import Deployment, DeploymentStatus
from rehearsal.codedeploy.service_role import RoleRefused, expect_trust
from rehearsal.codedeploy.shapes import given, revision
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.declared_blocks import block, blocks

MOST_ALARMS = 10
"""Alarms of a deployment group (codedeploy/latest/userguide/limits)."""


def group_info(declared: Declared, deployments: Sequence[Deployment]) -> dict[str, Any]:
    """A declared deployment group; `deployments` are its own, oldest first."""
    inputs = declared.inputs
    good = [one for one in deployments if one.status == DeploymentStatus.SUCCEEDED]
    service = block(inputs.get("ecsService"))
    return given(
        {
            "applicationName": inputs["appName"],
            "deploymentGroupId": made_up_id(declared.arn),
            "deploymentGroupName": inputs["deploymentGroupName"],
            "deploymentConfigName": inputs.get("deploymentConfigName"),
            "autoScalingGroups": [],
            "serviceRoleArn": inputs["serviceRoleArn"],
            "targetRevision": revision(good[-1].appspec) if good else None,
            "triggerConfigurations": [
                given({key: one.get(key) for key in ("triggerName", "triggerTargetArn", "triggerEvents")})
                for one in blocks(inputs.get("triggerConfigurations"))
            ],
            "alarmConfiguration": _alarms(block(inputs.get("alarmConfiguration"))),
            "autoRollbackConfiguration": _rollback(block(inputs.get("autoRollbackConfiguration"))),
            "deploymentStyle": given(dict(block(inputs.get("deploymentStyle")))),
            "blueGreenDeploymentConfiguration": _blue_green(block(inputs.get("blueGreenDeploymentConfig"))),
            "loadBalancerInfo": _load_balancers(block(inputs.get("loadBalancerInfo"))),
            "lastSuccessfulDeployment": _last(good),
            "lastAttemptedDeployment": _last(deployments),
            "computePlatform": "ECS",
            "ecsServices": [given({key: service.get(key) for key in ("serviceName", "clusterName")})],
            "terminationHookEnabled": False,
        }
    )


_CHANGES = {
    "deploymentConfigName": "deploymentConfigName",
    "serviceRoleArn": "serviceRoleArn",
    "alarmConfiguration": "alarmConfiguration",
    "autoRollbackConfiguration": "autoRollbackConfiguration",
    "blueGreenDeploymentConfiguration": "blueGreenDeploymentConfig",
}
"""Members of UpdateDeploymentGroup that are played, by the declared input that each replaces."""


def changed(cloud: Cloud, declared: Declared, asked: Mapping[str, Any]) -> Declared:
    """The group with what UpdateDeploymentGroup replaces: each member that is given as a whole, the others not at all.

    AwsRefusal for what CodeDeploy does not take, RehearsalError for what is not played.
    """
    others = sorted(set(asked) - set(_CHANGES) - {"applicationName", "currentDeploymentGroupName"})
    if others:
        raise RehearsalError(
            f"UpdateDeploymentGroup with {', '.join(others)}",
            f"the rehearsal plays it for {', '.join(_CHANGES)}",
            "change the rest in the program",
        )
    if name := asked.get("deploymentConfigName"):
        try:
            of_name(cloud, str(name))
        except ConfigurationInvalid as missing:
            raise AwsRefusal("DeploymentConfigDoesNotExistException", str(missing)) from missing
    if role := asked.get("serviceRoleArn"):
        try:
            expect_trust(cloud, str(role))
        except RoleRefused as refused:
            raise AwsRefusal("InvalidRoleException", str(refused)) from refused
    inputs = {_CHANGES[name]: _declared(name, value) for name, value in asked.items() if name in _CHANGES}
    return replace(declared, inputs={**declared.inputs, **inputs}, outputs={**declared.outputs, **inputs})


def alarm_names(configuration: Mapping[str, Any]) -> list[str]:
    """Names in an AlarmConfiguration; AwsRefusal for one that CodeDeploy does not take."""
    names = [str(one.get("name") or "") for one in configuration.get("alarms") or ()]
    if len(names) > MOST_ALARMS:
        raise AwsRefusal(
            "AlarmsLimitExceededException",
            f"{len(names)} alarms are given; a deployment group takes at most {MOST_ALARMS}",
        )
    if configuration.get("enabled") and not names:
        raise AwsRefusal(
            "InvalidAlarmConfigException", "alarms are enabled, and none is given: name the alarms, each time"
        )
    if "" in names or len(set(names)) < len(names):
        raise AwsRefusal(
            "InvalidAlarmConfigException", f"{names} has an alarm without a name, or one that is given twice"
        )
    return names


def config_info(cloud: Cloud, name: str) -> dict[str, Any]:
    """A deployment configuration, predefined or declared; ConfigurationInvalid for one of another platform or none."""
    return {
        "deploymentConfigId": made_up_id(cloud.place.arn("codedeploy", f"deploymentconfig:{name}")),
        "deploymentConfigName": name,
        "computePlatform": "ECS",
        "trafficRoutingConfig": _routing(of_name(cloud, name)),
    }


def made_up_id(arn: str) -> str:
    """An id in the form of CodeDeploy's, the same for the same thing."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, arn))


def _routing(shift: Shift) -> dict[str, Any]:
    told: dict[str, Any] = {"type": str(shift.routing)}
    if shift.routing is Routing.CANARY:
        told["timeBasedCanary"] = {"canaryPercentage": shift.percent, "canaryInterval": shift.minutes}
    if shift.routing is Routing.LINEAR:
        told["timeBasedLinear"] = {"linearPercentage": shift.percent, "linearInterval": shift.minutes}
    return told


def _alarms(declared: Mapping[str, Any]) -> dict[str, Any]:
    names = [{"name": str(name)} for name in declared.get("alarms") or ()]
    return {
        "enabled": declared.get("enabled") is not False and bool(declared),
        "ignorePollAlarmFailure": bool(declared.get("ignorePollAlarmFailure")),
        "alarms": names,
    }


def _rollback(declared: Mapping[str, Any]) -> dict[str, Any]:
    return {"enabled": bool(declared.get("enabled")), "events": list(declared.get("events") or ())}


def _blue_green(declared: Mapping[str, Any]) -> dict[str, Any]:
    blue = block(declared.get("terminateBlueInstancesOnDeploymentSuccess"))
    ready = block(declared.get("deploymentReadyOption"))
    return {
        "terminateBlueInstancesOnDeploymentSuccess": given(
            {
                "action": blue.get("action"),
                "terminationWaitTimeInMinutes": _whole(blue.get("terminationWaitTimeInMinutes")),
            }
        ),
        "deploymentReadyOption": given(
            {
                "actionOnTimeout": ready.get("actionOnTimeout"),
                "waitTimeInMinutes": _whole(ready.get("waitTimeInMinutes")),
            }
        ),
    }


def _load_balancers(declared: Mapping[str, Any]) -> dict[str, Any]:
    pair = block(declared.get("targetGroupPairInfo"))
    routes = {
        name: {"listenerArns": list(block(pair.get(name)).get("listenerArns") or ())}
        for name in ("prodTrafficRoute", "testTrafficRoute")
        if pair.get(name)
    }
    groups = [{"name": str(one["name"])} for one in blocks(pair.get("targetGroups"))]
    return {"targetGroupPairInfoList": [{"targetGroups": groups, **routes}]}


def _last(deployments: Sequence[Deployment]) -> dict[str, Any] | None:
    if not deployments:
        return None
    one = deployments[-1]
    return given(
        {
            "deploymentId": one.id,
            "status": str(one.status),
            "endTime": one.completed,
            "createTime": one.created,
        }
    )


def _declared(name: str, value: Any) -> Any:
    """A member of the API as the program would declare it."""
    if name == "alarmConfiguration":
        return {**value, "enabled": bool(value.get("enabled")), "alarms": alarm_names(value)}
    return value


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
