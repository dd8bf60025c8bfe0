"""A service whose traffic ECS moves by the rules of two listeners, with the infrastructure role that it takes."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal.elb.service import LISTENER
from rehearsal.evaluation.resources import make
from rehearsal.lambda_.service import Functions
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    ACCOUNT,
    BALANCER,
    BLUE,
    GREEN,
    PRODUCTION,
    TEST,
    declare,
    get,
    policy,
    trusted_by,
)
from tests.rehearsal.rolling_world import Rolling, rolling

RULE = "aws:lb/listenerRule:ListenerRule"
INFRASTRUCTURE = f"arn:aws:iam::{ACCOUNT}:role/web-traffic"
ANY_RULE = PRODUCTION.rpartition("/")[0].replace(":listener/", ":listener-rule/") + "/*"
BAKE = {"bakeTimeInMinutes": "0"}
ROLE_POLICY: list[dict[str, Any]] = [
    {
        "Action": [f"elasticloadbalancing:Describe{noun}" for noun in ("Listeners", "Rules", "TargetGroups", "TargetHealth")],
        "Resource": "*",
    },
    {
        "Action": ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
        "Resource": [BLUE, GREEN],
    },
    {"Action": "elasticloadbalancing:ModifyRule", "Resource": ANY_RULE},
]  # fmt: skip


def rule(cloud: Cloud, name: str, listener: str, weights: dict[str, int]) -> str:
    """A rule for every path of a listener that answers nobody else."""
    inputs = {
        "listenerArn": listener,
        "priority": 1,
        "conditions": [{"pathPattern": {"values": ["*"]}}],
        "actions": [
            {
                "type": "forward",
                "forward": {
                    "targetGroups": [{"arn": arn, "weight": weight} for arn, weight in weights.items()]
                },
            }
        ],
    }
    return make(cloud, f"urn:pulumi:s::p::{RULE}::{name}", RULE, name, inputs).arn


class Shifting:
    """What is where."""

    def __init__(self, world: Rolling, production: str, test: str) -> None:
        self.world = world
        self.production = production
        self.test = test

    def production_weights(self) -> dict[str, int]:
        return self.world.load_balancers.weights(self.production)

    def tested(self) -> str:
        """Who answers test traffic."""
        return get(self.world.load_balancers.url(TEST))[1]

    def allow(self, without: str | None = None) -> None:
        """Give the infrastructure role its policy, but for one action."""
        self.world.cloud.authority.put_policy(INFRASTRUCTURE, "traffic", policy(ROLE_POLICY, without))


@contextmanager
def shifting(
    folder: Path,
    *,
    with_test: bool = True,
    prepare: Callable[[Cloud], Functions | None] = lambda _: None,
    ask: Callable[[str], bool] | None = None,
    **configuration: Any,
) -> Generator[Shifting]:
    """A service by rules of its own, its first deployment begun."""
    made: list[str] = []

    def rules(cloud: Cloud) -> Functions | None:
        cloud.authority.put_role(INFRASTRUCTURE, trusted_by("ecs.amazonaws.com"))
        cloud.authority.put_policy(INFRASTRUCTURE, "traffic", policy(ROLE_POLICY))
        sorry = [
            {"type": "fixed-response", "fixedResponse": {"statusCode": "404", "contentType": "text/plain"}}
        ]
        for name, arn, port in (("production", PRODUCTION, 443), ("test", TEST, 9443)):
            declare(
                cloud,
                LISTENER,
                name,
                arn=arn,
                port=port,
                loadBalancerArn=BALANCER,
                protocol="HTTPS",
                defaultActions=sorry,
            )
            made.append(rule(cloud, name, arn, {BLUE: 1, GREEN: 0}))
        balancer["advancedConfiguration"]["productionListenerRule"] = made[0]
        if with_test:
            balancer["advancedConfiguration"]["testListenerRule"] = made[1]
        return prepare(cloud)

    balancer: dict[str, Any] = {
        "targetGroupArn": BLUE,
        "containerName": "web",
        "containerPort": 8080,
        "advancedConfiguration": {"alternateTargetGroupArn": GREEN, "roleArn": INFRASTRUCTURE},
    }
    given = {"strategy": "BLUE_GREEN", **BAKE, **configuration}
    alarms = given.pop("alarms", None)
    more = {"alarms": alarms} if alarms else {}
    with rolling(
        folder, prepare=rules, ask=ask, loadBalancers=[balancer], deploymentConfiguration=given, **more
    ) as world:
        yield Shifting(world, *made)
