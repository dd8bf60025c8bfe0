"""Where production and test traffic of a service go, and who is live: read from the rules, never from what was declared.

AWS documents: AmazonECS/latest/developerguide, troubleshooting-blue-green ("Load balancer configuration issues", whose words these
are), alb-resources-for-blue-green. That ECS deploys into the group without weight, and leaves both rules as forwards by weight, its
users report (docs/fidelity.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.traffic_shift import ALL
from rehearsal.ecs.registration import Entry
from rehearsal.elb.service import LoadBalancers

_TENTHS = 10
_MOST = 999


class RoutesInvalid(Exception):
    """The rules are not what a deployment needs; the text is ECS's own."""


@dataclass(frozen=True)
class Route:
    """One of a service's load balancers."""

    entry: Entry
    alternate: str
    production: str
    """ARN of the production rule."""
    test: str
    """ARN of the test rule; empty when there is none."""
    role: str
    """ARN of the infrastructure role."""

    @property
    def groups(self) -> tuple[str, str]:
        """The two target groups."""
        return self.entry.target_group, self.alternate

    def other(self, group: str) -> str:
        """The one that this is not."""
        first, second = self.groups
        return second if group == first else first


def routes_of(balancers: Sequence[Mapping[str, Any]]) -> list[Route]:
    """The load balancers of a service by which ECS moves traffic, as it has them now."""
    found: list[Route] = []
    for one in balancers:
        advanced: Mapping[str, Any] = one.get("advancedConfiguration") or {}
        if advanced:
            entry = Entry(str(one["targetGroupArn"]), str(one["containerName"]), int(one["containerPort"]))
            names = ("alternateTargetGroupArn", "productionListenerRule", "testListenerRule", "roleArn")
            found.append(Route(entry, *(str(advanced.get(name) or "") for name in names)))
    return found


def live(load_balancers: LoadBalancers, route: Route) -> str:
    """ARN of the target group that production traffic goes to; RoutesInvalid."""
    weights = _weights(load_balancers, route.production)
    serving = [group for group, weight in weights.items() if weight > 0]
    if len(serving) != 1:
        raise RoutesInvalid(
            f". productionListenerRule {route.production} should have exactly one target group serving traffic but found "
            f"{len(serving)} target groups which are serving traffic"
        )
    if serving[0] not in route.groups:
        raise RoutesInvalid(
            f". Production listener rule is forwarding traffic to unexpected target group {serving[0]}. Expected traffic to be "
            f"forwarded to either targetGroupArn: {route.entry.target_group} or alternateTargetGroupArn: {route.alternate}"
        )
    test = _weights(load_balancers, route.test) if route.test else {}
    if not route.test and not set(route.groups) <= set(weights):
        raise RoutesInvalid(
            ": For Application LoadBalancer, testListenerRule is required when productionListenerRule is not associated with both "
            "targetGroup and alternateTargetGroup"
        )
    for group in route.groups:
        if group not in weights and group not in test:
            raise RoutesInvalid(
                f": Target group {group} is not associated with either productionListenerRule or testListenerRule."
            )
    return serving[0]


def free(load_balancers: LoadBalancers, route: Route) -> str:
    """ARN of the target group that the next revision goes to; the alternate one where the rules do not say."""
    try:
        return route.other(live(load_balancers, route))
    except RoutesInvalid:
        return route.alternate


def weights(new: str, old: str, percent: float) -> dict[str, int]:
    """Weights that send so much to `new`; tenths of a percent need greater numbers, of which 999 is the greatest."""
    if float(percent).is_integer():
        return {new: int(percent), old: ALL - int(percent)}
    tenths = round(percent * _TENTHS)
    return {new: tenths, old: min(ALL * _TENTHS - tenths, _MOST)}


def _weights(load_balancers: LoadBalancers, rule: str) -> Mapping[str, int]:
    try:
        return load_balancers.weights(rule)
    except LookupError as missing:
        raise RoutesInvalid(f". One or more rules not found: {rule}") from missing
