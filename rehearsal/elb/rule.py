"""One rule of a listener: whom it is for, and where it sends them now. The default action is a rule too, without conditions.

AWS document: elasticloadbalancing/latest/application/listener-rules (rules are tried by priority, the lowest number first).
"""

from dataclasses import dataclass, field

from documents.listener_rules import HIGHEST_PRIORITY, Conditions
from rehearsal.elb.action import Action
from rehearsal.elb.condition import Request, meets


def default_rule_arn(listener: str) -> str:
    """ARN of a listener's default rule, which is one of its rules."""
    return f"{listener.replace(':listener/', ':listener-rule/')}/{listener.rpartition('/')[2]}"


def listener_of_rule(rule: str) -> str:
    """ARN of the listener that a rule belongs to."""
    return rule.rpartition("/")[0].replace(":listener-rule/", ":listener/")


@dataclass
class Rule:
    """One rule, and where it forwards now."""

    arn: str
    priority: int | None
    """None for the default rule, which comes last."""
    conditions: Conditions
    action: Action
    _credit: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def is_default(self) -> bool:
        """Whether it is the listener's default action."""
        return self.priority is None

    @property
    def listener(self) -> str:
        """ARN of its listener."""
        return listener_of_rule(self.arn)

    @property
    def order(self) -> int:
        """When it is tried."""
        return HIGHEST_PRIORITY + 1 if self.priority is None else self.priority

    def takes(self, request: Request) -> bool:
        """Whether a request is for this rule."""
        return self.is_default or meets(request, self.conditions)

    def act(self, action: Action) -> None:
        """Do something else from the next request on."""
        self.action, self._credit = action, {}

    def group(self) -> str | None:
        """The target group of the next request; smooth weighted round robin, so shares are exact.

        A group with weight 0 gets nothing, and an empty or unhealthy group is *not* replaced by another
        (elasticloadbalancing/latest/application/load-balancer-listeners, "Forward actions").
        """
        able = {arn: weight for arn, weight in self.action.weights.items() if weight > 0}
        if not able:
            return None
        for arn, weight in able.items():
            self._credit[arn] = self._credit.get(arn, 0) + weight
        chosen = max(able, key=lambda arn: self._credit[arn])
        self._credit[chosen] -= sum(able.values())
        return chosen
