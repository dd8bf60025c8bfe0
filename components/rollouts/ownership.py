"""What belongs to whoever moves a service, from the moment it is made, and what the service is made with for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """Properties that a rollout changes, so that Pulumi must not set them back."""

    controller: str
    """Deployment controller of the ECS service (Amazon ECS API Reference, DeploymentController)."""
    of_service: Sequence[str]
    """Properties of the ECS service."""
    of_listeners: Sequence[str]
    """Properties of its listeners."""
    of_rules: Sequence[str] = ()
    """Properties of the rules by which its traffic comes; none where nobody moves them."""
    needs_rule: bool = False
    """Whether traffic moves by a rule on a listener of the service's own too."""


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What an ECS service is made with so that it can be moved."""

    arguments: Mapping[str, Any]
    """Arguments of `aws.ecs.Service`."""
    before: Sequence[pulumi.Resource] = ()
    """What must be there before it."""
