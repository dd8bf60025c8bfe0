"""What UpdateService may change of a service, by its deployment controller, and what it makes of it.

AWS document: AmazonECS/latest/APIReference/API_UpdateService (which members begin a deployment); the words are ECS's own, as its
users report them.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.ecs.deployments import hooks, rules
from rehearsal.ecs.making import INVALID
from rehearsal.ecs.running_service import CODE_DEPLOY, Service
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud

PLAYED = {"desiredCount", "healthCheckGracePeriodSeconds"}
"""Members whose change shows here, whoever deploys."""

BY_ECS = PLAYED | {
    "taskDefinition",
    "forceNewDeployment",
    "networkConfiguration",
    "loadBalancers",
    "deploymentConfiguration",
}
"""The same of a service that ECS deploys itself."""

_NAMES = {"cluster", "service"}

_TAKEN = {
    "deploymentConfiguration",
    "placementConstraints",
    "placementStrategy",
    "enableECSManagedTags",
    "propagateTags",
}
"""Other members that AWS changes under CODE_DEPLOY."""

_SAID = {
    "taskDefinition": "task definition",
    "loadBalancers": "load balancers",
    "networkConfiguration": "network parameters",
    "platformVersion": "platform version",
    "forceNewDeployment": "force new deployment",
}

_ADVANCED = {"earlySuccessCriteria"}
"""Members of a deployment configuration that are not played."""


def expect_updatable(cloud: Cloud, service: Service, asked: Mapping[str, Any]) -> None:
    """AwsRefusal for what AWS does not change, RehearsalError for what it does and nothing here shows."""
    by_codedeploy = service.controller == CODE_DEPLOY
    played = PLAYED if by_codedeploy else BY_ECS
    others = [name for name, value in asked.items() if name not in _NAMES | played and value is not None]
    others = [name for name in others if (name, asked[name]) != ("forceNewDeployment", False)]
    if by_codedeploy:
        for name in others:
            if name not in _TAKEN:
                raise AwsRefusal(
                    INVALID,
                    f"Unable to update {_SAID.get(name, name)} on services with a CODE_DEPLOY deployment controller. "
                    "Use AWS CodeDeploy to trigger a new deployment.",
                )
    if others:
        raise RehearsalError(
            f"UpdateService with {', '.join(others)}",
            f"the rehearsal plays it for {' and '.join(sorted(played))}",
            "change the rest in the program",
        )
    if int(asked.get("desiredCount") or 0) < 0:
        raise AwsRefusal(INVALID, "desiredCount cannot be negative.")
    _expect_deployable(cloud, service, asked)


def _expect_deployable(cloud: Cloud, service: Service, asked: Mapping[str, Any]) -> None:
    configuration: Mapping[str, Any] = asked.get("deploymentConfiguration") or {}
    if unknown := sorted(_ADVANCED & set(configuration)):
        raise RehearsalError(
            f"deploymentConfiguration.{unknown[0]}", "the rehearsal does not play it", "leave it out"
        )
    balancers = service.balancers if asked.get("loadBalancers") is None else asked["loadBalancers"]
    changed = changed_configuration(service, configuration)
    if wrong := rules.refusal(changed, balancers):
        raise AwsRefusal(INVALID, wrong)
    hooks.expect_played(cloud, changed)


def changed_configuration(service: Service, given: Mapping[str, Any]) -> dict[str, Any]:
    """A service's deployment configuration with what is given of it: members that are left out stay."""
    return {**service.configuration, **given}


def apply(service: Service, asked: Mapping[str, Any]) -> bool:
    """Change what a service's next deployment is made of; whether that takes a deployment."""
    before = service.network, list(service.balancers)
    if asked.get("healthCheckGracePeriodSeconds") is not None:
        service.grace = float(asked["healthCheckGracePeriodSeconds"])
    if asked.get("deploymentConfiguration"):
        service.configuration = changed_configuration(service, asked["deploymentConfiguration"])
    network: Mapping[str, Any] = (asked.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if network:
        service.network = {"securityGroups": [], "assignPublicIp": "DISABLED", **network}
    if asked.get("loadBalancers") is not None:
        service.balancers = list(asked["loadBalancers"])
    return bool(asked.get("forceNewDeployment")) or before != (service.network, list(service.balancers))
