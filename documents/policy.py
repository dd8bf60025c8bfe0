"""IAM policy documents: statements, and who may assume a role."""

from collections.abc import Mapping, Sequence
from typing import Any

Statement = dict[str, Any]
Condition = Mapping[str, Mapping[str, Any]]


def allow(*actions: str, on: Any, when: Condition | None = None) -> Statement:
    """One statement that allows `actions` on one resource or several, optionally under a condition."""
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    if when:
        statement["Condition"] = when
    return statement


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(service: str, when: Condition | None = None) -> dict[str, Any]:
    """Trust policy of a role that an AWS service assumes."""
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if when:
        statement["Condition"] = when
    return document([statement])


def trust_account(service: str, account: str) -> dict[str, Any]:
    """Trust policy of a role that an AWS service assumes on behalf of this account only.

    Against the confused deputy (IAM User Guide, confused-deputy). Only for services whose documents give the condition.
    """
    return trust(service, {"StringEquals": {"aws:SourceAccount": account}})
