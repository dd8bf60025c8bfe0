"""Whether ECS would take a deployment of the services it moves itself, and watch over it."""

from collections.abc import Iterator

from documents.descriptor import ServiceDescriptor
from release import service_deployments
from release.deployments import in_alarm
from release.findings import Finding, Note, Refusal, RefusedError, Wait
from release.service_deployments import GOING_BACK, Deployment
from release.subject import Subject


def unready(subject: Subject) -> Iterator[Finding]:
    """Services that are not there or not ECS's, deployments under way, and alarms that ECS would not heed."""
    for service in subject.stack.services.values():
        if service.deployment is not None:
            continue
        try:
            seen = service_deployments.seen(subject.aws, service)
        except RefusedError as refused:
            yield refused.refusal
            continue
        for deployment in seen.deployments:
            if deployment.ongoing and not service_deployments.is_first(subject.aws, deployment):
                yield _in_the_way(service, deployment)
        for alarm in in_alarm(subject, seen.alarms):
            yield Note(_unheeded(service, alarm))


def _in_the_way(service: ServiceDescriptor[str], deployment: Deployment) -> Finding:
    """ECS stops a deployment when another one is asked for (Amazon ECS Developer Guide, service-deployment)."""
    refusal = Refusal(
        f"deployment {deployment.name}",
        f"it is {deployment.status}, and this release would stop it",
        f"let it end, or end it (aws ecs stop-service-deployment --service-deployment-arn {deployment.arn}), then start the "
        "release again; nothing was migrated",
    )
    if deployment.status in GOING_BACK:
        return Wait(f"waiting for {deployment.name}, which takes {service.service} back", refusal)
    return refusal


def _unheeded(service: ServiceDescriptor[str], alarm: str) -> str:
    """ECS lets a fix through (Amazon ECS Developer Guide, deployment-alarm-failure), and so does the check."""
    return (
        f"alarm {alarm} is in ALARM, so ECS heeds none of the alarms of {service.service} for the whole of this deployment: "
        "watch it yourself"
    )
