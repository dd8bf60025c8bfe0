"""IAM policy documents as they are declared, and which of them the rehearsal can judge.

AWS documents: IAM/latest/UserGuide/reference_policies_grammar.md, reference_policies_elements_condition_operators.md.
"""

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.errors import StackError

_OPERATOR = re.compile(
    r"(?:For(?:All|Any)Values?:)?"
    r"(?:(?:String(?:Not)?Equals(?:IgnoreCase)?|String(?:Not)?Like|Arn(?:Not)?(?:Equals|Like)|Bool|(?:Not)?IpAddress"
    r"|(?:Numeric|Date)(?:(?:Not)?Equals|(?:Less|Greater)Than(?:Equals)?))(?:IfExists)?|Null)",
    re.IGNORECASE,
)


def listed(value: Any) -> list[Any]:
    """IAM's "one or a list of them" as a list."""
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy document."""
    return listed(document.get("Statement", []))


def aws_principals(statement: Mapping[str, Any]) -> list[str]:
    """The AWS principals that a statement of a trust policy names: ARNs, account numbers, or `*`."""
    principal = statement.get("Principal")
    if principal == "*":
        return ["*"]
    return listed(principal.get("AWS", [])) if isinstance(principal, dict) else []  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]


def everybody_with(role_arn: str) -> tuple[str, str, str]:
    """How a trust policy may name everybody of a role's account."""
    head = ":".join(role_arn.split(":")[:5])
    return "*", role_arn.split(":")[4], f"{head}:root"


def judgeable(document: Mapping[str, Any], where: str) -> None:
    """Refuse a document that the evaluator would silently misread: RehearsalError names it by `where`."""
    if not statements(document):
        raise StackError(where, "a policy document needs at least one Statement", "declare what it allows")
    for statement in statements(document):
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise StackError(
                f"{where} has Effect {statement.get('Effect')!r}",
                "Effect is Allow or Deny",
                "write one of them",
            )
        for operator in statement.get("Condition", {}):
            if not _OPERATOR.fullmatch(operator):
                raise StackError(
                    f"{where} has condition operator {operator!r}",
                    "IAM has no such condition operator",
                    "use one that IAM documents",
                )
        if "${" in repr(statement):
            raise StackError(
                where, "the rehearsal cannot judge policy variables (${...})", "write the value itself"
            )
