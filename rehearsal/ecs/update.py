"""What UpdateService may change of a service, by its deployment controller.

AWS document: AmazonECS/latest/APIReference/API_UpdateService; the words are ECS's own, as its users report them.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.ecs.service import INVALID, Service
from rehearsal.errors import AwsRefusal, RehearsalError

PLAYED = {"desiredCount", "healthCheckGracePeriodSeconds"}
"""Members whose change shows here."""

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


def expect_updatable(service: Service, asked: Mapping[str, Any]) -> None:
    """AwsRefusal for what AWS does not change, RehearsalError for what it does and nothing here shows."""
    others = [name for name, value in asked.items() if name not in _NAMES | PLAYED and value is not None]
    others = [name for name in others if (name, asked[name]) != ("forceNewDeployment", False)]
    if service.controller == "CODE_DEPLOY":
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
            f"the rehearsal plays it for {' and '.join(sorted(PLAYED))}",
            "change the rest in the program",
        )
    if int(asked.get("desiredCount") or 0) < 0:
        raise AwsRefusal(INVALID, "desiredCount cannot be negative.")
