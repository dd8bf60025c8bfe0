"""What a listener or one of its rules does with a request, read and checked.

AWS documents: elasticloadbalancing/latest/APIReference, API_Action, API_ForwardActionConfig, API_TargetGroupTuple (weights from
0 to 999), API_FixedResponseActionConfig, API_RedirectActionConfig; elasticloadbalancing/latest/application/load-balancer-limits
(target groups of an action); rule-action-types (what a redirect changes, and its reserved keywords).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.declared_blocks import block, blocks

MOST_WEIGHT = 999
MOST_GROUPS = 5
"""Target groups of one action."""

KEPT = {
    "Protocol": "#{protocol}",
    "Host": "#{host}",
    "Port": "#{port}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
"""What a redirect has where it says nothing: the request's own."""

_FIXED = ("StatusCode", "MessageBody", "ContentType")
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
_KINDS = ("forward", "fixed-response", "redirect")


@dataclass(frozen=True)
class Action:
    """One of the three: groups by weight, a fixed response, or a redirect."""

    weights: Mapping[str, int] = field(default_factory=dict[str, int])
    """Target group ARN → weight, in declared order."""
    fixed: Mapping[str, str] | None = None
    """Members of FixedResponseConfig."""
    redirect: Mapping[str, str] | None = None
    """Members of RedirectConfig, all of them."""

    def __str__(self) -> str:
        """What it does, of what is no forward; whoever knows the groups tells their shares."""
        if self.fixed is not None:
            return f"answers {self.fixed['StatusCode']} to everything"
        if self.redirect is not None:
            return f"redirects to {self.redirect['Protocol']} on port {self.redirect['Port']}"
        return "forwards"


def read(actions: Sequence[Mapping[str, Any]]) -> Action:
    """Actions in the API's shape. AwsRefusal for what ELB refuses, RehearsalError for what is not played."""
    action = _only(actions)
    if action["Type"] == "fixed-response":
        return Action(fixed=_fixed(action.get("FixedResponseConfig") or {}))
    if action["Type"] == "redirect":
        return Action(redirect=_redirect(action.get("RedirectConfig") or {}))
    return Action(_forwarded(action))


def declared(actions: Any) -> list[dict[str, Any]]:
    """Declared actions in the API's shape."""
    return [_declared(one) for one in blocks(actions)]


def expect_no_loop(action: Action, protocol: str, port: str) -> None:
    """AwsRefusal for a redirect that a listener would answer for ever, or that leaves HTTPS.

    Protocol and port are the listener's; empty where nobody here knows them.
    """
    if action.redirect is None:
        return
    own = {"Protocol": {KEPT["Protocol"], protocol}, "Port": {KEPT["Port"], port}}
    if all(action.redirect[name] in own.get(name, {kept}) for name, kept in KEPT.items() if name != "Query"):
        raise AwsRefusal(
            "InvalidLoadBalancerAction",
            "The redirect configuration is not valid because it creates a loop.",
        )
    if (protocol, action.redirect["Protocol"]) == ("HTTPS", "HTTP"):
        raise _wrong("You cannot redirect from HTTPS to HTTP")


def _only(actions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(actions) != 1 or actions[0]["Type"] not in _KINDS:
        kinds = ", ".join(str(one["Type"]) for one in actions) or "none"
        raise RehearsalError(
            f"actions of type {kinds}",
            f"the rehearsal's listeners and rules have exactly one action, of type {', '.join(_KINDS)}",
            "give one of these",
        )
    return actions[0]


def _forwarded(action: Mapping[str, Any]) -> dict[str, int]:
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


def _fixed(config: Mapping[str, Any]) -> dict[str, str]:
    if not re.fullmatch(r"[245]\d\d", str(config.get("StatusCode") or "")):
        raise _wrong(
            f"the status code {config.get('StatusCode')!r} of a fixed response is no 2XX, 4XX or 5XX"
        )
    kind = config.get("ContentType")
    if kind and kind not in _CONTENT_TYPES:
        raise _wrong(f"the content type {kind!r} of a fixed response is none of {', '.join(_CONTENT_TYPES)}")
    return {name: str(config[name]) for name in _FIXED if config.get(name) is not None}


def _redirect(config: Mapping[str, Any]) -> dict[str, str]:
    found = {name: str(config.get(name) or kept) for name, kept in KEPT.items()}
    port = found["Port"]
    if port != KEPT["Port"] and not (port.isdecimal() and 1 <= int(port) <= 65_535):  # noqa: PLR2004
        raise _wrong(f"the port {port!r} of a redirect is neither between 1 and 65535 nor #{{port}}")
    if not found["Path"].startswith("/"):
        raise _wrong(f"the path {found['Path']!r} of a redirect does not start with /")
    if "Query" in config:  # an empty one takes the query away
        found["Query"] = str(config["Query"] or "")
    return {**found, "StatusCode": str(config.get("StatusCode") or "")}


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


def _declared(action: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"Type": str(action.get("type"))}
    forward = block(action.get("forward"))
    groups = [
        {"TargetGroupArn": one["arn"], "Weight": int(1 if one.get("weight") is None else one["weight"])}
        for one in blocks(forward.get("targetGroups"))
    ]
    sticky = block(forward.get("stickiness"))
    if groups:
        told["ForwardConfig"] = {
            "TargetGroups": groups,
            "TargetGroupStickinessConfig": {"Enabled": bool(sticky.get("enabled"))},
        }
    if action.get("targetGroupArn"):
        told["TargetGroupArn"] = action["targetGroupArn"]
    for name, config in (("fixedResponse", "FixedResponseConfig"), ("redirect", "RedirectConfig")):
        if action.get(name):
            members = block(action[name])
            told[config] = {
                f"{member[0].upper()}{member[1:]}": value
                for member, value in members.items()
                if value is not None
            }
    return told


def _wrong(text: str) -> AwsRefusal:
    return AwsRefusal("ValidationError", text)
