"""What belongs to whoever moves a service's traffic, from the moment it is made."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """Properties that a rollout changes, so that Pulumi must not set them back."""

    controller: str
    """Deployment controller of the ECS service (Amazon ECS API Reference, DeploymentController)."""
    of_service: Sequence[str]
    """Properties of the ECS service."""
    of_listeners: Sequence[str]
    """Properties of its listeners."""
