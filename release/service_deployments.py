"""What ECS says of a service and of its deployments.

Amazon ECS Developer Guide, service-deployment (states, and what brings them about); Amazon ECS API Reference, ServiceDeployment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.descriptor import ServiceDescriptor
from documents.nested import NOTHING, within
from release.aws import Aws
from release.findings import RefusedError

GOING_ON = frozenset({"PENDING", "IN_PROGRESS"})
GOING_BACK = frozenset({"STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"})
"""States of a deployment that has not ended; without a rollback it is stopped, and nothing goes back."""

_DESCRIBED = 20
"""Revisions of one description (Amazon ECS API Reference, DescribeServiceRevisions)."""


@dataclass(frozen=True)
class Deployment:
    """One deployment of a service, as a list has it."""

    arn: str
    status: str
    reason: str
    definition: str
    """ARN of the task definition that it brings."""

    @property
    def ongoing(self) -> bool:
        """Whether it has not ended."""
        return self.status in GOING_ON | GOING_BACK

    @property
    def name(self) -> str:
        """As operators know it."""
        return self.arn.rpartition(":service-deployment/")[2] or self.arn


@dataclass(frozen=True)
class Seen:
    """A service at one moment."""

    arn: str
    definition: str
    """ARN of the task definition that the service itself has."""
    primary: str
    """ARN of the task definition of its newest deployment."""
    running: int
    alarms: Sequence[str]
    """Names of the alarms that its deployments heed."""
    deployments: Sequence[Deployment]
    """The last ones, newest first."""

    @property
    def newest(self) -> Deployment | None:
        """The newest deployment, if the service had any."""
        return self.deployments[0] if self.deployments else None


def seen(aws: Aws, service: ServiceDescriptor[str]) -> Seen:
    """The service as it is now; RefusedError when it is none whose deployments ECS makes."""
    found = service_of(aws, service)
    controller = within(found, "deploymentController").get("type", "ECS")
    if controller != "ECS":
        raise RefusedError(
            f"service {service.service} in {service.cluster}",
            f"its deployments are made by {controller}, and this release asks ECS for one",
            "run pulumi up, which brings service and pipeline together, then start the release again",
            "ConfigurationError",
        )
    deployments: Sequence[Mapping[str, Any]] = found.get("deployments") or ()
    primary: Mapping[str, Any] = next((one for one in deployments if one.get("status") == "PRIMARY"), NOTHING)
    alarms = within(within(found, "deploymentConfiguration"), "alarms")
    return Seen(
        arn=str(found.get("serviceArn")),
        definition=str(found.get("taskDefinition")),
        primary=str(primary.get("taskDefinition")),
        running=int(primary.get("runningCount") or 0),
        alarms=[str(one) for one in alarms.get("alarmNames") or ()] if alarms.get("enable") else [],
        deployments=list(_deployments(aws, service)),
    )


def others(aws: Aws, service: ServiceDescriptor[str], definition: str) -> list[str]:
    """ARNs of the service's tasks of any other definition that have not stopped yet.

    A task that is to stop is listed among those that have (Amazon ECS API Reference, ListTasks, desiredStatus).
    """
    return [
        str(one["taskArn"])
        for status in ("RUNNING", "STOPPED")
        for one in tasks(aws, service, status)
        if one.get("taskDefinitionArn") != definition and one.get("lastStatus") != "STOPPED"
    ]


def tasks(aws: Aws, service: ServiceDescriptor[str], status: str) -> Iterator[Mapping[str, Any]]:
    """The service's tasks that are to be in a state."""
    ecs = aws.client("ecs")
    asked = {"cluster": service.cluster, "serviceName": service.service, "desiredStatus": status}
    for page in _pages(ecs.list_tasks, asked):
        if page.get("taskArns"):
            answer = ecs.describe_tasks(cluster=service.cluster, tasks=page["taskArns"])
            yield from answer.get("tasks", ())


def described(aws: Aws, deployment: Deployment) -> Mapping[str, Any]:
    """Everything ECS says of a deployment."""
    answer = aws.client("ecs").describe_service_deployments(serviceDeploymentArns=[deployment.arn])
    found: Sequence[Mapping[str, Any]] = answer.get("serviceDeployments", ())
    return found[0] if found else NOTHING


def is_first(aws: Aws, deployment: Deployment) -> bool:
    """Whether nothing ran before it: what a service is made with, and which may never come to its end."""
    return not described(aws, deployment).get("sourceServiceRevisions")


def service_of(aws: Aws, service: ServiceDescriptor[str]) -> Mapping[str, Any]:
    """The service as ECS describes it; RefusedError when none is active."""
    answer = aws.client("ecs").describe_services(cluster=service.cluster, services=[service.service])
    for one in answer.get("services", ()):
        if one.get("status", "ACTIVE") == "ACTIVE":
            return one
    raise RefusedError(
        f"service {service.service} in {service.cluster}",
        "there is none that is active",
        "run pulumi up, which makes it, then start the release again",
        "ConfigurationError",
    )


def _deployments(aws: Aws, service: ServiceDescriptor[str]) -> Iterator[Deployment]:
    """In which order they are listed is not documented."""
    ecs = aws.client("ecs")
    asked = {"cluster": service.cluster, "service": service.service, "maxResults": 100}
    listed = [
        one for page in _pages(ecs.list_service_deployments, asked) for one in page["serviceDeployments"]
    ]
    newest = sorted(listed, key=lambda one: one["createdAt"], reverse=True)[:_DESCRIBED]
    definitions = _definitions(ecs, [str(one["targetServiceRevisionArn"]) for one in newest])
    for one in newest:
        yield Deployment(
            arn=str(one["serviceDeploymentArn"]),
            status=str(one["status"]),
            reason=str(one.get("statusReason") or ""),
            definition=definitions.get(str(one["targetServiceRevisionArn"]), ""),
        )


def _definitions(ecs: Any, revisions: Sequence[str]) -> dict[str, str]:
    """Task definitions by the service revisions that have them."""
    if not revisions:
        return {}
    answer = ecs.describe_service_revisions(serviceRevisionArns=list(dict.fromkeys(revisions)))
    return {str(one["serviceRevisionArn"]): str(one["taskDefinition"]) for one in answer["serviceRevisions"]}


def _pages(call: Any, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    token: str | None = ""
    while token is not None:
        answer = call(**asked, **({"nextToken": token} if token else {}))
        yield answer
        token = answer.get("nextToken")
