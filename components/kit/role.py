"""A role with one inline policy: what every component makes for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import iam

from components.kit.json_text import json_text
from documents.limits import check_policy, check_trust
from documents.policy import Statement, document


@dataclass(frozen=True)
class Granted:
    """A role, and the policy that must exist before anyone uses it."""

    role: iam.Role
    policies: list[pulumi.Resource]

    @property
    def arn(self) -> pulumi.Output[str]:
        """The role's ARN."""
        return self.role.arn


def granted_role(  # noqa: PLR0913  (what a role is made of)
    name: str,
    role_name: str,
    trust: dict[str, Any],
    statements: Sequence[Statement],
    inside: pulumi.ResourceOptions,
    *,
    grown_by: str = "delivery:services",
) -> Granted:
    """A role called `role_name` in AWS that may do exactly `statements`; an empty list makes no policy.

    `grown_by` names the settings that make its policies long; RunError when they are longer than IAM takes them.
    """
    role = iam.Role(
        f"{name}-role",
        name=role_name,
        assume_role_policy=json_text(trust, lambda text: check_trust(role_name, text, grown_by)),
        opts=inside,
    )
    if not statements:
        return Granted(role, [])
    policy = iam.RolePolicy(
        f"{name}-policy",
        role=role.name,
        policy=json_text(document(statements), lambda text: check_policy(role_name, text, grown_by)),
        opts=inside,
    )
    return Granted(role, [policy])
