"""The rules of listeners in Elastic Load Balancing's API.

AWS documents: elasticloadbalancing/latest/APIReference, API_DescribeRules, API_CreateRule, API_ModifyRule, API_DeleteRule,
API_SetRulePriorities; the default rule is changed by ModifyListener only (API_ModifyRule).
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from documents.listener_rules import balancer_of
from rehearsal.elb import action, condition, shapes
from rehearsal.elb.asked import INVALID, PAGES, Answered, Asked, chosen, missing_things
from rehearsal.elb.kinds import LISTENER
from rehearsal.elb.permissions import on_listener, on_rule, on_rules
from rehearsal.elb.rule import Rule
from rehearsal.elb.service import TARGET_GROUP, LoadBalancers
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.permissions import anywhere
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud, Declared

MOST_RULES = 100
"""Rules of a load balancer without default ones, unless AWS raised it (load-balancer-limits)."""


class RulesApi:
    """The operations on rules, and what they share with those on listeners."""

    def __init__(self, cloud: Cloud, load_balancers: LoadBalancers) -> None:
        """Answer for these load balancers, and for what is declared in `cloud`."""
        self._cloud = cloud
        self._running = load_balancers

    @operation(anywhere)
    def describe_rules(self, asked: Asked) -> Answered:
        """API_DescribeRules: every rule of a listener in its order, or those that are named."""
        if asked.get("RuleArns"):
            if asked.get("ListenerArn"):
                raise AwsRefusal(INVALID, "RuleArns and ListenerArn cannot be specified together")
            every = {rule.arn: rule for arn in self._running.listeners() for rule in self._rules(arn)}
            found = chosen(asked, {"RuleArns": every}, lambda _: missing_things("rules", "RuleNotFound"))
        elif asked.get("ListenerArn"):
            found = self._rules(self._known_listener(asked))
        else:
            raise AwsRefusal(INVALID, "You must specify either listener rule ARNs or a listener ARN")
        return PAGES.page(asked, "Rules", [shapes.rule(one) for one in found])

    @operation(on_listener)
    def create_rule(self, asked: Asked) -> Answered:
        """API_CreateRule, without tags and transforms."""
        _refuse_members(asked, "CreateRule", "ListenerArn", "Conditions", "Priority", "Actions")
        arn, priority = self._known_listener(asked), int(asked["Priority"])
        conditions, does = condition.read(asked["Conditions"]), self._action(asked["Actions"], arn)
        self._running.listener(arn).expect_free([priority])
        balancer = self._balancer(arn)
        on = [one for one in self._running.listeners() if self._balancer(one) == balancer]
        if sum(len(self._running.listener(one).rules) for one in on) >= MOST_RULES:
            raise AwsRefusal(
                "TooManyRules", f"The maximum number of rules on load balancer '{balancer}' is reached"
            )
        digits = secrets.token_hex(8)
        rule = Rule(f"{arn.replace(':listener/', ':listener-rule/')}/{digits}", priority, conditions, does)
        self._running.put_rule(rule)
        return {"Rules": [shapes.rule(rule)]}

    @operation(on_rule)
    def modify_rule(self, asked: Asked) -> Answered:
        """API_ModifyRule: other conditions, another action, or both; what is not given stays."""
        _refuse_members(asked, "ModifyRule", "RuleArn", "Conditions", "Actions")
        rule = self._changeable(str(asked["RuleArn"]), "modified")
        conditions = condition.read(asked["Conditions"]) if asked.get("Conditions") else rule.conditions
        does = self._action(asked["Actions"], rule.listener) if asked.get("Actions") else None
        rule.conditions = conditions
        if does is not None:
            self._running.modify(rule.arn, does)
        return {"Rules": [shapes.rule(rule)]}

    @operation(on_rule)
    def delete_rule(self, asked: Asked) -> Answered:
        """API_DeleteRule."""
        self._running.remove_rule(self._changeable(str(asked["RuleArn"]), "deleted").arn)
        return {}

    @operation(on_rules)
    def set_rule_priorities(self, asked: Asked) -> Answered:
        """API_SetRulePriorities: all at once, so that two rules may change places."""
        wanted = {str(one.get("RuleArn")): int(one.get("Priority") or 0) for one in asked["RulePriorities"]}
        rules = [self._changeable(arn, "given a priority") for arn in wanted]
        for listener in {rule.listener for rule in rules}:
            here = {rule.arn: wanted[rule.arn] for rule in rules if rule.listener == listener}
            if len(set(here.values())) < len(here):
                raise AwsRefusal("PriorityInUse", "A priority is given to more than one rule of a listener")
            self._running.listener(listener).expect_free(here.values(), beside=here)
        for rule in rules:
            rule.priority = wanted[rule.arn]
        return {"Rules": [shapes.rule(rule) for rule in rules]}

    def _rules(self, listener: str) -> list[Rule]:
        return self._running.listener(listener).ordered

    def _changeable(self, arn: str, done: str) -> Rule:
        """A rule that is not a default one; AwsRefusal."""
        try:
            rule = self._running.rule(arn)
        except LookupError as missing:
            raise missing_things("rules", "RuleNotFound") from missing
        if ":listener-rule/" not in arn:
            raise AwsRefusal(INVALID, f"'{arn}' is not a valid listener rule ARN")
        if rule.is_default:
            raise AwsRefusal("OperationNotPermitted", f"Default rule '{arn}' cannot be {done}")
        return rule

    def _action(self, actions: Sequence[Mapping[str, Any]], listener: str) -> action.Action:
        does = action.read(actions)
        known = self._declared_listeners().get(listener)
        entrance = self._running.listener(listener).entrance
        action.expect_no_loop(does, *(("", "") if known is None else (entrance.protocol, str(entrance.port))))
        self._expect_groups(does.weights, self._balancer(listener))
        return does

    def _known_listener(self, asked: Asked) -> str:
        arn = str(asked["ListenerArn"])
        if arn not in self._running.listeners():
            raise missing_things("listeners")
        return arn

    def _declared_listeners(self) -> dict[str, Declared]:
        """Those that are open and the stack's own, by ARN."""
        return {one.arn: one for one in self._cloud.declared(LISTENER) if self._running.opened(one.arn)}

    def _balancer(self, listener: str) -> str:
        """ARN of the load balancer of a listener."""
        declared = self._declared_listeners().get(listener)
        return balancer_of(listener) if declared is None else str(declared.inputs["loadBalancerArn"])

    def _groups(self) -> dict[str, Declared]:
        known = set(self._running.target_groups())
        return {one.arn: one for one in self._cloud.declared(TARGET_GROUP) if one.arn in known}

    def _behind(self, group: str) -> list[str]:
        """ARNs of the load balancers whose listeners and rules name a target group now."""
        named = [
            self._balancer(arn)
            for arn in self._running.listeners()
            if any(group in rule.action.weights for rule in self._rules(arn))
        ]
        return list(dict.fromkeys(named))

    def _expect_groups(self, weights: Mapping[str, int], balancer: str) -> None:
        if not set(weights) <= set(self._groups()):
            raise missing_things("target groups", "TargetGroupNotFound")
        for arn in weights:
            if set(self._behind(arn)) - {balancer}:
                raise AwsRefusal(
                    "TargetGroupAssociationLimit",
                    "The following target groups cannot be associated with more than one load balancer: "
                    + arn,
                )


def _refuse_members(asked: Asked, operation: str, *played: str) -> None:
    if others := sorted(set(asked) - set(played)):
        raise RehearsalError(
            f"{operation} with {', '.join(others)}",
            f"the rehearsal plays it for {', '.join(played)}",
            "declare the rest in the program",
        )
