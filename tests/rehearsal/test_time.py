"""Time: what AWS waits passes quickly, what the application needs does not, and alarms last over deployments.

The fake programs of these tests live ten times faster than real ones (`OWN`); seconds below are declared ones.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from documents.alarms import unhealthy_minutes
from rehearsal.cloudwatch.alarms import ALARM
from rehearsal.codepipeline.execution import ActionFailed
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    BLUE,
    GREEN,
    OWN,
    PRODUCTION,
    blue_green_cloud,
    counted,
    declare,
    declare_deployment,
    eventually,
    get,
    running,
    steady_stream,
)
from tests.rehearsal.deploying import ALARM_ON_GREEN, codedeploy, deploy, on_blue_alone, said


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with blue_green_cloud(tmp_path) as (_, made):
        yield made


def unhealthy_alarm(cloud: Cloud, group: str, minutes: int) -> str:
    """Declare what the program declares: an alarm on a group's unhealthy targets."""
    name = f"web-unhealthy-{group[-1]}"
    alarm = {
        **ALARM_ON_GREEN,
        "dimensions": {
            "TargetGroup": group.rsplit(":", maxsplit=1)[-1],
            "LoadBalancer": "app/shop/50dc6c495c0c9188",
        },
        "metricName": "UnHealthyHostCount",
        "statistic": "Maximum",
        "evaluationPeriods": minutes,
        "threshold": 1,
    }
    declare(cloud, ALARM, name, name=name, **alarm)
    return name


def group_with(cloud: Cloud, *alarms: str, **more: Any) -> None:
    declare_deployment(cloud, alarmConfiguration={"enabled": True, "alarms": list(alarms)}, **more)


def test_declared_seconds_pass_fast_until_somebody_holds_the_clock() -> None:
    clock = Clock(0.001)
    began = time.monotonic()
    clock.sleep(100)
    assert 0.09 < time.monotonic() - began < 1
    with clock.held():
        before = clock.now()
        time.sleep(0.05)
        assert clock.now() - before < 0.5, "a held clock shows real seconds"
        clock.hold("another")
    assert clock.is_held, "held until everybody has let go"
    clock.release("another")
    clock.release("nobody")
    assert not clock.is_held


def test_a_wait_that_has_begun_slows_down_when_the_clock_is_held() -> None:
    clock = Clock(0.001, own=0.1)
    clock.hold("a slow application")
    began = time.monotonic()
    clock.sleep(3)
    assert time.monotonic() - began >= 0.29


def test_an_application_may_start_as_slowly_as_its_grace_period_lets_it(cloud: Cloud) -> None:
    """The load balancer calls it unhealthy after ten seconds, ECS lets it be for sixty, and the alarm is made to wait."""
    group_with(cloud, unhealthy_alarm(cloud, GREEN, unhealthy_minutes(60, 5, 2)))
    with running(cloud, healthCheckGracePeriodSeconds=60) as world:
        began = time.monotonic()
        deploy(world, "example/warming-40")
        assert time.monotonic() - began > 40 * OWN, "it had the time it needs, and not a hundredth of it"
        assert world.answer() == "example/warming-40"
        assert not [line for line in said(world, "CodeDeploy") if "rolled back" in line]
        told = [line for line in said(world, "ECS") if "s after its start" in line]
        assert any("it answers 500 on /health, where 200 is healthy" in line for line in told), said(
            world, "ECS"
        )


def test_an_application_that_needs_longer_than_its_grace_period_fails_as_on_aws(cloud: Cloud) -> None:
    declare_deployment(cloud)
    with running(cloud, healthCheckGracePeriodSeconds=15) as world:
        with pytest.raises(ActionFailed) as failed:
            deploy(world, "example/warming-40")
        on_blue_alone(world)
    message = failed.value.message
    assert f"Task failed ELB health checks in (target-group {GREEN})" in message
    for setting in ("gracePeriodSeconds 15", "unhealthyThreshold 2", "intervalSeconds 5"):
        assert setting in message, "whoever reads it must know what to change"


