"""CodeDeploy's blue/green to ECS: how traffic shifts, and what brings it back; with real policies, gateway, HTTP, health checks.

Document: codedeploy/latest/userguide/deployment-steps-ecs, unless named.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cloudwatch.alarms import ALARM
from rehearsal.codedeploy.deployment import EVENTS
from rehearsal.codepipeline.execution import ActionFailed
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    BLUE,
    DEPLOY_POLICY,
    DEPLOY_ROLE,
    GREEN,
    PRODUCTION,
    TEST,
    blue_green_cloud,
    declare,
    declare_deployment,
    eventually,
    get,
    policy,
    running,
    steady_stream,
)
from tests.rehearsal.deploying import ALARM_ON_GREEN, APPSPEC, codedeploy, deploy, on_blue_alone, said


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with blue_green_cloud(tmp_path) as (_, made):
        yield made


def test_traffic_shifts_to_green_without_one_failed_request_and_back_with_the_next(cloud: Cloud) -> None:
    """Target groups change roles with every deployment."""
    declare_deployment(cloud)
    with (
        running(cloud) as world,
        steady_stream(world.url) as answers,
        steady_stream(f"{world.url}/slow") as slow_answers,
    ):
        time.sleep(0.2)
        deploy(world, "example/app:v2")
        assert world.answer() == "example/app:v2"
        assert world.load_balancers.weights(PRODUCTION) == {GREEN: 100, BLUE: 0}
        assert world.runtime.alive == ["example/app:v2"], "the action ends only when blue is terminated"
        deploy(world, "example/app:v3")
        assert world.load_balancers.weights(PRODUCTION) == {BLUE: 100, GREEN: 0}
    seen = [body for status, body in answers if status == 200]
    assert len(answers) > 30
    assert [answer for answer in answers + slow_answers if answer[0] != 200] == []
    assert slow_answers[0] == (200, "example/app:v1"), "a request in flight while blue drains is answered"
    assert list(dict.fromkeys(seen)) == ["example/app:v1", "example/app:v2", "example/app:v3"]


def test_the_lifecycle_events_come_in_order(cloud: Cloud) -> None:
    hooks = 'Hooks:\n  - BeforeInstall: "check"\n  - AfterAllowTraffic: "check"\n'
    function = f"arn:aws:lambda:{cloud.place.region}:{cloud.place.account}:function:check"
    allowed = [*DEPLOY_POLICY, {"Action": "lambda:InvokeFunction", "Resource": function}]
    cloud.authority.put_policy(DEPLOY_ROLE, "deploy", policy(allowed))
    declare_deployment(cloud)
    with running(cloud) as world:
        deployments = codedeploy(world)
        deploy(world, "example/app:v2", deployments=deployments, appspec=APPSPEC + hooks)
        deployment = deployments.all()[0]
    assert deployment.status == "Succeeded"
    assert [(event.name, event.status) for event in deployment.events] == [
        (name, "Succeeded") for name in EVENTS
    ], "deployment-steps-ecs has them in this order, with a function or without"
    told = [
        message.removesuffix(" succeeded") for message in said(world, "CodeDeploy") if "succeeded" in message
    ]
    assert told == [
        *("BeforeInstall", "Install", "AllowTestTraffic", "AllowTraffic", "AfterAllowTraffic"),
        "deployment",
    ], "the timeline tells of those that had something to do"


def test_green_is_health_checked_before_it_gets_traffic_by_weight_0(cloud: Cloud) -> None:
    """Quoted from CodeDeploy's team in GitHub traveloka/terraform-aws-alb-single-listener#47."""
    declare_deployment(cloud)
    with running(cloud) as world:
        deploy(world, "example/app:v2")
        moves = [message for message in said(world, "ELB") if "listener on port 443" in message]
    assert moves == [
        "listener on port 443 forwards 1 to web-1 (example/app:v1), 0 to web-2 (nothing)",
        "listener on port 443 forwards 100 to web-2 (example/app:v2), 0 to web-1 (example/app:v1)",
    ], "a group is told by what it serves: its own name changes its color with every release"


def test_the_test_listener_shows_green_before_production_does(cloud: Cloud) -> None:
    declare_deployment(
        cloud, **with_test_listener(), deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes"
    )
    with running(cloud) as world:
        worker = threading.Thread(target=deploy, args=(world, "example/app:v2"))
        worker.start()
        eventually(lambda: get(world.load_balancers.url(TEST))[1] == "example/app:v2")
        assert world.load_balancers.weights(PRODUCTION)[BLUE] > 0, "production is not all on green yet"
        worker.join()


def with_test_listener() -> dict[str, Any]:
    routes = {
        "prodTrafficRoute": {"listenerArns": [PRODUCTION]},
        "testTrafficRoute": {"listenerArns": [TEST]},
        "targetGroups": [{"name": "web-1"}, {"name": "web-2"}],
    }
    return {"loadBalancerInfo": {"targetGroupPairInfo": routes}}


