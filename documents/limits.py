"""How large AWS takes what is rendered here; each check names the setting that made it grow."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Limit:
    """How much a service takes of something."""

    service: str
    most: int
    unit: str


POLICY = Limit("IAM", 10_240, "characters")
"""All inline policies of a role, white space not counted (IAM User Guide, reference_iam-quotas)."""

TRUST = Limit("IAM", 2048, "characters")
"""A role's trust policy, unless AWS raised it for the account (IAM User Guide, reference_iam-quotas)."""

TASK_DEFINITION = Limit("ECS", 65_536, "bytes")
"""AWS General Reference, ecs-service, Task definition size."""

PARAMETER = Limit("Systems Manager", 8192, "bytes")
"""The value of an advanced parameter (Systems Manager API Reference, PutParameter)."""


VARIABLE = Limit("Linux", 131_071, "bytes")
"""A variable's name, equals sign and value, as any program is started with it (execve(2), MAX_ARG_STRLEN)."""

LONGEST_REPOSITORY = 256
"""Characters of a repository's name (Amazon ECR API Reference, CreateRepository)."""


class LimitError(ValueError):
    """Something rendered is larger than AWS takes it."""


def check_policy(role: str, text: str, grown_by: str) -> None:
    """Raise LimitError when a role's policy is longer than IAM takes it."""
    _refuse(f"the policy of role {role}", _compact(text), POLICY, grown_by)


def check_trust(role: str, text: str, grown_by: str) -> None:
    """Raise LimitError when a role's trust policy is longer than IAM takes it."""
    _refuse(f"the trust policy of role {role}", _compact(text), TRUST, grown_by)


def check_task_definition(definition: Mapping[str, Any], grown_by: str) -> None:
    """Raise LimitError when a task definition, placeholders filled, is larger than ECS takes it."""
    size = len(json.dumps(definition, separators=(",", ":")).encode())
    _refuse(f"the task definition {definition.get('family')}", size, TASK_DEFINITION, grown_by)


def check_parameter(name: str, text: str, grown_by: str) -> None:
    """Raise LimitError when a parameter's value is larger than Systems Manager takes it."""
    _refuse(f"the parameter {name}", len(text.encode()), PARAMETER, grown_by)


def check_variable(name: str, value: str, grown_by: str) -> None:
    """Raise LimitError when no program can be started with an environment variable of this name and value."""
    _refuse(f"the variable {name}", len(f"{name}={value}".encode()), VARIABLE, grown_by)


def _compact(text: str) -> int:
    """Length without the white space between a document's parts."""
    return len(json.dumps(json.loads(text), separators=(",", ":")))


def _refuse(what: str, size: int, limit: Limit, grown_by: str) -> None:
    if size > limit.most:
        raise LimitError(
            f"{grown_by}: {what} has {size} {limit.unit} with everything these settings make; "
            f"{limit.service} takes {limit.most}: shorten or drop some of them"
        )
