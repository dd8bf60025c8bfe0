"""Services of others that could not be delivered to: how each is made from the stg stack's, and what an operator must be told."""

import copy
from typing import Any

from tests.unit.edits import put, web
from tests.unit.harness import Change

ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
LISTENER = f"{ELB}:listener/app/shared/0123456789abcdef/0123456789abcdef"
TEST = f"{ELB}:listener/app/shared/0123456789abcdef/fedcba9876543210"
RULE = f"{ELB}:listener-rule/app/shared/0123456789abcdef/0123456789abcdef/0123456789abcdef"
BLUE, GREEN = (f"{ELB}:targetgroup/web-{color}/0123456789abcdef" for color in ("blue", "green"))
EXECUTION, TASK = (f"arn:aws:iam::123456789012:role/{name}" for name in ("owners/web-execution", "web-task"))
TRAFFIC: dict[str, Any] = {
    "listenerArn": LISTENER,
    "targetGroupArns": [BLUE, GREEN],
    "securityGroupIds": ["sg-00000000000000001"],
}
EXISTING: dict[str, Any] = {"service": "web", "executionRoleArn": EXECUTION, "taskRoleArn": TASK}


def adopted(traffic: dict[str, Any] | None = None, *, by_ecs: bool = False, **given: Any) -> Change:
    """Let others own the only service; `traffic` is changed by what is given, `given` stands beside `existing`."""

    def change(raw: dict[str, Any]) -> None:
        service = web(raw)
        for owners in ("loadBalancer", "desiredCount", "rollout"):
            service.pop(owners, None)
        there = copy.deepcopy(EXISTING)
        if not by_ecs:
            there["traffic"] = {**copy.deepcopy(TRAFFIC), **(traffic or {})}
        service.update(existing=there, **given)

    return change


def _twice(raw: dict[str, Any]) -> None:
    adopted()(raw)
    raw["services"]["api"] = copy.deepcopy(raw["services"]["web"])


def _one_group_twice(raw: dict[str, Any]) -> None:
    _twice(raw)
    there = raw["services"]["api"]["existing"]
    there["service"], there["traffic"]["targetGroupArns"] = "api", [f"{BLUE}0", GREEN]


REFUSED: dict[str, tuple[Change, list[str]]] = {
    "an existing service with a load balancer of the stack's": (
        put("services.web.existing", EXISTING),
        ["loadBalancer stands beside existing", "remove loadBalancer"],
    ),
    "an existing service whose tasks are counted here": (
        adopted(desiredCount=2),
        ["desiredCount stands beside existing", "its owner"],
    ),
    "an existing service whose roles get statements": (
        adopted(taskRoleStatements=[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]),
        ["taskRoleStatements stands beside existing"],
    ),
    "an existing service that begins with an image": (
        adopted(bootstrapImage="ruby:3-alpine"),
        ["bootstrapImage stands beside existing"],
    ),
    "one target group": (adopted({"targetGroupArns": [BLUE]}), ["targetGroupArns", "at least 2 items"]),
    "three target groups": (
        adopted({"targetGroupArns": [BLUE, GREEN, f"{BLUE}0"]}),
        ["targetGroupArns", "at most 2 items"],
    ),
    "a target group twice": (adopted({"targetGroupArns": [BLUE, BLUE]}), ["more than once"]),
    "a name for a target group": (
        adopted({"targetGroupArns": ["blue", GREEN]}),
        ["targetGroupArns.0 is 'blue'", "must have the form of arn:aws:elasticloadbalancing"],
    ),
    "a listener of a network load balancer": (
        adopted({"listenerArn": LISTENER.replace("/app/", "/net/")}),
        ["listenerArn", "must have the form of"],
    ),
    "a listener in other digits": (
        adopted({"listenerArn": LISTENER.replace("123456789012", "١٢٣٤٥٦٧٨٩٠١٢")}),
        ["listenerArn", "must have the form of"],
    ),
    "the production listener for tests": (
        adopted({"testListenerArn": LISTENER}),
        ["is the production listener; CodeDeploy needs another"],
    ),
    "a test listener of another load balancer": (
        adopted({"testListenerArn": TEST.replace("shared", "other")}),
        ["is on another load balancer than listenerArn", "load-balancer-limits"],
    ),
    "a rule of another listener": (
        adopted({"ruleArns": [RULE.replace("shared", "other")]}),
        ["a rule of neither listener"],
    ),
    "tasks without a security group": (adopted({"securityGroupIds": []}), ["securityGroupIds", "at least 1"]),
    "a role's name for its ARN": (
        put("services.web.existing", {**EXISTING, "taskRoleArn": "web-task"}),
        ["taskRoleArn is 'web-task'", "must have the form of arn:aws:iam"],
    ),
    "a hook on test traffic that there is not": (
        adopted(
            rollout={
                "hooks": {"afterAllowTestTraffic": "arn:aws:lambda:us-east-1:123456789012:function:check"}
            }
        ),
        ["there is no existing.traffic.testListenerArn"],
    ),
    "ECS as the mover of what CodeDeploy has to know": (
        adopted(rollout={"by": "ecs"}),
        ["leave existing.traffic out"],
    ),
    "CodeDeploy as the mover of nobody knows what": (
        adopted(by_ecs=True, rollout={"by": "codedeploy"}),
        ["existing.traffic does not say between which target groups"],
    ),
    "a strategy for what the owner has set up": (
        adopted(by_ecs=True, rollout={"strategy": "blueGreen"}),
        ["rollout.strategy is the existing service's own"],
    ),
    "a bake time for what the owner has set up": (
        adopted(by_ecs=True, rollout={"bakeTimeMinutes": 5}),
        ["rollout.bakeTimeMinutes is the existing service's own"],
    ),
    "one existing service twice": (
        _twice,
        ["services web and api both move service web of cluster apps-stg", "deployment-groups-create-ecs"],
    ),
    "a target group of two existing services": (
        _one_group_twice,
        [f"services web and api both move target group {GREEN}"],
    ),
}
"""By what is wrong with it."""
