"""IAM policy documents: statements, and who may assume a role."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from documents.nested import is_list, is_map

Statement = dict[str, Any]
Condition = Mapping[str, Mapping[str, Any]]


def allow(*actions: str, on: Any, when: Condition | None = None) -> Statement:
    """One statement that allows `actions` on one resource or several, optionally under a condition."""
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    if when:
        statement["Condition"] = when
    return statement


def merged(statements: Sequence[Statement]) -> list[Statement]:
    """The same permissions in fewer statements: those that differ by their resources only become one.

    IAM allows what any statement allows, so an action on two resources may be said in one statement or in two (IAM User Guide,
    reference_policies_evaluation-logic); all inline policies of a role together have 10,240 characters (reference_iam-quotas).
    """
    folded: dict[Any, list[Statement]] = {}
    for statement in statements:
        folded.setdefault(_same({**statement, "Resource": None}), []).append(statement)
    return [_folded(alike) for alike in folded.values()]


def _folded(alike: Sequence[Statement]) -> Statement:
    """One statement on the resources of all of these, each once."""
    [first, *others] = alike
    if not others or "Resource" not in first:
        return first
    every = {_same(one): one for statement in alike for one in _listed(statement["Resource"])}
    resources = list(every.values())
    return {**first, "Resource": resources if len(resources) > 1 else resources[0]}


def _listed(value: Any) -> Sequence[Any]:
    return value if is_list(value) else [value]


def _same(value: Any) -> Any:
    """What two values have in common when they are equal; a value that is known later equals itself alone."""
    if is_map(value):
        return tuple(sorted((key, _same(inner)) for key, inner in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_same(inner) for inner in cast("Sequence[Any]", value))
    known = value is None or isinstance(value, str | int | float)
    return (type(value), value if known else id(value))


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
