"""Elastic Load Balancing's API, for Application Load Balancers.

AWS documents: elasticloadbalancing/latest/APIReference, a page for each operation.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from rehearsal.elb import action, shapes
from rehearsal.elb.permissions import on_listener
from rehearsal.elb.service import LISTENER, LOAD_BALANCER, TARGET_GROUP, LoadBalancers
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import anywhere
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud, Declared

_T = TypeVar("_T")

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

INVALID = "ValidationError"
"""ELB's code for an input that breaks a constraint."""

_PAGES = Paging(400, "Marker", "NextMarker", "PageSize", INVALID, "The marker is invalid.")

_CHANGED = {"ListenerArn", "DefaultActions"}
"""Members of ModifyListener that are played."""


class LoadBalancersApi:
    """The operations that operators and deployments ask for."""

    def __init__(self, cloud: Cloud, load_balancers: LoadBalancers) -> None:
        """Answer for these load balancers, and for what is declared in `cloud`."""
        self._cloud = cloud
        self._running = load_balancers
        self._since = datetime.now(UTC)

    @operation(anywhere)
    def describe_load_balancers(self, asked: Asked) -> Answered:
        """API_DescribeLoadBalancers; those that the stack only uses too."""
        arns = {arn: arn for arn in self._balancers()}
        names = {shapes.name_in(arn): arn for arn in self._balancers()}
        found = _chosen(asked, {"LoadBalancerArns": arns, "Names": names}, _missing_balancers)
        told = [
            shapes.load_balancer(arn, self._declared_balancer(arn), self._vpc(arn), self._since)
            for arn in found
        ]
        return _PAGES.page(asked, "LoadBalancers", told)

    @operation(anywhere)
    def describe_load_balancer_attributes(self, asked: Asked) -> Answered:
        """API_DescribeLoadBalancerAttributes, of those that the stack makes."""
        arn = str(asked["LoadBalancerArn"])
        if arn not in self._balancers():
            raise _missing_balancers([arn])
        declared = self._declared_balancer(arn)
        if declared is None:
            raise RehearsalError(
                f"the attributes of {arn}",
                "the stack uses this load balancer and does not make it, so nothing here knows them",
                "ask AWS",
            )
        return {"Attributes": shapes.load_balancer_attributes(declared)}

    @operation(anywhere)
    def describe_listeners(self, asked: Asked) -> Answered:
        """API_DescribeListeners."""
        every = self._listeners()
        if asked.get("ListenerArns"):
            found = _chosen(asked, {"ListenerArns": every}, lambda _: _missing("listeners"))
        elif asked.get("LoadBalancerArn"):
            arn = str(asked["LoadBalancerArn"])
            if arn not in self._balancers():
                raise _missing_balancers([arn])
            found = [one for one in every.values() if one.inputs["loadBalancerArn"] == arn]
        else:
            raise AwsRefusal(INVALID, "You must specify either listener ARNs or a load balancer ARN")
        return _PAGES.page(asked, "Listeners", [self._listener(one) for one in found])

    @operation(anywhere)
    def describe_rules(self, asked: Asked) -> Answered:
        """API_DescribeRules: no listener of a rehearsal has other rules than its default one."""
        rules = {arn: shapes.default_rule(self._running.listener(arn)) for arn in self._listeners()}
        by_arn = {str(rule["RuleArn"]): rule for rule in rules.values()}
        if asked.get("RuleArns"):
            found = _chosen(asked, {"RuleArns": by_arn}, lambda _: _missing("rules", "RuleNotFound"))
        elif asked.get("ListenerArn"):
            if asked["ListenerArn"] not in rules:
                raise _missing("listeners")
            found = [rules[str(asked["ListenerArn"])]]
        else:
            raise AwsRefusal(INVALID, "You must specify either listener rule ARNs or a listener ARN")
        return _PAGES.page(asked, "Rules", found)

    @operation(on_listener)
    def modify_listener(self, asked: Asked) -> Answered:
        """API_ModifyListener: another default action, which the next request follows."""
        declared = self._listeners().get(str(asked["ListenerArn"]))
        if declared is None:
            raise _missing("listeners")
        if others := sorted(set(asked) - _CHANGED):
            raise RehearsalError(
                f"ModifyListener with {', '.join(others)}",
                "the rehearsal plays it for DefaultActions",
                "change the rest in the program",
            )
        if actions := asked.get("DefaultActions"):
            weights, fixed = action.forwarded(actions), action.fixed(actions)
            self._expect_groups(weights, str(declared.inputs["loadBalancerArn"]))
            self._running.modify_listener(declared.arn, weights, fixed)
        return {"Listeners": [self._listener(declared)]}

    @operation(anywhere)
    def describe_target_groups(self, asked: Asked) -> Answered:
        """API_DescribeTargetGroups."""
        every = self._groups()
        if asked.get("LoadBalancerArn"):
            arn = str(asked["LoadBalancerArn"])
            if arn not in self._balancers():
                raise _missing_balancers([arn])
            found = [one for one in every.values() if arn in self._behind(one.arn)]
        else:
            names = {shapes.name_of(one): one for one in every.values()}
            found = _chosen(
                asked,
                {"TargetGroupArns": every, "Names": names},
                lambda _: _missing("target groups", "TargetGroupNotFound"),
            )
        told = [
            shapes.target_group(one, self._running.check(one.arn), self._behind(one.arn)) for one in found
        ]
        return _PAGES.page(asked, "TargetGroups", told)

    @operation(anywhere)
    def describe_target_group_attributes(self, asked: Asked) -> Answered:
        """API_DescribeTargetGroupAttributes."""
        return {"Attributes": shapes.target_group_attributes(self._group(asked))}

    @operation(anywhere)
    def describe_target_health(self, asked: Asked) -> Answered:
        """API_DescribeTargetHealth."""
        seen = self._running.registered(self._group(asked).arn)
        wanted: Sequence[Mapping[str, Any]] = asked.get("Targets") or ()
        if not wanted:
            return {"TargetHealthDescriptions": [shapes.target_health(one) for one in seen]}
        told: list[dict[str, Any]] = []
        for one in wanted:
            matching = [s for s in seen if s.host == one["Id"] and one.get("Port") in {None, s.port}]
            told += [shapes.target_health(s) for s in matching] or [shapes.not_registered(one)]
        return {"TargetHealthDescriptions": told}

    def _balancers(self) -> list[str]:
        """ARNs of the load balancers that the stack makes or uses."""
        made = [one.arn for one in self._cloud.declared(LOAD_BALANCER)]
        used = [str(one.inputs["loadBalancerArn"]) for one in self._listeners().values()]
        return list(dict.fromkeys([*made, *used]))

    def _declared_balancer(self, arn: str) -> Declared | None:
        return next((one for one in self._cloud.declared(LOAD_BALANCER) if one.arn == arn), None)

    def _vpc(self, balancer: str) -> str | None:
        vpcs = [
            one.inputs.get("vpcId") for one in self._groups().values() if balancer in self._behind(one.arn)
        ]
        return str(vpcs[0]) if vpcs and vpcs[0] else None

    def _listeners(self) -> dict[str, Declared]:
        """Those that are open, by ARN."""
        return {one.arn: one for one in self._cloud.declared(LISTENER) if self._running.opened(one.arn)}

    def _groups(self) -> dict[str, Declared]:
        known = set(self._running.target_groups())
        return {one.arn: one for one in self._cloud.declared(TARGET_GROUP) if one.arn in known}

    def _group(self, asked: Asked) -> Declared:
        found = self._groups().get(str(asked["TargetGroupArn"]))
        if found is None:
            raise _missing("target groups", "TargetGroupNotFound")
        return found

    def _behind(self, group: str) -> list[str]:
        """ARNs of the load balancers whose listeners name a target group now."""
        named = [
            str(one.inputs["loadBalancerArn"])
            for arn, one in self._listeners().items()
            if group in self._running.weights(arn)
        ]
        return list(dict.fromkeys(named))

    def _listener(self, declared: Declared) -> dict[str, Any]:
        return shapes.listener(declared, self._running.listener(declared.arn))

    def _expect_groups(self, weights: Mapping[str, int], balancer: str) -> None:
        if not set(weights) <= set(self._groups()):
            raise _missing("target groups", "TargetGroupNotFound")
        for arn in weights:
            if set(self._behind(arn)) - {balancer}:
                raise AwsRefusal(
                    "TargetGroupAssociationLimit",
                    "The following target groups cannot be associated with more than one load balancer: "
                    + arn,
                )


def _chosen(
    asked: Asked, ways: Mapping[str, Mapping[str, _T]], missing: Callable[[Sequence[str]], AwsRefusal]
) -> list[_T]:
    """What a request names, in one of several ways; all there is when it names nothing."""
    given = [name for name in ways if asked.get(name)]
    if len(given) > 1:
        raise AwsRefusal(INVALID, f"{' and '.join(given)} cannot be specified together")
    if not given:
        return list(next(iter(ways.values())).values())
    there, wanted = ways[given[0]], [str(one) for one in asked[given[0]]]
    if lacking := [one for one in wanted if one not in there]:
        raise missing(lacking)
    return [there[one] for one in dict.fromkeys(wanted)]


def _missing(what: str, code: str = "ListenerNotFound") -> AwsRefusal:
    return AwsRefusal(code, f"One or more {what} not found")


def _missing_balancers(wanted: Sequence[str]) -> AwsRefusal:
    return AwsRefusal("LoadBalancerNotFound", f"Load balancers '[{', '.join(wanted)}]' not found")
