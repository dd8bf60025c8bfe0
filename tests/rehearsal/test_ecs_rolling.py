"""Rolling deployments of ECS's own. Documents: AmazonECS/latest/developerguide, deployment-type-ecs unless a test names another."""

from pathlib import Path
from typing import Any

import pytest

from rehearsal.ecs.task_set import TaskSet
from tests.rehearsal.asking import refused
from tests.rehearsal.bluegreen_world import (
    BLUE,
    GREEN,
    PRODUCTION,
    TEST,
    WEB,
    eventually,
    get,
    steady_stream,
)
from tests.rehearsal.rolling_world import ON_WEB, declare_alarm, rolling, steady

BREAKER = {"enable": True, "rollback": True}
WORKER: dict[str, Any] = {"loadBalancers": []}


def test_every_task_is_replaced_and_no_request_is_lost(tmp_path: Path) -> None:
    with steady(tmp_path, desiredCount=2) as world:
        first = world.told()
        with steady_stream(world.url) as answers:
            begun = world.deploy("example/app:v2")
            assert [one["status"] for one in begun["deployments"]] == ["PRIMARY", "ACTIVE"]
            assert world.ended()["status"] == "SUCCESSFUL"
        assert {status for status, _ in answers} == {200}
        assert world.answer() == "example/app:v2"
        world.is_on("example/app:v2")
        (primary,) = world.told()["deployments"]
        assert primary["id"] != first["deployments"][0]["id"]
        tasks = world.client.list_tasks(cluster="shop", startedBy=primary["id"])["taskArns"]
        assert len(tasks) == 2, "a task's startedBy is the id of the deployment that wants it"
        gone = world.client.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
        told = world.client.describe_tasks(cluster="shop", tasks=gone)["tasks"]
        assert {one["stopCode"] for one in told} == {"ServiceSchedulerInitiated"}
        assert world.messages()[0] == "(service web) has reached a steady state."


def test_what_a_deployment_brings_is_a_revision(tmp_path: Path) -> None:
    """API_ServiceDeployment, API_ServiceRevision; ecs_service_deployment_events."""
    with steady(tmp_path) as world:
        ended = world.release("example/app@sha256:" + "b" * 64)
        before, after = ended["sourceServiceRevisions"][0]["arn"], ended["targetServiceRevision"]["arn"]
        found = world.client.describe_service_revisions(serviceRevisionArns=[after, before])[
            "serviceRevisions"
        ]
        assert [one["serviceRevisionArn"] for one in found] == [after, before]
        assert found[0]["containerImages"][0]["imageDigest"] == "sha256:" + "b" * 64
        assert found[0]["loadBalancers"][0]["targetGroupArn"] == BLUE
        assert world.told()["currentServiceRevisions"][0]["arn"] == after
        assert world.told()["currentServiceDeployment"] == ended["serviceDeploymentArn"]
        names = [one["detail"]["eventName"] for one in world.events]
        assert names == ["SERVICE_DEPLOYMENT_IN_PROGRESS", "SERVICE_DEPLOYMENT_COMPLETED"] * 2
        assert world.events[-1]["resources"] == [WEB]


def test_the_percentages_hold_all_the_while(tmp_path: Path) -> None:
    """minimumHealthyPercent is rounded up (2 of 3), maximumPercent down (3 of 3)."""
    with steady(
        tmp_path, desiredCount=3, deploymentMinimumHealthyPercent=50, deploymentMaximumPercent=119
    ) as world:
        world.deploy("example/app:v2")
        deployment = world.service.deployments[-1]
        seen: list[tuple[int, int]] = []
        while not deployment.ended.wait(0.005):
            sets: list[TaskSet] = list(world.service.task_sets)
            seen.append((sum(one.count for one in sets), sum(one.well for one in sets)))
        assert max(count for count, _ in seen) == 3
        assert min(well for _, well in seen) >= 1, "one may just be between two looks"
        assert min(count for count, _ in seen) == 2
        world.is_on("example/app:v2")


def test_percentages_that_leave_no_room_are_said_and_a_new_deployment_goes_on(tmp_path: Path) -> None:
    """service-event-messages-list: one task, minimum and maximum 100 percent."""
    with steady(tmp_path, deploymentMinimumHealthyPercent=100, deploymentMaximumPercent=100) as world:
        world.deploy("example/app:v2")
        eventually(lambda: "was unable to stop or start tasks during a deployment" in world.messages()[0])
        assert world.answer() == "example/app:v1"
        world.update(deploymentConfiguration={"maximumPercent": 200}, forceNewDeployment=True)
        assert world.ended()["status"] == "SUCCESSFUL"
        assert world.told()["deploymentConfiguration"] == {
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
        }
        stuck = world.service.deployments[-2]
        assert (str(stuck.status), stuck.reason) == ("STOPPED", "A new service deployment was started.")
        world.is_on("example/app:v2")


