"""A listener: the entrance it serves, and the weights by which it forwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from rehearsal.elb.proxy import Entrance
from rehearsal.world.cloud import Declared
from rehearsal.world.declared_blocks import block, blocks


@dataclass
class Listener:
    """One declared listener, and where it forwards now."""

    arn: str
    entrance: Entrance
    weights: dict[str, int]
    """Target group ARN → weight of the default forward action, in declared order."""
    fixed: Mapping[str, Any] | None = None
    """A `fixed-response` default action."""
    port: int = 0
    """Loopback port."""
    runner: web.ServerRunner | None = None
    credit: dict[str, int] = field(default_factory=dict[str, int])

    def group(self) -> str | None:
        """The target group of the next request; smooth weighted round robin, so shares are exact.

        A group with weight 0 gets nothing, and an empty or unhealthy group is *not* replaced by another
        (elasticloadbalancing/latest/application/load-balancer-listeners, "Forward actions").
        """
        able = {arn: weight for arn, weight in self.weights.items() if weight > 0}
        if not able:
            return None
        for arn, weight in able.items():
            self.credit[arn] = self.credit.get(arn, 0) + weight
        chosen = max(able, key=lambda arn: self.credit[arn])
        self.credit[chosen] -= sum(able.values())
        return chosen


def listener_of(declared: Declared) -> Listener:
    """Read a declared listener; ValueError for a default action that is not played."""
    entrance = Entrance(
        str(declared.inputs.get("protocol") or "HTTP"), int(declared.inputs.get("port") or 80)
    )
    action = block(declared.inputs.get("defaultActions"))
    if action.get("type") == "fixed-response":
        return Listener(declared.arn, entrance, {}, block(action.get("fixedResponse")))
    if action.get("type") != "forward":
        raise ValueError(
            f"listener {declared.name} has a default action of type {action.get('type')!r}; the rehearsal "
            "serves 'forward' and 'fixed-response': declare one of them"
        )
    return Listener(declared.arn, entrance, _forward_weights(action))


def _forward_weights(action: Mapping[str, Any]) -> dict[str, int]:
    groups = blocks(block(action.get("forward")).get("targetGroups"))
    if groups:
        return {group["arn"]: int(1 if group.get("weight") is None else group["weight"]) for group in groups}
    return {action["targetGroupArn"]: 1}
