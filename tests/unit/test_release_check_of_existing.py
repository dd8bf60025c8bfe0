"""What the check says of a service that others made: whatever CodeDeploy or ECS would find out after the migration."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from documents.descriptor import ExistingDescriptor, TrafficDescriptor
from tests.unit.release_cloud import ReleaseCloud, invoke, silent_about_secrets
from tests.unit.release_others import (
    BLUE,
    DEFAULT,
    EXECUTION,
    GREEN,
    LISTENER,
    RULE,
    TASK,
    TEST,
    to,
    trusting,
)
from tests.unit.shop import MOVED, SHOP, WEB

TRAFFIC = TrafficDescriptor(listener=LISTENER, rules=[], test_listener=TEST, target_groups=[BLUE, GREEN])
EXISTING = ExistingDescriptor(execution_role=EXECUTION, task_role=TASK, traffic=TRAFFIC)


@pytest.fixture
def cloud(capfd: pytest.CaptureFixture[str]) -> Iterator[ReleaseCloud]:
    with silent_about_secrets(capfd) as made:
        made.stack = replace(SHOP, services={"web": replace(WEB, existing=EXISTING)})
        made.ecs.controller, made.ecs.serving = "CODE_DEPLOY", BLUE
        yield made


def test_one_that_is_as_the_stack_says_is_released(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke(cloud, monkeypatch)
    assert "services, existing, secrets" in cloud.succeeded["executionDetails"]["summary"]


def test_green_serves_after_every_other_release_and_is_as_well(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.ecs.serving = GREEN
    cloud.others.rules[LISTENER][0]["Actions"] = to((BLUE, 0), (GREEN, 100))
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


def test_a_stack_that_makes_its_services_asks_nobody_of_them(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.stack = SHOP
    invoke(cloud, monkeypatch)
    assert not {"iam", "elbv2", "ecs"} & {service for service, _, _ in cloud.calls}


def _controller(cloud: ReleaseCloud) -> None:
    cloud.ecs.controller = "ECS"


def _external(cloud: ReleaseCloud) -> None:
    cloud.ecs.controller = "EXTERNAL"


def _gone(cloud: ReleaseCloud) -> None:
    cloud.ecs.status = "INACTIVE"


def _ec2(cloud: ReleaseCloud) -> None:
    cloud.ecs.launch = {"launchType": "EC2"}


def _other_provider(cloud: ReleaseCloud) -> None:
    cloud.ecs.launch = {"capacityProviderStrategy": [{"capacityProvider": "own"}]}


def _third_group(cloud: ReleaseCloud) -> None:
    cloud.ecs.serving = f"{BLUE}0"


def _no_group(cloud: ReleaseCloud) -> None:
    cloud.ecs.serving = ""


def _group_gone(cloud: ReleaseCloud) -> None:
    del cloud.others.groups[GREEN]


def _instances(cloud: ReleaseCloud) -> None:
    cloud.others.groups[GREEN]["TargetType"] = "instance"


def _elsewhere(cloud: ReleaseCloud) -> None:
    cloud.others.groups[GREEN]["LoadBalancerArns"] = ["arn:other"]


def _listener_gone(cloud: ReleaseCloud) -> None:
    del cloud.others.rules[TEST]


def _not_in_front(cloud: ReleaseCloud) -> None:
    cloud.others.rules[LISTENER][0]["Actions"] = to((GREEN, 100), (BLUE, 0))


def _by_a_rule(cloud: ReleaseCloud) -> None:
    cloud.others.rules[LISTENER] = [
        {"RuleArn": RULE, "IsDefault": False, "Actions": to((BLUE, 1))},
        {"RuleArn": DEFAULT, "IsDefault": True, "Actions": [{"Type": "fixed-response"}]},
    ]


def _no_role(cloud: ReleaseCloud) -> None:
    del cloud.others.roles["task"]


def _another_path(cloud: ReleaseCloud) -> None:
    cloud.others.roles["execution"] = (EXECUTION.replace("owners/", ""), trusting("ecs-tasks.amazonaws.com"))


def _another_trust(cloud: ReleaseCloud) -> None:
    cloud.others.roles["task"] = (TASK, trusting("ec2.amazonaws.com"))


def _denied_trust(cloud: ReleaseCloud) -> None:
    cloud.others.roles["task"] = (TASK, trusting("ecs-tasks.amazonaws.com", "Deny"))


def _account_trusted(cloud: ReleaseCloud) -> None:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}
    cloud.others.roles["task"] = (TASK, policy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_controller, "its deployments are made by ECS, and CodeDeploy makes those of CODE_DEPLOY only"),
        (_external, "its deployments are made by EXTERNAL"),
        (_gone, "service shop-stg-web in apps: there is none that is active"),
        (_ec2, "its tasks do not run on Fargate"),
        (_other_provider, "its tasks do not run on Fargate"),
        (
            _third_group,
            f"behind target group {BLUE}0, which is none of services.web.existing.traffic.targetGroupArns",
        ),
        (_no_group, "its PRIMARY task set is behind no target group"),
        (
            _group_gone,
            f"target group {GREEN}: it is not there; make it, or correct services.web.existing.traffic",
        ),
        (_instances, "its target type is instance"),
        (_elsewhere, "it belongs to arn:other, and the listener to"),
        (_listener_gone, f"listener {TEST}: it is not there"),
        (_not_in_front, f"none of its rules forwards to {BLUE}, which serves now"),
        (_by_a_rule, "name it in services.web.existing.traffic.ruleArns and run pulumi up"),
        (_no_role, f"role {TASK}: there is none of that name"),
        (
            _another_path,
            f"role {EXECUTION}: the role of that name is arn:aws:iam::123456789012:role/execution",
        ),
        (_another_trust, f"role {TASK}: its trust policy does not let ecs-tasks.amazonaws.com assume it"),
        (_denied_trust, "its trust policy does not let ecs-tasks.amazonaws.com assume it"),
        (_account_trusted, "its trust policy does not let ecs-tasks.amazonaws.com assume it"),
    ],
)
def test_one_that_is_otherwise_is_refused_before_anything_is_migrated(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, change: Callable[[ReleaseCloud], None], said: str
) -> None:
    change(cloud)
    invoke(cloud, monkeypatch)
    assert said in cloud.failed
    assert len(cloud.failed.splitlines()) == 1, "one sentence for one thing"


def test_a_rule_that_the_stack_names_may_be_moved(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    _by_a_rule(cloud)
    named = replace(EXISTING, traffic=replace(TRAFFIC, rules=[RULE]))
    cloud.stack = replace(SHOP, services={"web": replace(WEB, existing=named)})
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


def test_a_plain_forward_is_one_too(cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.others.rules[LISTENER][0]["Actions"] = [{"Type": "forward", "TargetGroupArn": BLUE}]
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


@pytest.mark.parametrize("launch", ["FARGATE", "FARGATE_SPOT"])
def test_fargate_by_a_capacity_provider_is_fargate(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, launch: str
) -> None:
    cloud.ecs.launch = {"capacityProviderStrategy": [{"capacityProvider": launch}]}
    invoke(cloud, monkeypatch)
    assert cloud.succeeded


@pytest.mark.parametrize("operation", ["GetRole", "DescribeTargetGroups", "DescribeRules"])
def test_what_may_not_be_looked_at_is_not_judged(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    cloud.errors[operation] = "AccessDenied"
    invoke(cloud, monkeypatch)
    assert "could not be looked at by this function" in cloud.succeeded["executionDetails"]["summary"]


def test_of_a_service_that_ecs_moves_only_the_roles_are_looked_at(
    cloud: ReleaseCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.ecs.controller = "ECS"
    cloud.stack = replace(SHOP, services={"web": replace(MOVED, existing=replace(EXISTING, traffic=None))})
    _another_trust(cloud)
    invoke(cloud, monkeypatch)
    assert "its trust policy does not let ecs-tasks.amazonaws.com assume it" in cloud.failed
    assert "elbv2" not in {service for service, _, _ in cloud.calls}
