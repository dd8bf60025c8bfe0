"""The decision over one call by policies that are at hand: ministack's policy evaluator, used as a library.

AWS document: IAM/latest/UserGuide/reference_policies_evaluation-logic.md (order of the decision).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ministack.core.iam_evaluator import EvalContext, ParsedStatement, evaluate, parse_policy_document

from rehearsal.identity.policy_documents import aws_principals, listed


def question(role_arn: str, action: str, resource: str, context: Mapping[str, Any]) -> EvalContext:
    """Whether the role may do this there; `context` holds condition keys in any case."""
    keys = {key.lower(): value for key, value in context.items()}
    keys.setdefault("aws:tagkeys", None)  # a request without tags has no such key, so `Null` must see none
    region = resource.split(":")[3] if resource.count(":") >= 5 else ""  # noqa: PLR2004  (an ARN has six parts)
    return EvalContext(
        # aws:PrincipalArn of a session is its role's ARN, not the session's.
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=role_arn.split(":")[4],
        action=action,
        resource_arn=resource,
        region=str(keys.get("aws:requestedregion", region)),
        secure_transport=True,  # AWS's endpoints take TLS only; ours stands for them
        service_context=keys,
    )


def decide(asked: EvalContext, policies: list[list[ParsedStatement]]) -> str:
    """`Allow`, `Deny` when a statement denies, or `ImplicitDeny`."""
    return evaluate(asked, policies).decision


def decide_trust(asked: EvalContext, trust: Sequence[Mapping[str, Any]], principals: Sequence[str]) -> str:
    """What those statements of a trust policy decide that name one of these AWS principals."""
    about = [one for one in trust if set(principals) & set(aws_principals(one))]
    return decide(asked, [parse_policy_document({"Statement": about})])


def decide_for(asked: EvalContext, trust: Sequence[Mapping[str, Any]], kind: str, principal: str) -> str:
    """What those statements of a trust policy decide that name this principal of a kind (`Service`, `Federated`)."""
    about = [one for one in trust if _names(one.get("Principal"), kind, principal)]
    return decide(asked, [parse_policy_document({"Statement": about})])


def _names(principal: Any, kind: str, value: str) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, dict) and value in listed(principal.get(kind, []))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
