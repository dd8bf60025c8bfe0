"""Deployments and their targets in the shapes of CodeDeploy's API. Pure.

AWS documents: codedeploy/latest/APIReference/API_DeploymentInfo, API_ECSTarget, API_ECSTaskSet, API_LifecycleEvent;
codedeploy/latest/userguide/deployment-steps-ecs (the lifecycle events and their order).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rehearsal.codedeploy.appspec import AppSpec
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.deployment import EVENTS, Deployment, DeploymentStatus, EventStatus, LifecycleEvent
from rehearsal.ecs.task_set import TaskSet

_OVERVIEW = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
"""Members of DeploymentOverview, which are states of targets."""

_TARGET: Mapping[DeploymentStatus, str] = {
    DeploymentStatus.CREATED: "Pending",
    DeploymentStatus.IN_PROGRESS: "InProgress",
    DeploymentStatus.READY: "Ready",
    DeploymentStatus.SUCCEEDED: "Succeeded",
    DeploymentStatus.FAILED: "Failed",
    DeploymentStatus.STOPPED: "Failed",
}
"""API codedeploy.TargetStatus; that a stopped deployment's target is Failed is inferred."""


def deployment_info(one: Deployment) -> dict[str, Any]:
    """A deployment as GetDeployment tells it."""
    state = _TARGET[one.status]
    return given(
        {
            "applicationName": one.group.application,
            "deploymentGroupName": one.group.name,
            "deploymentConfigName": one.group.config,
            "deploymentId": one.id,
            "previousRevision": None if one.previous is None else revision(one.previous),
            "revision": revision(one.appspec),
            "status": str(one.status),
            "errorInformation": {"code": one.error_code, "message": one.message} if one.error_code else None,
            "createTime": one.created,
            "startTime": one.started,
            "completeTime": one.completed,
            "deploymentOverview": {name: int(name == state) for name in _OVERVIEW},
            "description": one.description or None,
            "creator": str(one.creator),
            "ignoreApplicationStopFailures": False,
            "updateOutdatedInstancesOnly": False,
            "rollbackInfo": _rollback_info(one),
            "instanceTerminationWaitTimeStarted": one.waits_for_termination.is_set(),
            "deploymentStatusMessages": [],
            "computePlatform": "ECS",
            "fileExistsBehavior": "DISALLOW",
            **_of_group(one.group),
        }
    )


def target(one: Deployment, service_arn: str) -> dict[str, Any]:
    """The one target of a deployment: the ECS service, with its task sets."""
    events = {event.name: event for event in one.events}
    over = EventStatus.SKIPPED if one.status.is_final else EventStatus.PENDING
    return {
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "deploymentId": one.id,
            "targetId": target_id(one.group),
            "targetArn": service_arn,
            "lastUpdatedAt": _last_change(one),
            "lifecycleEvents": [_event(name, events.get(name), over) for name in EVENTS],
            "status": target_status(one),
            "taskSetsInfo": [_task_set(one, label, task_set) for label, task_set in one.task_sets],
        },
    }


def target_id(group: DeploymentGroup) -> str:
    """How a deployment's target is named (API_BatchGetDeploymentTargets, `targetIds`)."""
    return f"{group.cluster}:{group.service}"


def target_status(one: Deployment) -> str:
    """State of a deployment's one target."""
    return _TARGET[one.status]


def revision(appspec: AppSpec) -> dict[str, Any]:
    """A revision: an object in S3, or an AppSpec's text itself (API_RevisionLocation)."""
    if appspec.location is not None:
        return {"revisionType": "S3", "s3Location": dict(appspec.location)}
    content = {"content": appspec.text, "sha256": appspec.sha256}
    return {"revisionType": "AppSpecContent", "appSpecContent": content}


def _of_group(group: DeploymentGroup) -> dict[str, Any]:
    """What a deployment has of its group, as it was when the deployment was created."""
    blue = {"action": "KEEP_ALIVE" if group.keep_blue else "TERMINATE"}
    ready = {"actionOnTimeout": "STOP_DEPLOYMENT" if group.stop_when_ready else "CONTINUE_DEPLOYMENT"}
    route = {"prodTrafficRoute": {"listenerArns": [group.listener]}}
    if group.test_listener:
        route["testTrafficRoute"] = {"listenerArns": [group.test_listener]}
    names = [{"name": name} for name in group.target_groups]
    return {
        "autoRollbackConfiguration": {
            "enabled": bool(group.rollback_events),
            "events": sorted(group.rollback_events),
        },
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "blueGreenDeploymentConfiguration": {
            "terminateBlueInstancesOnDeploymentSuccess": {
                **blue,
                "terminationWaitTimeInMinutes": round(group.termination_wait / 60),
            },
            "deploymentReadyOption": {**ready, "waitTimeInMinutes": round(group.ready_wait / 60)},
        },
        "loadBalancerInfo": {"targetGroupPairInfoList": [{"targetGroups": names, **route}]},
    }


def _rollback_info(one: Deployment) -> dict[str, str] | None:
    if one.triggered_by is not None:
        return {"rollbackTriggeringDeploymentId": one.triggered_by}
    if one.rollback is None:
        return None
    said = f"Deployment {one.id} is rolled back by {one.rollback.id}, which is {one.rollback.status}"
    return {"rollbackDeploymentId": one.rollback.id, "rollbackMessage": said}


def _event(name: str, event: LifecycleEvent | None, otherwise: EventStatus) -> dict[str, Any]:
    if event is None:
        return {"lifecycleEventName": name, "status": str(otherwise)}
    return given(
        {
            "lifecycleEventName": name,
            "status": str(event.status),
            "startTime": event.started,
            "endTime": event.ended,
        }
    )


def _task_set(one: Deployment, label: str, task_set: TaskSet) -> dict[str, Any]:
    group = str(task_set.blueprint.target_group)
    running = len(task_set.running)
    share = one.weights.get(group, 0) / (sum(one.weights.values()) or 1)
    return {
        "identifer": task_set.id,  # the API's own spelling
        "desiredCount": task_set.count,
        "pendingCount": task_set.pending,
        "runningCount": running,
        "status": str(task_set.status),
        "trafficWeight": 100.0 * share,
        "targetGroup": {"name": group.rpartition(":targetgroup/")[2].partition("/")[0]},
        "taskSetLabel": label,
    }


def _last_change(one: Deployment) -> datetime:
    moments = [
        one.created,
        one.started,
        one.completed,
        *(event.ended or event.started for event in one.events),
    ]
    return max(moment for moment in moments if moment is not None)


def given(members: Mapping[str, Any]) -> dict[str, Any]:
    """Those members that there are."""
    return {name: value for name, value in members.items() if value is not None}
