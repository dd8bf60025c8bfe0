"""What others own of a service, as the release function's tests find it: two target groups, a listener's rules, two roles."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from botocore.exceptions import ClientError

ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
BALANCER = f"{ELB}:loadbalancer/app/shared/1"
LISTENER, TEST = f"{ELB}:listener/app/shared/1/2", f"{ELB}:listener/app/shared/1/3"
DEFAULT, RULE = (f"{ELB}:listener-rule/app/shared/1/2/{number}" for number in (4, 5))
BLUE, GREEN = f"{ELB}:targetgroup/blue/6", f"{ELB}:targetgroup/green/7"
EXECUTION, TASK = (f"arn:aws:iam::123456789012:role/{name}" for name in ("owners/execution", "task"))


def trusting(service: Any, effect: str = "Allow") -> dict[str, Any]:
    """A trust policy."""
    statement = {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def to(*groups: tuple[str, int]) -> list[dict[str, Any]]:
    """A weighted forward, as a release leaves it."""
    weights = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}]


@dataclass
class OthersCloud:
    """What there is; by default all of it is well, and blue serves."""

    groups: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            BLUE: {"TargetType": "ip", "LoadBalancerArns": [BALANCER]},
            GREEN: {"TargetType": "ip", "LoadBalancerArns": []},
        }
    )
    rules: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            LISTENER: [{"RuleArn": DEFAULT, "IsDefault": True, "Actions": to((BLUE, 100), (GREEN, 0))}],
            TEST: [{"RuleArn": DEFAULT, "IsDefault": True, "Actions": to((GREEN, 100))}],
        }
    )
    roles: dict[str, tuple[str, Any]] = field(
        default_factory=lambda: {
            "execution": (EXECUTION, trusting(["ecs-tasks.amazonaws.com"])),
            "task": (TASK, trusting("ecs-tasks.amazonaws.com")),
        }
    )
    """ARN and trust policy by name."""

    @property
    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """What each operation answers."""
        return {
            "DescribeTargetGroups": self._groups,
            "DescribeRules": self._rules,
            "GetRole": self._role,
        }

    def _groups(self, asked: dict[str, Any]) -> dict[str, Any]:
        [arn] = asked["TargetGroupArns"]
        return {"TargetGroups": [_there(self.groups, arn, "TargetGroupNotFound", "DescribeTargetGroups")]}

    def _rules(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Rules": _there(self.rules, asked["ListenerArn"], "ListenerNotFound", "DescribeRules")}

    def _role(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn, trust = _there(self.roles, asked["RoleName"], "NoSuchEntity", "GetRole")
        given = {"Path": "/", "RoleName": asked["RoleName"], "RoleId": "AROA1234567890123456", "Arn": arn}
        return {"Role": {**given, "CreateDate": 0, "AssumeRolePolicyDocument": quote(json.dumps(trust))}}


def _there(things: Mapping[str, Any], name: str, code: str, operation: str) -> Any:
    if name not in things:
        raise ClientError({"Error": {"Code": code, "Message": f"the message of {code}"}}, operation)
    return things[name]