def test_a_canary_shifts_in_two_steps(cloud: Cloud) -> None:
    """deployment-configurations: 10 percent, the remaining 90 five minutes later (3 s by this clock)."""
    declare_deployment(cloud, deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes")
    with running(cloud) as world:
        worker = threading.Thread(target=deploy, args=(world, "example/app:v2"))
        worker.start()
        eventually(lambda: world.load_balancers.weights(PRODUCTION).get(GREEN) == 10)
        answers = [get(world.url)[1] for _ in range(20)]
        assert answers.count("example/app:v2") == 2
        worker.join()
        shares = [entry for entry in cloud.journal.entries("CodeDeploy") if "percent of" in entry.message]
        assert [entry.message.split()[0] for entry in shares] == ["10", "100"]
        waited = shares[1].seconds - shares[0].seconds
        assert waited > 2.9, "the second step waits for the declared minutes"
        assert world.answer() == "example/app:v2"


@pytest.mark.parametrize("image", ["example/unhealthy", "example/crashing", "example/unstartable"])
def test_a_green_that_never_is_healthy_fails_and_leaves_blue_alone(cloud: Cloud, image: str) -> None:
    declare_deployment(cloud)
    with running(cloud) as world, steady_stream(world.url) as answers:
        with pytest.raises(ActionFailed) as failed:
            deploy(world, image)
        on_blue_alone(world)
    reasons = {
        "example/unhealthy": "Task failed ELB health checks",
        "example/crashing": "example/crashing wrote this",
        "example/unstartable": "CannotStartContainerError",
    }
    assert failed.value.code == "DeploymentFailed"
    assert reasons[image] in failed.value.message
    assert "It was rolled back by d-" in failed.value.message, (
        "a rolled-back deployment never counts as success"
    )
    assert {answer for answer in answers if answer != (200, "example/app:v1")} == set()


def test_without_automatic_rollback_everything_remains_as_it_is(cloud: Cloud) -> None:
    """ "components remain in their current state" """
    declare_deployment(cloud, autoRollbackConfiguration={"enabled": False})
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match="everything remains as it is"):
            deploy(world, "example/unhealthy")
        assert [task_set.status for task_set in world.services.service("shop", "web").task_sets] == [
            "PRIMARY",
            "ACTIVE",
        ]


def test_an_alarm_on_greens_errors_stops_the_shift_and_brings_blue_back(cloud: Cloud) -> None:
    declare(cloud, ALARM, "web-5xx", name="web-5xx", **ALARM_ON_GREEN)
    declare_deployment(
        cloud,
        deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes",
        alarmConfiguration={"enabled": True, "alarms": ["web-5xx"]},
    )
    with running(cloud) as world, steady_stream(world.url):
        with pytest.raises(ActionFailed, match=r"ALARM_ACTIVE: .*Activated alarms: web-5xx"):
            deploy(world, "example/broken")
        on_blue_alone(world)


def test_an_alarm_while_blue_waits_for_its_end_still_brings_blue_back(cloud: Cloud) -> None:
    declare(cloud, ALARM, "web-5xx", name="web-5xx", **ALARM_ON_GREEN)
    blue = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 10}
    declare_deployment(
        cloud,
        alarmConfiguration={"enabled": True, "alarms": ["web-5xx"]},
        blueGreenDeploymentConfig={"terminateBlueInstancesOnDeploymentSuccess": blue},
    )
    with running(cloud) as world, steady_stream(world.url):
        with pytest.raises(ActionFailed, match=r"Activated alarms: web-5xx \((blue|green), example/[\w:]+\)"):
            deploy(world, "example/broken")
        on_blue_alone(world)


def test_a_second_deployment_of_the_group_is_refused_while_one_runs(cloud: Cloud) -> None:
    """codedeploy/latest/userguide/limits: one concurrent deployment per deployment group."""
    declare_deployment(cloud, deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes")
    with running(cloud) as world:
        deployments = codedeploy(world)
        worker = threading.Thread(
            target=deploy, args=(world, "example/app:v2"), kwargs={"deployments": deployments}
        )
        worker.start()
        eventually(lambda: world.load_balancers.weights(PRODUCTION).get(GREEN) == 10)
        with pytest.raises(ActionFailed, match="already has an active Deployment 'd-") as failed:
            deploy(world, "example/app:v3", deployments=deployments)
        assert failed.value.code == "DeploymentLimitExceededException"
        worker.join()
        assert world.answer() == "example/app:v2"


def test_a_stopped_deployment_is_rolled_back_and_is_no_success(cloud: Cloud) -> None:
    declare_deployment(cloud, deploymentConfigName="CodeDeployDefault.ECSCanary10Percent15Minutes")
    with running(cloud) as world:
        deployments = codedeploy(world)
        failures: list[ActionFailed] = []

        def attempt() -> None:
            with pytest.raises(ActionFailed) as failed:
                deploy(world, "example/app:v2", deployments=deployments)
            failures.append(failed.value)

        worker = threading.Thread(target=attempt)
        worker.start()
        eventually(lambda: world.load_balancers.weights(PRODUCTION).get(GREEN) == 10)
        deployments.stop()
        worker.join()
        on_blue_alone(world)
    assert "stopped: MANUAL_STOP" in failures[0].message
