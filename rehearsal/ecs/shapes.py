"""Services, task sets and tasks in the shapes of ECS's API. Pure.

AWS documents: AmazonECS/latest/APIReference, API_Service, API_TaskSet, API_Deployment, API_Task, API_Container, API_Cluster. Under
CODE_DEPLOY a service has task sets instead of deployments, and names what its PRIMARY task set runs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.ecs.deployments.deployment import ServiceRevision
from rehearsal.ecs.running_service import ECS, Service
from rehearsal.ecs.task_life import TaskLife
from rehearsal.ecs.task_set import TaskSet

PLATFORM = {"platformVersion": "1.4.0", "platformFamily": "Linux"}
"""What LATEST is for Linux (AmazonECS/latest/developerguide/platform-fargate)."""


def service(one: Service) -> dict[str, Any]:
    """A service, with its task sets or its deployments."""
    inputs, primary, by_ecs = one.declared.inputs, one.primary, one.controller == ECS
    told: dict[str, Any] = {
        "serviceArn": one.arn,
        "serviceName": one.name,
        "clusterArn": cluster_arn(one),
        "loadBalancers": list(one.balancers) if by_ecs else _load_balancers(primary),
        "serviceRegistries": [],
        "status": "ACTIVE",
        "desiredCount": one.desired_count,
        "runningCount": sum(len(ts.running) for ts in one.task_sets),
        "pendingCount": sum(ts.pending for ts in one.task_sets),
        "launchType": str(inputs.get("launchType") or "FARGATE"),
        **PLATFORM,
        "taskDefinition": primary.task_definition,
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100, **one.configuration},
        "taskSets": [] if by_ecs else [task_set(one, ts) for ts in one.task_sets],
        "deployments": [_deployment(one, ts) for ts in _newest_first(one)] if by_ecs else [],
        "events": [{"id": e.id, "createdAt": e.at, "message": e.message} for e in list(one.events)],
        "createdAt": one.created,
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": _network(one, one.security_groups),
        "healthCheckGracePeriodSeconds": round(one.grace),
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": one.controller},
        "enableECSManagedTags": bool(inputs.get("enableEcsManagedTags")),
        "propagateTags": str(inputs.get("propagateTags") or "NONE"),
        "enableExecuteCommand": bool(inputs.get("enableExecuteCommand")),
    }
    if one.deployment is not None:
        told["currentServiceDeployment"] = one.deployment.arn
        told["currentServiceRevisions"] = [
            revision_counts(revision) for revision in one.revisions if revision.tasks in one.task_sets
        ]
    return told


def task_set(one: Service, ts: TaskSet) -> dict[str, Any]:
    """A task set of a service."""
    running, steady = len(ts.running), ts.steady()
    return {
        "id": ts.id,
        "taskSetArn": ts.arn,
        "serviceArn": one.arn,
        "clusterArn": cluster_arn(one),
        "startedBy": "CODE_DEPLOY" if one.controller == "CODE_DEPLOY" else "EXTERNAL",
        "status": str(ts.status),
        "taskDefinition": ts.task_definition,
        "computedDesiredCount": ts.count,
        "pendingCount": ts.pending,
        "runningCount": running,
        "createdAt": ts.created,
        "updatedAt": ts.created,
        "launchType": "FARGATE",
        **PLATFORM,
        "networkConfiguration": _network(one, ts.blueprint.security_groups),
        "loadBalancers": _load_balancers(ts),
        "serviceRegistries": [],
        "scale": {"value": 100.0, "unit": "PERCENT"},
        "stabilityStatus": "STEADY_STATE" if steady else "STABILIZING",
    }


def task(one: Service, ts: TaskSet, life: TaskLife) -> dict[str, Any]:
    """A task of a service, as it is or was."""
    arn, definition = task_arn(one, life), life.definition
    told: dict[str, Any] = {
        "taskArn": arn,
        "clusterArn": cluster_arn(one),
        "taskDefinitionArn": str(definition["taskDefinitionArn"]),
        "group": f"service:{one.name}",
        "startedBy": ts.id,
        "launchType": "FARGATE",
        **PLATFORM,
        "cpu": str(definition.get("cpu") or "256"),
        "memory": str(definition.get("memory") or "512"),
        "desiredStatus": life.wanted,
        "lastStatus": life.last,
        "healthStatus": "UNKNOWN",
        "createdAt": life.created,
        "startedAt": life.started,
        "stoppingAt": life.stopping,
        "stoppedAt": life.stopped,
        "stopCode": None if life.code is None else str(life.code),
        "stoppedReason": life.reason or None,
        "attachments": [],
        "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
        "enableExecuteCommand": False,
        "version": 1,
        "containers": [_container(arn, life, container) for container in definition["containerDefinitions"]],
    }
    return {name: value for name, value in told.items() if value is not None}


def cluster(arn: str, services: Sequence[Service]) -> dict[str, Any]:
    """A cluster that services are in."""
    running = sum(len(ts.running) for one in services for ts in one.task_sets)
    return {
        "clusterArn": arn,
        "clusterName": arn.rpartition("/")[2],
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": sum(ts.pending for one in services for ts in one.task_sets),
        "activeServicesCount": len(services),
        "statistics": [],
        "tags": [],
        "settings": [],
        "capacityProviders": [],
        "defaultCapacityProviderStrategy": [],
    }


def tags(one: Service) -> list[dict[str, str]]:
    """A service's declared tags, the provider's default ones among them."""
    declared = one.declared.outputs.get("tagsAll") or one.declared.inputs.get("tags") or {}
    return [{"key": str(key), "value": str(value)} for key, value in declared.items()]


def cluster_arn(one: Service) -> str:
    """ARN of the cluster that a service is in."""
    return f"{one.arn.partition(':service/')[0]}:cluster/{one.cluster}"


def task_arn(one: Service, life: TaskLife) -> str:
    """ARN of a service's task."""
    return f"{one.arn.partition(':service/')[0]}:task/{one.cluster}/{life.id}"


