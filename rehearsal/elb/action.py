"""The default action that ModifyListener asks for, read and checked.

AWS documents: elasticloadbalancing/latest/APIReference, API_Action, API_ForwardActionConfig, API_TargetGroupTuple (weights from
0 to 999), API_FixedResponseActionConfig; elasticloadbalancing/latest/application/load-balancer-limits (target groups of an action).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.errors import AwsRefusal, RehearsalError

MOST_WEIGHT = 999
MOST_GROUPS = 5
"""Target groups of one action."""

_FIXED = {"StatusCode": "statusCode", "MessageBody": "messageBody", "ContentType": "contentType"}


def forwarded(actions: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Target group ARN → weight of a forward action; empty for a fixed response. AwsRefusal, RehearsalError."""
    action = _only(actions)
    if action["Type"] == "fixed-response":
        return {}
    config: Mapping[str, Any] = action.get("ForwardConfig") or {}
    if (config.get("TargetGroupStickinessConfig") or {}).get("Enabled"):
        raise RehearsalError(
            "a forward action with stickiness", "the rehearsal's listeners keep no cookies", "leave it out"
        )
    groups: Sequence[Mapping[str, Any]] = config.get("TargetGroups") or ()
    alone = action.get("TargetGroupArn")
    if not groups and not alone:
        raise _wrong("a forward action needs a target group")
    if groups and alone and [one.get("TargetGroupArn") for one in groups] != [alone]:
        raise _wrong("TargetGroupArn and ForwardConfig name different target groups: give one of them")
    return _weights(groups) if groups else {str(alone): 1}


def fixed(actions: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """A fixed response, as a program declares one; None for a forward action. AwsRefusal, RehearsalError."""
    action = _only(actions)
    if action["Type"] == "forward":
        return None
    config: Mapping[str, Any] = action.get("FixedResponseConfig") or {}
    if not re.fullmatch(r"[245]\d\d", str(config.get("StatusCode") or "")):
        raise _wrong(
            f"the status code {config.get('StatusCode')!r} of a fixed response is no 2XX, 4XX or 5XX"
        )
    return {_FIXED[name]: str(value) for name, value in config.items() if name in _FIXED}


def _only(actions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(actions) != 1 or actions[0]["Type"] not in {"forward", "fixed-response"}:
        kinds = ", ".join(str(one["Type"]) for one in actions) or "none"
        raise RehearsalError(
            f"default actions of type {kinds}",
            "the rehearsal's listeners have exactly one action, of type forward or fixed-response",
            "give one of these",
        )
    return actions[0]


def _weights(groups: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    if len(groups) > MOST_GROUPS:
        raise AwsRefusal(
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            f"{len(groups)} target groups; {MOST_GROUPS} are taken",
        )
    found: dict[str, int] = {}
    for one in groups:
        arn, weight = str(one.get("TargetGroupArn") or ""), int(one.get("Weight", 1))
        if not arn or arn in found:
            raise _wrong("each target group of a forward action is named, and once")
        if not 0 <= weight <= MOST_WEIGHT:
            raise _wrong(f"the weight {weight} of {arn} is not between 0 and {MOST_WEIGHT}")
        found[arn] = weight
    return found


def _wrong(text: str) -> AwsRefusal:
    return AwsRefusal("ValidationError", text)
