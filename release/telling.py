"""What is said of a deployment: where it is, why it went back, and what a person can do."""

from collections.abc import Mapping
from typing import Any

from documents.nested import within
from release.service_deployments import Deployment


def state(mine: Deployment, detail: Mapping[str, Any]) -> str:
    """Where a deployment is; for one that waits for a person, how to go on."""
    target = within(detail, "targetServiceRevision")
    stage = f" in {detail['lifecycleStage']}" if detail.get("lifecycleStage") else ""
    tasks = f"{target.get('runningTaskCount', 0)} of {target.get('requestedTaskCount', 0)} tasks run"
    weight = target.get("requestedProductionTrafficWeight")
    shown = stage and isinstance(
        weight, int | float
    )  # a rolling deployment has no stages and moves no weights
    traffic = f", with {weight:g} % of the traffic" if shown else ""
    waiting = [
        f"; it waits for a person: aws ecs continue-service-deployment --service-deployment-arn {mine.arn} "
        f"--hook-id {one.get('hookId')} --action CONTINUE (or ROLLBACK)"
        for one in detail.get("lifecycleHookDetails") or ()
        if one.get("status") == "AWAITING_ACTION"
    ]
    return f"deployment {mine.name} is {mine.status}{stage}: {tasks}{traffic}{''.join(waiting)}"


def reason(mine: Deployment, detail: Mapping[str, Any]) -> str:
    """Why ECS does what it does, in its own words."""
    rollback = within(detail, "rollback").get("reason")
    said = str(detail.get("statusReason") or mine.reason or rollback or "ECS gives no reason")
    return said.rstrip(".")


def monitors(detail: Mapping[str, Any]) -> str:
    """What set off the way back, where ECS's own reason may not name it."""
    alarms, breaker = within(detail, "alarms"), within(detail, "deploymentCircuitBreaker")
    found = [f"alarm {name} went off" for name in alarms.get("triggeredAlarmNames") or ()]
    if breaker.get("status") == "TRIGGERED":
        found.append(
            f"the circuit breaker counted {breaker.get('failureCount')} failed tasks of {breaker.get('threshold')}"
        )
    return "; ".join(found)


def short(definition: str) -> str:
    """Family and revision of a task definition's ARN."""
    return definition.rpartition("/")[2]