def test_an_alarm_quicker_than_the_start_stops_it_as_on_aws(cloud: Cloud) -> None:
    """Settings refuse this contradiction; a group made otherwise shows what it comes to."""
    group_with(cloud, unhealthy_alarm(cloud, GREEN, 2))
    with running(cloud, healthCheckGracePeriodSeconds=60) as world:
        with pytest.raises(ActionFailed, match=r"stopped: ALARM_ACTIVE: .*web-unhealthy-2"):
            deploy(world, "example/warming-40")
        on_blue_alone(world)


def test_what_aws_alone_waits_for_passes_quickly_beside_a_slow_start(cloud: Cloud) -> None:
    blue = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60}
    declare_deployment(cloud, blueGreenDeploymentConfig={"terminateBlueInstancesOnDeploymentSuccess": blue})
    with running(cloud, healthCheckGracePeriodSeconds=60) as world:
        began = time.monotonic()
        deploy(world, "example/warming-10")
        assert time.monotonic() - began < 10 * OWN + 6, "an hour with blue takes three seconds"


def test_an_application_that_falls_ill_while_blue_still_waits_is_found_out(cloud: Cloud) -> None:
    """The wait for blue's end must not be over before the checks could fail as often as declared."""
    blue = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 5}
    group_with(
        cloud,
        unhealthy_alarm(cloud, GREEN, 2),
        blueGreenDeploymentConfig={"terminateBlueInstancesOnDeploymentSuccess": blue},
    )
    with running(cloud, healthCheckGracePeriodSeconds=60) as world:
        with pytest.raises(ActionFailed, match="ALARM_ACTIVE"):
            deploy(world, "example/sickening-15")
        on_blue_alone(world)


def test_an_alarm_on_the_old_version_takes_traffic_back_to_it_while_it_waits_for_its_end(
    cloud: Cloud,
) -> None:
    """Both groups' alarms count, whatever their color is (CodeDeploy User Guide, monitoring-create-alarms)."""
    blue = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 5}
    group_with(
        cloud,
        unhealthy_alarm(cloud, BLUE, 2),
        blueGreenDeploymentConfig={"terminateBlueInstancesOnDeploymentSuccess": blue},
    )
    with running(cloud, "example/sickening-20", healthCheckGracePeriodSeconds=600) as world:
        with pytest.raises(ActionFailed, match=r"ALARM_ACTIVE: .*web-unhealthy-1"):
            deploy(world, "example/app:v2")
        assert world.answer() == "example/sickening-20", "back on the version that is ill"


def errors_on_blue(cloud: Cloud) -> str:
    dimensions = {"TargetGroup": BLUE.split(":")[-1], "LoadBalancer": "app/shop/50dc6c495c0c9188"}
    alarm = {**ALARM_ON_GREEN, "dimensions": dimensions}
    declare(cloud, ALARM, "web-5xx-1", name="web-5xx-1", **alarm)
    return "web-5xx-1"


def test_an_alarm_that_is_on_when_a_deployment_is_created_stops_it_before_anything_is_made(
    cloud: Cloud,
) -> None:
    """CodeDeploy API Reference, CreateDeployment: `overrideAlarmConfiguration` is there because this is so."""
    group_with(cloud, errors_on_blue(cloud))
    with running(cloud, "example/broken") as world:
        deployments = codedeploy(world)
        with steady_stream(world.url):
            eventually(lambda: counted(world.load_balancers, BLUE, "HTTPCode_Target_5XX_Count") > 3)
            with pytest.raises(ActionFailed, match=r"stopped: ALARM_ACTIVE: .*Activated alarms: web-5xx-1"):
                deploy(world, "example/app:v2", deployments=deployments)
        assert deployments.all()[0].status == "Stopped", "monitoring-create-alarms: the status is Stopped"
        assert deployments.all()[0].events == [], "not even BeforeInstall"
        assert world.load_balancers.weights(PRODUCTION) == {BLUE: 1}
        assert "alarm web-5xx-1 is ALARM" in said(world, "CloudWatch")