@pytest.mark.parametrize("image", ["example/unstartable", "example/crashing", "example/unhealthy"])
def test_the_circuit_breaker_brings_the_completed_deployment_back(tmp_path: Path, image: str) -> None:
    """deployment-circuit-breaker: three failures, then a rollback to what was COMPLETED."""
    with steady(tmp_path, deploymentCircuitBreaker=BREAKER) as world:
        (good,) = world.told()["deployments"]
        with steady_stream(world.url) as answers:
            ended = world.release(image)
        assert set(answers) == {(200, "example/app:v1")}
        assert ended["status"] == "ROLLBACK_SUCCESSFUL"
        assert ended["statusReason"].endswith("because the circuit breaker threshold was exceeded.")
        breaker = ended["deploymentCircuitBreaker"]
        assert (breaker["status"], breaker["failureCount"], breaker["threshold"]) == ("TRIGGERED", 3, 3)
        assert ended["rollback"]["serviceRevisionArn"] == world.told()["currentServiceRevisions"][0]["arn"]
        world.is_on("example/app:v1")
        assert world.told()["deployments"][0]["id"] == good["id"], "the deployment of before is PRIMARY again"
        world.client.get_waiter("services_stable").wait(cluster="shop", services=["web"])
        names = [one["detail"]["eventName"] for one in world.events[-3:]]
        assert names == [f"SERVICE_DEPLOYMENT_{one}" for one in ("FAILED", "IN_PROGRESS", "COMPLETED")]
        assert f"rolling back to deploymentId {good['id']}" in world.events[-2]["detail"]["reason"]


