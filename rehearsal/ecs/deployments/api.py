"""ECS's API for service deployments and service revisions.

AWS documents: AmazonECS/latest/APIReference, a page for each operation; AmazonECS/latest/developerguide, stop-service-deployment,
continue-service-deployment.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rehearsal.ecs.deployments import shapes
from rehearsal.ecs.deployments.deployment import HookStatus, ServiceDeployment, ServiceRevision, Status
from rehearsal.ecs.making import INVALID
from rehearsal.ecs.permissions import on_revisions, on_service, on_service_deployment, on_service_deployments
from rehearsal.ecs.running_service import ECS, Service
from rehearsal.ecs.service import EcsServices
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.errors import AwsRefusal

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

_PAGES = Paging(100, wrong=INVALID, said="Invalid token.", usual=20)
_MOST = 20
"""Service deployments, or revisions, of one description."""


_T = TypeVar("_T", ServiceDeployment, ServiceRevision)


class ServiceDeploymentsApi:
    """The operations on what ECS deploys itself."""

    def __init__(self, services: EcsServices) -> None:
        """Answer for these services."""
        self._services = services

    @operation(on_service)
    def list_service_deployments(self, asked: Asked) -> Answered:
        """API_ListServiceDeployments, newest first."""
        service = self._named(asked)
        within: Mapping[str, Any] = asked.get("createdAt") or {}
        statuses = asked.get("status") or list(Status)
        found = [
            shapes.brief(service, one)
            for one in reversed(service.deployments)
            if str(one.status) in statuses
            and not (within.get("before") and one.created >= within["before"])
            and not (within.get("after") and one.created <= within["after"])
        ]
        return _PAGES.page(asked, "serviceDeployments", found)

    @operation(on_service_deployments)
    def describe_service_deployments(self, asked: Asked) -> Answered:
        """API_DescribeServiceDeployments."""
        found, failures = self._find(asked["serviceDeploymentArns"], lambda one: one.deployments)
        return {
            "serviceDeployments": [shapes.deployment(service, one) for service, one in found],
            "failures": failures,
        }

    @operation(on_revisions)
    def describe_service_revisions(self, asked: Asked) -> Answered:
        """API_DescribeServiceRevisions."""
        found, failures = self._find(asked["serviceRevisionArns"], lambda one: one.revisions)
        return {
            "serviceRevisions": [shapes.revision(service, one) for service, one in found],
            "failures": failures,
        }

    @operation(on_service_deployment)
    def stop_service_deployment(self, asked: Asked) -> Answered:
        """API_StopServiceDeployment: what ran before comes back; one that stops or rolls back already goes on doing so."""
        _, deployment = self._deployment(asked)
        if asked.get("stopType") not in {None, "ROLLBACK"}:
            raise AwsRefusal(
                INVALID, f"stopType {asked['stopType']} is not supported. The valid values are ROLLBACK."
            )
        if deployment.status.is_final:
            raise AwsRefusal(
                "ConflictException",
                f"The service deployment {deployment.arn} cannot be stopped because it is {deployment.status}.",
            )
        deployment.ask_to_roll_back()
        return {"serviceDeploymentArn": deployment.arn}

    @operation(on_service_deployment)
    def continue_service_deployment(self, asked: Asked) -> Answered:
        """API_ContinueServiceDeployment: a pause ends, and the deployment goes on or is rolled back."""
        _, deployment = self._deployment(asked)
        waiting = [run for run in deployment.hooks if run.status is HookStatus.AWAITING_ACTION]
        run = next((one for one in waiting if one.id == asked["hookId"]), None)
        if run is None:
            there = ", ".join(one.id for one in waiting) or "none"
            raise AwsRefusal(
                INVALID,
                f"Hook {asked['hookId']} of {deployment.arn} does not wait for an action; those that do: {there}.",
            )
        run.rolls_back = asked.get("action") == "ROLLBACK"
        run.decided.set()
        return {"serviceDeploymentArn": deployment.arn}

    def _deployment(self, asked: Asked) -> tuple[Service, ServiceDeployment]:
        arn = str(asked["serviceDeploymentArn"])
        for service in self._services.all():
            for one in service.deployments:
                if one.arn == arn:
                    return service, one
        raise AwsRefusal("ServiceDeploymentNotFoundException", "Service deployment not found.")

    def _find(
        self, arns: Sequence[str], of: Callable[[Service], Sequence[_T]]
    ) -> tuple[list[tuple[Service, _T]], list[dict[str, str]]]:
        """What is named, in the order asked, and what there is not."""
        if not 1 <= len(arns) <= _MOST:
            raise AwsRefusal(
                INVALID, f"Between 1 and {_MOST} ARNs can be described at a time, and not {len(arns)}."
            )
        there = {one.arn: (service, one) for service in self._services.all() for one in of(service)}
        missing = [{"arn": str(arn), "reason": "MISSING"} for arn in arns if arn not in there]
        return [there[str(arn)] for arn in arns if arn in there], missing

    def _named(self, asked: Asked) -> Service:
        cluster, name = (
            str(asked.get(key) or "default").rpartition("/")[2] for key in ("cluster", "service")
        )
        mine = [one for one in self._services.all() if one.cluster == cluster]
        if not mine:
            raise AwsRefusal("ClusterNotFoundException", "Cluster not found.")
        found = next((one for one in mine if one.name == name), None)
        if found is None:
            raise AwsRefusal("ServiceNotFoundException", "Service not found.")
        if found.controller != ECS:
            raise AwsRefusal(
                "UnsupportedFeatureException",
                f"Service deployments are those of services with an ECS deployment controller; {name} has {found.controller}.",
            )
        return found
