"""Elastic Load Balancing's API, for Application Load Balancers.

AWS documents: elasticloadbalancing/latest/APIReference, a page for each operation.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rehearsal.elb import shapes
from rehearsal.elb.asked import INVALID, PAGES, Answered, Asked, chosen, missing_balancers, missing_things
from rehearsal.elb.permissions import on_listener
from rehearsal.elb.rules_api import RulesApi
from rehearsal.elb.service import LOAD_BALANCER, LoadBalancers
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.permissions import anywhere
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud, Declared

_CHANGED = {"ListenerArn", "DefaultActions"}
"""Members of ModifyListener that are played."""


class LoadBalancersApi(RulesApi):
    """The operations that operators and deployments ask for."""

    def __init__(self, cloud: Cloud, load_balancers: LoadBalancers) -> None:
        """Answer for these load balancers, and for what is declared in `cloud`."""
        super().__init__(cloud, load_balancers)
        self._since = datetime.now(UTC)

    @operation(anywhere)
    def describe_load_balancers(self, asked: Asked) -> Answered:
        """API_DescribeLoadBalancers; those that the stack only uses too."""
        arns = {arn: arn for arn in self._balancers()}
        names = {shapes.name_in(arn): arn for arn in self._balancers()}
        found = chosen(asked, {"LoadBalancerArns": arns, "Names": names}, missing_balancers)
        told = [
            shapes.load_balancer(arn, self._declared_balancer(arn), self._vpc(arn), self._since)
            for arn in found
        ]
        return PAGES.page(asked, "LoadBalancers", told)

    @operation(anywhere)
    def describe_load_balancer_attributes(self, asked: Asked) -> Answered:
        """API_DescribeLoadBalancerAttributes, of those that the stack makes."""
        arn = str(asked["LoadBalancerArn"])
        if arn not in self._balancers():
            raise missing_balancers([arn])
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
        every = self._running.listeners()
        if asked.get("ListenerArns"):
            found = chosen(
                asked, {"ListenerArns": {arn: arn for arn in every}}, lambda _: missing_things("listeners")
            )
        elif asked.get("LoadBalancerArn"):
            arn = str(asked["LoadBalancerArn"])
            if arn not in self._balancers():
                raise missing_balancers([arn])
            found = [one for one in every if self._balancer(one) == arn]
        else:
            raise AwsRefusal(INVALID, "You must specify either listener ARNs or a load balancer ARN")
        return PAGES.page(asked, "Listeners", [self._listener(one) for one in found])

    @operation(on_listener)
    def modify_listener(self, asked: Asked) -> Answered:
        """API_ModifyListener: another default action, which the next request follows."""
        arn = str(asked["ListenerArn"])
        if arn not in self._running.listeners():
            raise missing_things("listeners")
        if arn not in self._declared_listeners():
            raise RehearsalError(
                f"ModifyListener on {arn}",
                "the stack has rules on this listener and does not make it, so nothing here knows its default action",
                "ask its owner",
            )
        if others := sorted(set(asked) - _CHANGED):
            raise RehearsalError(
                f"ModifyListener with {', '.join(others)}",
                "the rehearsal plays it for DefaultActions",
                "change the rest in the program",
            )
        if actions := asked.get("DefaultActions"):
            self._running.modify(arn, self._action(actions, arn))
        return {"Listeners": [self._listener(arn)]}

    @operation(anywhere)
    def describe_target_groups(self, asked: Asked) -> Answered:
        """API_DescribeTargetGroups."""
        every = self._groups()
        if asked.get("LoadBalancerArn"):
            arn = str(asked["LoadBalancerArn"])
            if arn not in self._balancers():
                raise missing_balancers([arn])
            found = [one for one in every.values() if arn in self._behind(one.arn)]
        else:
            names = {shapes.name_of(one): one for one in every.values()}
            found = chosen(
                asked,
                {"TargetGroupArns": every, "Names": names},
                lambda _: missing_things("target groups", "TargetGroupNotFound"),
            )
        told = [
            shapes.target_group(one, self._running.check(one.arn), self._behind(one.arn)) for one in found
        ]
        return PAGES.page(asked, "TargetGroups", told)

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
        used = [self._balancer(one) for one in self._running.listeners()]
        return list(dict.fromkeys([*made, *used]))

    def _declared_balancer(self, arn: str) -> Declared | None:
        return next((one for one in self._cloud.declared(LOAD_BALANCER) if one.arn == arn), None)

    def _vpc(self, balancer: str) -> str | None:
        vpcs = [
            one.inputs.get("vpcId") for one in self._groups().values() if balancer in self._behind(one.arn)
        ]
        return str(vpcs[0]) if vpcs and vpcs[0] else None

    def _group(self, asked: Asked) -> Declared:
        found = self._groups().get(str(asked["TargetGroupArn"]))
        if found is None:
            raise missing_things("target groups", "TargetGroupNotFound")
        return found

    def _listener(self, arn: str) -> dict[str, Any]:
        return shapes.listener(self._declared_listeners().get(arn), self._running.listener(arn))
