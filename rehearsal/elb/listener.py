"""A listener: the entrance it serves, and the rules by which it answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aiohttp import web

from documents.listener_rules import Conditions
from rehearsal.elb import action, condition
from rehearsal.elb.action import Action
from rehearsal.elb.proxy import IDLE, Entrance
from rehearsal.elb.rule import Rule, default_rule_arn
from rehearsal.errors import AwsRefusal
from rehearsal.world.cloud import Declared

ELSEWHERE = Action(
    fixed={
        "StatusCode": "404",
        "ContentType": "text/plain",
        "MessageBody": "no rule of this stack is for this request",
    }
)
"""What stands for the rules of a listener that others own: nobody here knows them."""


@dataclass
class Listener:
    """One listener, and where its rules send requests now."""

    arn: str
    entrance: Entrance
    default: Rule
    rules: dict[str, Rule] = field(default_factory=dict[str, Rule])
    """By ARN, without the default one."""
    port: int = 0
    """Loopback port."""
    runner: web.ServerRunner | None = None

    @property
    def ordered(self) -> list[Rule]:
        """Every rule, in the order in which they are tried; the default one is last."""
        return sorted([*self.rules.values(), self.default], key=lambda rule: rule.order)

    def rule_for(self, request: condition.Request) -> Rule:
        """The rule that a request is for."""
        return next(rule for rule in self.ordered if rule.takes(request))

    def expect_free(self, priorities: Iterable[int], *, beside: Iterable[str] = ()) -> None:
        """AwsRefusal when one of the priorities is taken by a rule that is not `beside` (ARNs)."""
        moved = set(beside)
        taken = {rule.priority for arn, rule in self.rules.items() if arn not in moved}
        for priority in priorities:
            if priority in taken:
                raise AwsRefusal("PriorityInUse", f"Priority '{priority}' is currently in use")


def listener_of(declared: Declared, idle: float = IDLE) -> Listener:
    """Read a declared listener, which `rehearsal.elb.kinds` has let through; `idle` is its load balancer's timeout in seconds."""
    protocol, port = str(declared.inputs.get("protocol") or "HTTP"), int(declared.inputs.get("port") or 80)
    entrance = Entrance(protocol, port, idle)
    default = action.read(action.declared(declared.inputs.get("defaultActions")))
    return Listener(declared.arn, entrance, _default(declared.arn, default))


def elsewhere(arn: str) -> Listener:
    """A listener that the stack only has rules on: taken for HTTPS on its port, which is what such a listener is nearly always."""
    return Listener(arn, Entrance("HTTPS", 443), _default(arn, ELSEWHERE))


def rule_of(declared: Declared) -> Rule:
    """Read a declared rule, which `rehearsal.elb.kinds` has let through."""
    inputs = declared.inputs
    return Rule(
        declared.arn,
        int(declared.outputs["priority"]),
        condition.read(condition.declared(inputs.get("conditions"))),
        action.read(action.declared(inputs.get("actions"))),
    )


def _default(listener: str, does: Action) -> Rule:
    return Rule(default_rule_arn(listener), None, Conditions(), does)
