"""What ECS tells of a service's deployments: service events, events on the bus, and a line of the timeline for each.

AWS documents: AmazonECS/latest/developerguide/ecs_service_deployment_events, pause-lifecycle-hooks ("EventBridge events"),
service-event-messages-list.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.ecs.deployments.deployment import RunHook, ServiceDeployment, ServiceRevision
from rehearsal.ecs.running_service import Service
from rehearsal.world.cloud import Cloud

Send = Callable[[Mapping[str, Any]], None]
"""Puts an event on the bus."""

_WITHOUT_RESOURCES: list[str] = []


def nobody(event: Mapping[str, Any]) -> None:
    """Nobody listens to the bus."""


@dataclass(frozen=True)
class Events:
    """Tells of one service's deployments."""

    cloud: Cloud
    service: Service
    send: Send

    def begun(self, revision: ServiceRevision, reason: str) -> None:
        """A deployment, or a rollback, is in progress."""
        self._rollout("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", revision, reason)

    def completed(self, revision: ServiceRevision) -> None:
        """The service is steady on a revision."""
        self.service.note(f"(deployment {revision.deployment_id}) deployment completed.")
        self.service.note("has reached a steady state.")
        reason = f"ECS deployment {revision.deployment_id} completed."
        self._rollout("INFO", "SERVICE_DEPLOYMENT_COMPLETED", revision, reason)

    def failed(self, revision: ServiceRevision, reason: str, why: str) -> None:
        """A deployment has failed by `reason`; `why` is what its tasks ended of, for the timeline alone."""
        self.service.note(
            f"(deployment {revision.deployment_id}) deployment failed: {reason.rpartition(': ')[2]}"
        )
        self._rollout("ERROR", "SERVICE_DEPLOYMENT_FAILED", revision, reason)
        if why:
            self.say(why)

    def hook(self, deployment: ServiceDeployment, run: RunHook, name: str) -> None:
        """A pause begins, or has been ended."""
        service = self.service
        detail: dict[str, Any] = {
            "eventType": "INFO",
            "eventName": name,
            "hookId": run.id,
            "hookType": "PAUSE",
            "lifecycleStage": str(run.stage),
            "clusterArn": f"{service.arn.partition(':service/')[0]}:cluster/{service.cluster}",
            "serviceArn": service.arn,
            "serviceDeploymentArn": deployment.arn,
            "updatedAt": _said(datetime.now(UTC)),
        }
        if run.expires is not None:
            detail["expiresAt"] = _said(run.expires)
        self._put("ECS Hook State Change", _WITHOUT_RESOURCES, detail)
        self.say(f"hook {run.id} at {run.stage}: {name}")

    def say(self, message: str) -> None:
        """A line of the timeline."""
        self.cloud.journal.record("ECS", f"service {self.service.name}: {message}")

    def _rollout(self, kind: str, name: str, revision: ServiceRevision, reason: str) -> None:
        detail = {
            "eventType": kind,
            "eventName": name,
            "deploymentId": revision.deployment_id,
            "updatedAt": _said(datetime.now(UTC)),
            "reason": reason,
        }
        self._put("ECS Deployment State Change", [self.service.arn], detail)
        self.say(f"{reason} ({self.cloud.version_of(revision.tasks.image)})")

    def _put(self, kind: str, resources: list[str], detail: Mapping[str, Any]) -> None:
        self.send(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": kind,
                "source": "aws.ecs",
                "account": self.cloud.place.account,
                "time": _said(datetime.now(UTC)),
                "region": self.cloud.place.region,
                "resources": resources,
                "detail": detail,
            }
        )


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