def _container(task: str, life: TaskLife, definition: Mapping[str, Any]) -> dict[str, Any]:
    name, image = str(definition["name"]), str(definition["image"])
    told: dict[str, Any] = {
        "containerArn": f"{task.replace(':task/', ':container/')}/{name}",
        "taskArn": task,
        "name": name,
        "image": image,
        "lastStatus": "STOPPED" if life.stopped else "RUNNING" if life.started else "PENDING",
        "networkBindings": [],
        "networkInterfaces": [{"privateIpv4Address": life.host}] if life.host else [],
        "healthStatus": "UNKNOWN",
        "cpu": str(definition.get("cpu") or 0),
    }
    if "@" in image:
        told["imageDigest"] = image.partition("@")[2]
    if life.exit_code is not None and definition.get("essential", True):
        told["exitCode"] = life.exit_code
    return told


def revision_counts(revision: ServiceRevision) -> dict[str, Any]:
    """How many tasks a service revision has (API_ServiceCurrentRevisionSummary)."""
    return {
        "arn": revision.arn,
        "requestedTaskCount": revision.tasks.count,
        "runningTaskCount": len(revision.tasks.running),
        "pendingTaskCount": revision.tasks.pending,
    }


def _newest_first(one: Service) -> list[TaskSet]:
    """PRIMARY, then what still has tasks of deployments before it."""
    return sorted(one.task_sets, key=lambda ts: (ts is one.primary, ts.created), reverse=True)


def _deployment(one: Service, ts: TaskSet) -> dict[str, Any]:
    revision = one.revision_of(ts)
    told: dict[str, Any] = {
        "id": ts.id,
        "status": str(ts.status),
        "taskDefinition": ts.task_definition,
        "desiredCount": ts.count,
        "pendingCount": ts.pending,
        "runningCount": len(ts.running),
        "failedTasks": ts.failures.in_row,
        "createdAt": ts.created,
        "updatedAt": ts.created,
        "launchType": "FARGATE",
        **PLATFORM,
        "networkConfiguration": _network(one, ts.blueprint.security_groups),
    }
    if revision is not None:
        told["updatedAt"] = revision.updated
        told["rolloutState"] = str(revision.rollout)
        told["rolloutStateReason"] = revision.rollout_reason
    return told


def _load_balancers(ts: TaskSet) -> list[dict[str, Any]]:
    return [
        {"targetGroupArn": one.target_group, "containerName": one.container, "containerPort": one.port}
        for one in ts.blueprint.entries
    ]


def _network(one: Service, groups: Sequence[str]) -> dict[str, Any]:
    return {"awsvpcConfiguration": {**one.network, "securityGroups": [str(group) for group in groups]}}