def test_with_the_groups_alarms_switched_off_the_fix_goes_through(cloud: Cloud) -> None:
    """What docs/operations.md does: update-deployment-group with enabled=false."""
    declare_deployment(cloud, alarmConfiguration={"enabled": False, "alarms": [errors_on_blue(cloud)]})
    with running(cloud, "example/broken") as world, steady_stream(world.url):
        eventually(lambda: counted(world.load_balancers, BLUE, "HTTPCode_Target_5XX_Count") > 3)
        deploy(world, "example/app:v2")
        assert get(world.url) == (200, "example/app:v2")


def test_an_alarm_is_over_when_a_minute_without_errors_has_passed(cloud: Cloud) -> None:
    group_with(cloud, errors_on_blue(cloud))
    with running(cloud, "example/broken") as world:
        deployments = codedeploy(world)
        for _ in range(5):
            get(world.url)
        with pytest.raises(ActionFailed, match="ALARM_ACTIVE"):
            deploy(world, "example/app:v2", deployments=deployments)
        cloud.clock.sleep(70)
        deploy(world, "example/app:v2", deployments=deployments)
        assert said(world, "CloudWatch") == ["alarm web-5xx-1 is ALARM", "alarm web-5xx-1 is OK"]


@pytest.mark.parametrize("ignored", [False, True])
def test_an_alarm_that_does_not_exist_stops_the_deployment_unless_failed_polls_are_ignored(
    cloud: Cloud, *, ignored: bool
) -> None:
    """CodeDeploy API Reference, AlarmConfiguration, `ignorePollAlarmFailure`."""
    configuration = {"enabled": True, "alarms": ["web-nothing"], "ignorePollAlarmFailure": ignored}
    declare_deployment(cloud, alarmConfiguration=configuration)
    with running(cloud) as world:
        if ignored:
            deploy(world, "example/app:v2")
            return
        with pytest.raises(ActionFailed, match="alarm web-nothing does not exist; there are none") as failed:
            deploy(world, "example/app:v2")
        assert "INVALID_ECS_SERVICE" not in failed.value.message, "the service has nothing to do with it"
        on_blue_alone(world)


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("example/unhealthy", ["[500]", "it answers 500 on /health, where 200 is healthy"]),
        ("example/refusing", ["Target.FailedHealthChecks", "it takes no connection (Connect call failed"]),
        ("example/hanging", ["Target.Timeout", "it gave no answer on /health within 4 s"]),
        ("example/crashing", ["Essential container in task exited", "exit code 3"]),
    ],
)
def test_why_a_task_is_not_healthy_is_said_in_full_and_the_same_in_each_run(
    cloud: Cloud, image: str, parts: list[str]
) -> None:
    declare_deployment(cloud)
    with running(cloud) as world:
        for _ in range(2):
            with pytest.raises(ActionFailed) as failed:
                deploy(world, image)
            message = failed.value.message
            for part in [*parts, f"{image} wrote this"]:
                assert part in message, message
            if "crashing" not in image:
                assert "(container web, port 8080) is unhealthy" in message, "whose port it was"
            assert not [one for one in message if ord(one) < 32 and one != "\n"], (
                "nothing that a terminal obeys"
            )
            on_blue_alone(world)


def test_an_alarm_that_goes_off_first_hides_no_reason(cloud: Cloud) -> None:
    group_with(cloud, unhealthy_alarm(cloud, GREEN, 2))
    with running(cloud, healthCheckGracePeriodSeconds=600) as world:
        with pytest.raises(ActionFailed) as failed:
            deploy(world, "example/unhealthy")
        assert "ALARM_ACTIVE" in failed.value.message
        assert "it answers 500 on /health, where 200 is healthy" in failed.value.message
        assert "example/unhealthy wrote this" in failed.value.message


def test_somebody_who_is_there_has_time_to_act_in_a_wait() -> None:
    clock = Clock(0.0001)
    clock.run(times=10)
    begun = time.monotonic()
    clock.sleep(1.0)
    assert time.monotonic() - begun >= 0.1, "a declared second was a ten-thousandth of a real one before"
    before = clock.now()
    clock.run(times=1000)
    assert clock.now() - before < 10, "what has passed stays passed: a change of pace is no jump in time"
