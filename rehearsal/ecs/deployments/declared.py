"""What a program declares of how its service is deployed, in the shapes of ECS's API. Pure.

Pulumi's provider spreads `deploymentConfiguration` over inputs of its own and writes numbers as text; CreateService gets them as
AmazonECS/latest/APIReference/API_CreateService has them.
"""

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.world.declared_blocks import block, blocks


def configuration(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`deploymentConfiguration` of a declared service."""
    given = block(inputs.get("deploymentConfiguration"))
    canary, linear = block(given.get("canaryConfiguration")), block(given.get("linearConfiguration"))
    breaker, alarms = block(inputs.get("deploymentCircuitBreaker")), block(inputs.get("alarms"))
    found = {
        "strategy": given.get("strategy"),
        "maximumPercent": _number(inputs.get("deploymentMaximumPercent")),
        "minimumHealthyPercent": _number(inputs.get("deploymentMinimumHealthyPercent")),
        "bakeTimeInMinutes": _number(given.get("bakeTimeInMinutes")),
        "canaryConfiguration": _left(
            canaryPercent=canary.get("canaryPercent"),
            canaryBakeTimeInMinutes=_number(canary.get("canaryBakeTimeInMinutes")),
        ),
        "linearConfiguration": _left(
            stepPercent=linear.get("stepPercent"),
            stepBakeTimeInMinutes=_number(linear.get("stepBakeTimeInMinutes")),
        ),
        "lifecycleHooks": [_hook(one) for one in blocks(given.get("lifecycleHooks"))],
        "deploymentCircuitBreaker": _left(enable=breaker.get("enable"), rollback=breaker.get("rollback")),
        "alarms": _left(
            alarmNames=list(alarms.get("alarmNames") or ()),
            enable=alarms.get("enable"),
            rollback=alarms.get("rollback"),
        ),
    }
    return _left(**found)


def load_balancers(inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`loadBalancers` of a declared service."""
    return [
        _left(
            targetGroupArn=one.get("targetGroupArn"),
            containerName=one.get("containerName"),
            containerPort=_number(one.get("containerPort")),
            advancedConfiguration=dict(block(one.get("advancedConfiguration"))),
        )
        for one in blocks(inputs.get("loadBalancers"))
    ]


def network(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`awsvpcConfiguration` of a declared service."""
    given = block(inputs.get("networkConfiguration"))
    return {
        "subnets": [str(subnet) for subnet in given.get("subnets") or ()],
        "securityGroups": [str(group) for group in given.get("securityGroups") or ()],
        "assignPublicIp": "ENABLED" if given.get("assignPublicIp") else "DISABLED",
    }


def _hook(one: Mapping[str, Any]) -> dict[str, Any]:
    limit = block(one.get("timeoutConfiguration"))
    details = one.get("hookDetails")
    return _left(
        targetType=one.get("targetType"),
        hookTargetArn=one.get("hookTargetArn"),
        roleArn=one.get("roleArn"),
        lifecycleStages=list(one.get("lifecycleStages") or ()),
        hookDetails=json.loads(details) if isinstance(details, str) and details else details,
        timeoutConfiguration=_left(
            timeoutInMinutes=_number(limit.get("timeoutInMinutes")), action=limit.get("action")
        ),
    )


def _left(**members: Any) -> dict[str, Any]:
    """Those members that say something."""
    return {name: value for name, value in members.items() if value is not None and value not in ("", [], {})}


def _number(value: Any) -> int | None:
    return None if value in (None, "") else int(value)
