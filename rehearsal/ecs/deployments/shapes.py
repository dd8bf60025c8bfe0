"""Service deployments and service revisions in the shapes of ECS's API. Pure.

AWS documents: AmazonECS/latest/APIReference, API_ServiceDeployment, API_ServiceDeploymentBrief, API_ServiceRevision,
API_ServiceRevisionSummary.
"""

from typing import Any

from rehearsal.ecs import shapes
from rehearsal.ecs.deployments.configuration import Stage
from rehearsal.ecs.deployments.deployment import RunHook, ServiceDeployment, ServiceRevision
from rehearsal.ecs.running_service import Service

_TOLD_AS = {Stage.PRE_PRODUCTION_TRAFFIC_SHIFT: Stage.POST_TEST_TRAFFIC_SHIFT}
"""The API's `lifecycleStage` has no PRE_PRODUCTION_TRAFFIC_SHIFT: what is there just before it is told."""


def deployment(service: Service, one: ServiceDeployment) -> dict[str, Any]:
    """A service deployment."""
    configuration = one.configuration
    told: dict[str, Any] = {
        **_common(service, one),
        "stoppedAt": one.stopped,
        "updatedAt": one.updated,
        "sourceServiceRevisions": [_summary(revision) for revision in one.sources],
        "targetServiceRevision": {
            **_summary(one.target),
            "requestedProductionTrafficWeight": float(one.production),
            "requestedTestTrafficWeight": float(one.test),
        },
        "lifecycleStage": None if one.stage is None else str(_TOLD_AS.get(one.stage, one.stage)),
        "lifecycleHookDetails": [_hook(run) for run in one.hooks],
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100, **one.document},
        "deploymentCircuitBreaker": {
            "status": str(one.breaker),
            "failureCount": one.failures,
            "threshold": configuration.breaker.threshold(service.desired_count)
            if configuration.breaker
            else 0,
        },
        "alarms": {
            "status": str(one.alarms),
            "alarmNames": list(configuration.alarms.names) if configuration.alarms else [],
            "triggeredAlarmNames": list(one.triggered),
        },
    }
    if one.rollback is not None:
        told["rollback"] = {
            "reason": one.rollback.reason,
            "startedAt": one.rollback.started,
            "serviceRevisionArn": one.rollback.revision_arn,
        }
    return {name: value for name, value in told.items() if value is not None}


def brief(service: Service, one: ServiceDeployment) -> dict[str, Any]:
    """A service deployment as it is listed."""
    told = {**_common(service, one), "targetServiceRevisionArn": one.target.arn}
    return {name: value for name, value in told.items() if value is not None}


def revision(service: Service, one: ServiceRevision) -> dict[str, Any]:
    """A service revision."""
    containers = one.tasks.blueprint.definition["containerDefinitions"]
    return {
        "serviceRevisionArn": one.arn,
        "serviceArn": service.arn,
        "clusterArn": shapes.cluster_arn(service),
        "taskDefinition": one.tasks.task_definition,
        "launchType": "FARGATE",
        **shapes.PLATFORM,
        "loadBalancers": list(one.balancers),
        "serviceRegistries": [],
        "networkConfiguration": {"awsvpcConfiguration": dict(one.network)},
        "containerImages": [_image(str(each["name"]), str(each["image"])) for each in containers],
        "guardDutyEnabled": False,
        "createdAt": one.created,
        "resolvedConfiguration": {
            "loadBalancers": [
                {"targetGroupArn": entry.target_group}
                | (
                    {"productionListenerRule": rule}
                    if (rule := one.live_rules.get(entry.target_group))
                    else {}
                )
                for entry in one.tasks.blueprint.entries
            ]
        },
    }


def _common(service: Service, one: ServiceDeployment) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": one.arn,
        "serviceArn": service.arn,
        "clusterArn": shapes.cluster_arn(service),
        "createdAt": one.created,
        "startedAt": one.started,
        "finishedAt": one.finished,
        "status": str(one.status),
        "statusReason": one.reason or None,
    }


def _summary(one: ServiceRevision) -> dict[str, Any]:
    return shapes.revision_counts(one)


def _image(container: str, image: str) -> dict[str, Any]:
    _, at, digest = image.partition("@")
    return {"containerName": container, "image": image} | ({"imageDigest": digest} if at else {})


def _hook(run: RunHook) -> dict[str, Any]:
    told: dict[str, Any] = {
        "hookId": run.id,
        "targetType": "AWS_LAMBDA" if run.hook.function else "PAUSE",
        "targetArn": run.hook.function or None,
        "status": str(run.status),
        "expiresAt": run.expires,
        "timeoutAction": "CONTINUE" if run.hook.continues else "ROLLBACK",
    }
    return {name: value for name, value in told.items() if value is not None}