def test_a_circuit_breaker_without_rollback_leaves_what_serves(tmp_path: Path) -> None:
    """service-deployment: STOP_REQUESTED, then STOPPED; a FAILED deployment launches nothing."""
    with steady(tmp_path, deploymentCircuitBreaker={"enable": True, "rollback": False}) as world:
        ended = world.release("example/unstartable")
        assert ended["status"] == "STOPPED"
        assert "rollback" not in ended
        primary, active = world.told()["deployments"]
        assert (primary["status"], primary["rolloutState"]) == ("PRIMARY", "FAILED")
        assert primary["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
        assert (active["status"], active["runningCount"]) == ("ACTIVE", 1)
        assert world.answer() == "example/app:v1"
        assert world.release("example/app:v2")["status"] == "SUCCESSFUL"
        world.is_on("example/app:v2")


def test_a_first_deployment_that_fails_has_nothing_to_go_back_to(tmp_path: Path) -> None:
    """deployment-circuit-breaker: it stalls and launches nothing; the next deployment begins anew."""
    with rolling(tmp_path, image="example/unstartable", deploymentCircuitBreaker=BREAKER) as world:
        ended = world.ended()
        assert ended["status"] == "ROLLBACK_FAILED"
        assert "no completed deployment" in ended["statusReason"]
        tried = len(world.service.primary.lives)
        world.cloud.clock.sleep(200)
        assert len(world.service.primary.lives) == tried
        assert world.release("example/app:v2")["status"] == "SUCCESSFUL"
        world.is_on("example/app:v2")


def test_without_a_circuit_breaker_a_failing_deployment_never_ends(tmp_path: Path) -> None:
    """service-throttle-logic: ECS never stops a failing service from retrying; somebody has to."""
    with steady(tmp_path) as world:
        world.deploy("example/unstartable")
        eventually(lambda: "unable to consistently start tasks" in " ".join(world.messages()))
        (primary, _) = world.told()["deployments"]
        assert primary["rolloutState"] == "IN_PROGRESS"
        arn = world.told()["currentServiceDeployment"]
        assert world.client.stop_service_deployment(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn
        ended = world.ended()
        assert (ended["status"], ended["deploymentCircuitBreaker"]["status"]) == (
            "ROLLBACK_SUCCESSFUL",
            "DISABLED",
        )
        world.is_on("example/app:v1")
        said = refused(world.client.stop_service_deployment, serviceDeploymentArn=arn)
        assert said.startswith("ConflictException: ")


def test_a_stop_by_hand_before_anything_was_completed_stops(tmp_path: Path) -> None:
    """service-deployment: ROLLBACK_REQUESTED can move to STOPPED."""
    with rolling(tmp_path, image="example/refusing", healthCheckGracePeriodSeconds=600) as world:
        arn = world.told()["currentServiceDeployment"]
        world.client.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
        assert world.ended()["status"] == "STOPPED"
        said = refused(world.client.stop_service_deployment, serviceDeploymentArn=arn, stopType="ABORT")
        assert (
            said
            == "InvalidParameterException: stopType ABORT is not supported. The valid values are ROLLBACK."
        )


def test_a_new_deployment_stops_the_one_that_runs(tmp_path: Path) -> None:
    """service-deployment: STOP_REQUESTED when a user starts a new one."""
    with steady(tmp_path, healthCheckGracePeriodSeconds=600) as world:
        world.deploy("example/refusing")
        eventually(lambda: len(world.runtime.alive) == 2)
        assert world.release("example/app:v3")["status"] == "SUCCESSFUL"
        listed = world.client.list_service_deployments(**ON_WEB)["serviceDeployments"]
        assert [one["status"] for one in listed] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
        world.is_on("example/app:v3")


def test_an_alarm_during_the_bake_brings_the_old_tasks_back(tmp_path: Path) -> None:
    """deployment-alarm-failure: the bake begins when the old tasks are gone, and IN_PROGRESS lasts as long."""
    alarms = {"alarmNames": ["depth"], "enable": True, "rollback": True}
    baking = {"bakeTimeInMinutes": "30"}
    with steady(tmp_path, alarms=alarms, deploymentConfiguration=baking) as world:
        declare_alarm(world.cloud, "depth")
        world.deploy("example/app:v2")
        eventually(lambda: world.answer() == "example/app:v2")
        eventually(lambda: [one["runningCount"] for one in world.told()["deployments"]] == [1, 0])
        assert world.told()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
        world.alarms.set_state("depth", "ALARM", "by hand")
        ended = world.ended()
        assert (ended["status"], ended["alarms"]["status"]) == ("ROLLBACK_SUCCESSFUL", "TRIGGERED")
        assert ended["alarms"]["triggeredAlarmNames"] == ["depth"]
        assert "depth" in ended["statusReason"]
        world.is_on("example/app:v1")


def test_alarms_that_are_on_at_the_start_are_not_looked_at(tmp_path: Path) -> None:
    """deployment-alarm-failure: this is how a deployment that repairs things gets through."""
    alarms = {"alarmNames": ["depth", "other"], "enable": True, "rollback": True}
    with steady(tmp_path, alarms=alarms) as world:
        for name in ("depth", "other"):
            declare_alarm(world.cloud, name)
        world.alarms.set_state("depth", "ALARM", "by hand")
        world.deploy("example/app:v2")
        eventually(lambda: world.service.deployments[-1].status == "IN_PROGRESS")
        world.alarms.set_state("other", "ALARM", "by hand")
        ended = world.ended()
        assert (ended["status"], ended["alarms"]["status"]) == ("SUCCESSFUL", "DISABLED")


def test_a_worker_is_replaced_and_one_that_ends_at_once_is_rolled_back(tmp_path: Path) -> None:
    """API_DeploymentConfiguration: without a health check a task counts after forty seconds of running."""
    with steady(tmp_path, **WORKER, deploymentCircuitBreaker=BREAKER) as world:
        assert world.release("example/app:v2")["status"] == "SUCCESSFUL"
        world.is_on("example/app:v2")
        ended = world.release("example/crashing")
        assert ended["status"] == "ROLLBACK_SUCCESSFUL"
        world.is_on("example/app:v2")
        stopped = world.client.list_tasks(cluster="shop", desiredStatus="STOPPED")["taskArns"]
        told = world.client.describe_tasks(cluster="shop", tasks=stopped)["tasks"]
        exits = [one for one in told if one.get("stopCode") == "EssentialContainerExited"]
        assert {one["stoppedReason"] for one in exits} == {"Essential container in task exited"}
        assert [one["containers"][0]["exitCode"] for one in exits] == [3, 3, 3]


def test_a_worker_that_ends_within_forty_seconds_keeps_the_old_one(tmp_path: Path) -> None:
    """The old task ends only when the new one counts; an end before that is a failure."""
    with steady(tmp_path, **WORKER, deploymentCircuitBreaker=BREAKER) as world:
        old = world.runtime.tasks[-1]
        world.deploy("example/app:v2")
        for number in (2, 3, 4):
            eventually(lambda wanted=number: len(world.runtime.tasks) == wanted)
            assert not old.stopped
            world.runtime.tasks[-1].code = 1
        assert world.ended()["status"] == "ROLLBACK_SUCCESSFUL"
        assert not old.stopped, "it was never taken away"


def test_a_service_is_resized_during_a_deployment_and_after_it(tmp_path: Path) -> None:
    """API_UpdateService: desiredCount begins no deployment."""
    with steady(tmp_path) as world:
        world.deploy("example/app:v2")
        world.update(desiredCount=3)
        assert world.ended()["targetServiceRevision"]["runningTaskCount"] == 3
        world.update(desiredCount=1, taskDefinition=world.told()["taskDefinition"])
        eventually(lambda: len(world.runtime.alive) == 1)
        assert len(world.service.deployments) == 2, "the task definition that runs already begins none"


def test_a_service_in_several_target_groups_is_healthy_in_all_of_them(tmp_path: Path) -> None:
    """register-multiple-targetgroups."""
    with steady(tmp_path) as world:
        before = world.load_balancers.health(BLUE)
        group = world.told()["loadBalancers"][0]
        two = [group, {**group, "targetGroupArn": GREEN}]
        world.load_balancers.forward(TEST, {GREEN: 1})
        world.update(loadBalancers=two)
        assert world.ended()["status"] == "SUCCESSFUL"
        for arn in (BLUE, GREEN):
            assert list(world.load_balancers.health(arn).values()) == ["healthy"]
        assert world.load_balancers.health(BLUE) != before
        assert get(world.load_balancers.url(PRODUCTION)) == (200, "example/app:v1")
