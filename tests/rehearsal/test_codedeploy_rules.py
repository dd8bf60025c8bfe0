"""CodeDeploy behind a shared listener: it moves the service's own rule and leaves the listener's default action alone.

No AWS document says what CodeDeploy does with rules (docs/fidelity.md says where this comes from). Permissions: list_elasticloadbalancingv2.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codepipeline.execution import ActionFailed
from rehearsal.elb.service import LISTENER
from rehearsal.evaluation.resources import make
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    BALANCER,
    BLUE,
    DEPLOY_POLICY,
    DEPLOY_ROLE,
    GREEN,
    PRODUCTION,
    TEST,
    World,
    blue_green_cloud,
    declare,
    declare_deployment,
    eventually,
    get,
    policy,
    running,
)
from tests.rehearsal.deploying import deploy
from tests.rehearsal.test_codedeploy import with_test_listener

RULE = "aws:lb/listenerRule:ListenerRule"
OURS, OTHERS = "shop.example.com", "others.example.com"


def rule(cloud: Cloud, name: str, listener: str, host: str, priority: int) -> str:
    groups = [{"arn": BLUE, "weight": 1}, {"arn": GREEN, "weight": 0}]
    inputs = {
        "listenerArn": listener,
        "priority": priority,
        "conditions": [{"hostHeader": {"values": [host]}}],
        "actions": [{"type": "forward", "forward": {"targetGroups": groups}}],
    }
    return make(cloud, f"urn:pulumi:s::p::{RULE}::{name}", RULE, name, inputs).arn


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """Both listeners answer themselves what no rule is for."""
    with blue_green_cloud(tmp_path) as (_, made):
        for name, arn, port in (("production", PRODUCTION, 443), ("test", TEST, 9443)):
            sorry = {"statusCode": "404", "contentType": "text/plain", "messageBody": "nobody"}
            default = [{"type": "fixed-response", "fixedResponse": sorry}]
            more = {"loadBalancerArn": BALANCER, "protocol": "HTTPS", "defaultActions": default}
            declare(made, LISTENER, name, arn=arn, port=port, **more)
        yield made


def may_modify(cloud: Cloud, *rules: str) -> None:
    """Let the deployment's role change these rules, and no listener."""
    others = [one for one in DEPLOY_POLICY if one["Action"] != "elasticloadbalancing:ModifyListener"]
    statement: dict[str, Any] = {"Action": "elasticloadbalancing:ModifyRule", "Resource": list(rules)}
    cloud.authority.put_policy(DEPLOY_ROLE, "deploy", policy([*others, statement]))


def answer(world: World, listener: str = PRODUCTION, host: str = OURS) -> tuple[int, str]:
    return get(world.load_balancers.url(listener), Host=host)


def test_traffic_moves_by_the_rule_and_back_while_the_default_action_stays(cloud: Cloud) -> None:
    ours = rule(cloud, "ours", PRODUCTION, OURS, 10)
    tests = rule(cloud, "tests", TEST, OURS, 10)
    may_modify(cloud, ours, tests)
    declare_deployment(
        cloud, **with_test_listener(), deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes"
    )
    with running(cloud) as world:
        assert answer(world) == (200, "example/app:v1")
        worker = threading.Thread(target=deploy, args=(world, "example/app:v2"))
        worker.start()
        eventually(lambda: answer(world, TEST) == (200, "example/app:v2"))
        assert world.load_balancers.weights(ours)[BLUE] > 0, "production is not all on green yet"
        worker.join()
        assert answer(world) == (200, "example/app:v2")
        assert world.load_balancers.weights(ours) == {GREEN: 100, BLUE: 0}
        deploy(world, "example/app:v3")
        assert world.load_balancers.weights(ours) == {BLUE: 100, GREEN: 0}
        assert answer(world, host=OTHERS) == (404, "nobody"), "the default action is somebody else's"


def test_a_failed_deployment_leaves_the_rule_on_blue(cloud: Cloud) -> None:
    ours = rule(cloud, "ours", PRODUCTION, OURS, 10)
    may_modify(cloud, ours)
    declare_deployment(cloud)
    with running(cloud) as world:
        with pytest.raises(ActionFailed):
            deploy(world, "example/unhealthy")
        assert answer(world) == (200, "example/app:v1")
        assert world.load_balancers.weights(ours)[BLUE] > 0


@pytest.mark.parametrize("given", ["others", "listener"])
def test_the_role_needs_this_rule_and_neither_another_nor_the_listener(cloud: Cloud, given: str) -> None:
    ours = rule(cloud, "ours", PRODUCTION, OURS, 10)
    may_modify(cloud, f"{ours}0" if given == "others" else PRODUCTION)
    declare_deployment(cloud)
    with (
        running(cloud) as world,
        pytest.raises(ActionFailed, match="elasticloadbalancing:ModifyRule") as failed,
    ):
        deploy(world, "example/app:v2")
    assert ours in str(failed.value)


def test_several_rules_on_the_service_s_groups_are_refused_by_name(cloud: Cloud) -> None:
    """Nobody shows which of them CodeDeploy takes."""
    ours, second = rule(cloud, "ours", PRODUCTION, OURS, 10), rule(cloud, "second", PRODUCTION, OTHERS, 11)
    may_modify(cloud, ours, second)
    declare_deployment(cloud)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match=r"2 rules of listener .* the rehearsal does not play it"):
            deploy(world, "example/app:v2")
        assert answer(world) == answer(world, host=OTHERS) == (200, "example/app:v1")


def test_a_rule_of_another_listener_brings_no_production_traffic(cloud: Cloud) -> None:
    rule(cloud, "ours", TEST, OURS, 10)
    declare_deployment(cloud)
    with running(cloud) as world, pytest.raises(ActionFailed, match="must be behind listener"):
        deploy(world, "example/app:v2")
