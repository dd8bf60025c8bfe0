"""Blue/green, canary and linear deployments of ECS's own. Documents: AmazonECS/latest/developerguide, a page for each test."""

from pathlib import Path
from typing import Any

import pytest

from rehearsal.ecs.deployments.deployment import HookStatus
from tests.rehearsal.asking import refused
from tests.rehearsal.bluegreen_world import BLUE, GREEN, eventually, steady_stream, trusted_by
from tests.rehearsal.rolling_world import ON_WEB, declare_alarm, rolling
from tests.rehearsal.shifting_world import INFRASTRUCTURE, Shifting, shifting

V1, V2 = "example/app:v1", "example/app:v2"


def pause(stage: str, **limit: Any) -> dict[str, Any]:
    return {"targetType": "PAUSE", "lifecycleStages": [stage], "timeoutConfiguration": limit or None}


def waiting(made: Shifting) -> dict[str, Any]:
    """The pause that waits for somebody, as DescribeServiceDeployments tells it."""
    deployment = made.world.service.deployments[-1]
    eventually(lambda: any(one.status is HookStatus.AWAITING_ACTION for one in deployment.hooks), 10)
    told = made.world.deployment(deployment.arn)
    (hook,) = [one for one in told["lifecycleHookDetails"] if one["status"] == "AWAITING_ACTION"]
    return {"arn": deployment.arn, "hook": hook["hookId"], "stage": told["lifecycleStage"], **hook}


def go_on(made: Shifting, action: str = "CONTINUE") -> None:
    hook = waiting(made)
    made.world.client.continue_service_deployment(
        serviceDeploymentArn=hook["arn"], hookId=hook["hook"], action=action
    )


def test_each_deployment_goes_to_the_group_that_the_production_rule_does_not_serve(tmp_path: Path) -> None:
    """blue-green-deployment-how-it-works; the record of the service never changes."""
    with shifting(tmp_path) as made:
        world = made.world
        declared = world.told()["loadBalancers"]
        assert world.ended()["status"] == "SUCCESSFUL"
        assert made.production_weights() == {GREEN: 100, BLUE: 0}, "blue had the weight, so green was free"
        with steady_stream(world.url) as answers:
            ended = world.release(V2)
        assert ended["status"] == "SUCCESSFUL"
        assert set(answers) <= {(200, V1), (200, V2)}
        assert made.production_weights() == {BLUE: 100, GREEN: 0}
        assert (world.answer(), made.tested()) == (V2, V2), "the test rule stays on what was tested"
        assert world.told()["loadBalancers"] == declared
        revision = ended["targetServiceRevision"]
        assert (revision["requestedProductionTrafficWeight"], revision["requestedTestTrafficWeight"]) == (
            100,
            100,
        )
        told = world.client.describe_service_revisions(serviceRevisionArns=[revision["arn"]])[
            "serviceRevisions"
        ][0]
        assert told["resolvedConfiguration"]["loadBalancers"] == [
            {"targetGroupArn": BLUE, "productionListenerRule": made.production}
        ]
        world.is_on(V2)


def test_test_traffic_comes_first_and_a_pause_waits_for_somebody(tmp_path: Path) -> None:
    """pause-lifecycle-hooks."""
    with shifting(tmp_path, lifecycleHooks=[pause("POST_TEST_TRAFFIC_SHIFT")]) as made:
        world = made.world
        assert world.ended()["status"] == "SUCCESSFUL", "a first revision waits for nobody"
        world.deploy(V2)
        hook = waiting(made)
        assert (hook["stage"], hook["timeoutAction"]) == ("POST_TEST_TRAFFIC_SHIFT", "ROLLBACK")
        assert (made.tested(), world.answer()) == (V2, V1)
        go_on(made)
        assert world.ended()["status"] == "SUCCESSFUL"
        assert world.answer() == V2
        told = [one["detail"] for one in world.events if one["detail-type"] == "ECS Hook State Change"]
        assert [one["eventName"] for one in told] == ["HOOK_AWAITING_ACTION", "HOOK_SUCCEEDED"]
        assert told[0]["hookId"] == hook["hook"]


def test_a_pause_that_is_rolled_back_leaves_production_where_it_was(tmp_path: Path) -> None:
    with shifting(tmp_path, lifecycleHooks=[pause("POST_TEST_TRAFFIC_SHIFT")]) as made:
        made.world.ended()
        before = made.production_weights()
        made.world.deploy(V2)
        go_on(made, "ROLLBACK")
        ended = made.world.ended()
        assert ended["status"] == "ROLLBACK_SUCCESSFUL"
        assert ended["statusReason"].startswith(
            "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."
        )
        assert made.production_weights() == before
        assert (made.tested(), made.world.answer()) == (V1, V1)
        made.world.is_on(V1)


@pytest.mark.parametrize(
    ("action", "status"), [("CONTINUE", "SUCCESSFUL"), ("ROLLBACK", "ROLLBACK_SUCCESSFUL")]
)
def test_a_pause_that_nobody_ends_ends_as_it_is_declared(tmp_path: Path, action: str, status: str) -> None:
    """pause-lifecycle-hooks, "Timeout behavior"."""
    hook = pause("PRE_SCALE_UP", timeoutInMinutes="1", action=action)
    with shifting(tmp_path, lifecycleHooks=[hook]) as made:
        made.world.ended()
        ended = made.world.release(V2)
        assert ended["status"] == status
        assert ended["lifecycleHookDetails"][0]["status"] in {"SUCCEEDED", "TIMED_OUT"}


@pytest.mark.parametrize(("answer", "status"), [(True, "SUCCESSFUL"), (False, "ROLLBACK_SUCCESSFUL")])
def test_a_rehearsal_may_answer_in_a_persons_place(tmp_path: Path, answer: bool, status: str) -> None:  # noqa: FBT001
    asked: list[str] = []

    def ask(text: str) -> bool:
        asked.append(text)
        return answer

    with shifting(tmp_path, lifecycleHooks=[pause("POST_SCALE_UP")], ask=ask) as made:
        made.world.ended()
        assert made.world.release(V2)["status"] == status
        assert asked == ["Service web waits at POST_SCALE_UP. Continue?"]


def test_a_canary_takes_its_share_first_and_waits_before_every_step(tmp_path: Path) -> None:
    """canary-deployment; pause-lifecycle-hooks, "Pause hooks with linear and canary deployments"."""
    canary = {"canaryPercent": 10, "canaryBakeTimeInMinutes": "1"}
    hooks = [pause("PRE_PRODUCTION_TRAFFIC_SHIFT")]
    with shifting(tmp_path, strategy="CANARY", canaryConfiguration=canary, lifecycleHooks=hooks) as made:
        made.world.ended()
        made.world.deploy(V2)
        go_on(made)
        eventually(lambda: made.production_weights() == {BLUE: 10, GREEN: 90})
        arn = made.world.told()["currentServiceDeployment"]
        assert made.world.deployment(arn)["targetServiceRevision"]["requestedProductionTrafficWeight"] == 10
        go_on(made)
        ended = made.world.ended()
        assert ended["status"] == "SUCCESSFUL"
        assert len({one["hookId"] for one in ended["lifecycleHookDetails"]}) == 2


def test_a_linear_deployment_moves_step_by_step_in_tenths_of_a_percent_too(tmp_path: Path) -> None:
    """API_LinearConfiguration: multiples of 0.1; a rule's weights are whole numbers."""
    linear = {"stepPercent": 33.3, "stepBakeTimeInMinutes": "0"}
    with shifting(tmp_path, with_test=False, strategy="LINEAR", linearConfiguration=linear) as made:
        made.world.ended()
        assert made.world.release(V2)["status"] == "SUCCESSFUL"
        moved = [one.message for one in made.world.cloud.journal.entries("ELB") if "rule 1" in one.message]
        shares = [[int(word) for word in one.split() if word.isdecimal()][2:] for one in moved[1:]]
        assert [one[0] for one in shares] == [333, 666, 999, 100]
        assert [one[-1] for one in shares] == [667, 334, 1, 0]


def test_an_alarm_during_the_canary_moves_the_traffic_back(tmp_path: Path) -> None:
    canary = {"canaryPercent": 10, "canaryBakeTimeInMinutes": "60"}
    alarms = {"alarmNames": ["depth"], "enable": True, "rollback": True}
    with shifting(tmp_path, strategy="CANARY", canaryConfiguration=canary, alarms=alarms) as made:
        declare_alarm(made.world.cloud, "depth")
        made.world.ended()
        made.world.deploy(V2)
        eventually(lambda: made.production_weights() == {BLUE: 10, GREEN: 90})
        made.world.alarms.set_state("depth", "ALARM", "by hand")
        ended = made.world.ended()
        assert (ended["status"], ended["alarms"]["triggeredAlarmNames"]) == ("ROLLBACK_SUCCESSFUL", ["depth"])
        assert made.production_weights() == {BLUE: 0, GREEN: 100}
        made.world.is_on(V1)


def test_a_stop_by_hand_during_the_bake_moves_the_traffic_back(tmp_path: Path) -> None:
    """stop-service-deployment."""
    with shifting(tmp_path, bakeTimeInMinutes="60") as made:
        made.world.ended()
        arn = made.world.deploy(V2)["currentServiceDeployment"]
        eventually(lambda: made.world.deployment(arn).get("lifecycleStage") == "BAKE_TIME")
        assert made.world.answer() == V2
        made.world.client.stop_service_deployment(serviceDeploymentArn=arn)
        assert made.world.ended()["status"] == "ROLLBACK_SUCCESSFUL"
        assert (made.world.answer(), made.tested()) == (V1, V1)


@pytest.mark.parametrize("image", ["example/unhealthy", "example/unstartable"])
def test_green_that_does_not_come_up_gets_no_traffic(tmp_path: Path, image: str) -> None:
    """The circuit breaker is for rolling deployments; a stage ends after 24 hours."""
    with shifting(tmp_path) as made:
        made.world.ended()
        with steady_stream(made.world.url) as answers:
            ended = made.world.release(image)
        assert set(answers) == {(200, V1)}
        assert ended["status"] == "ROLLBACK_SUCCESSFUL"
        assert "SCALE_UP did not complete within 24 hours" in ended["statusReason"]
        made.world.is_on(V1)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("elasticloadbalancing:ModifyRule", "TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: "),
        (
            "elasticloadbalancing:RegisterTargets",
            "failed to register targets in target-group web-1 with (error User: ",
        ),
        (
            "elasticloadbalancing:DescribeTargetHealth",
            "failed to describe target health on target-group web-1",
        ),
        (
            "elasticloadbalancing:DescribeRules",
            f"missing permissions on ECS Infrastructure Role '{INFRASTRUCTURE}'",
        ),
    ],
)
def test_a_role_that_may_not_fails_the_deployment_with_its_reason(
    tmp_path: Path, action: str, said: str
) -> None:
    """troubleshooting-blue-green, "Permission issues"."""
    with shifting(tmp_path) as made:
        made.world.ended()
        made.allow(without=action)
        ended = made.world.release(V2)
        assert said in ended["statusReason"]
        assert action in ended["statusReason"]
        assert ended["status"] == "ROLLBACK_SUCCESSFUL"
        assert made.world.answer() == V1


def test_a_role_that_does_not_trust_ecs_fails_the_deployment(tmp_path: Path) -> None:
    with shifting(tmp_path) as made:
        made.world.ended()
        made.world.cloud.authority.put_role(INFRASTRUCTURE, trusted_by("ec2.amazonaws.com"))
        reason = made.world.release(V2)["statusReason"]
        assert reason.startswith(
            "Service deployment rolled back because of invalid networking configuration. ECS was unable"
        )


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (
            {BLUE: 1, GREEN: 1},
            "should have exactly one target group serving traffic but found 2 target groups",
        ),
        ({BLUE: 0, GREEN: 0}, "but found 0 target groups"),
        ({GREEN: 1}, ": For Application LoadBalancer, testListenerRule is required when"),
    ],
)
def test_rules_that_are_not_what_they_must_be_roll_the_deployment_back(
    tmp_path: Path, weights: dict[str, int], said: str
) -> None:
    """troubleshooting-blue-green, "Load balancer configuration issues": asynchronous, in statusReason."""
    with shifting(tmp_path, with_test=False) as made:
        made.world.ended()
        made.world.load_balancers.forward(made.production, weights)
        ended = made.world.release(V2)
        assert ended["statusReason"].startswith(
            "Service deployment rolled back because of invalid networking"
        )
        assert said in ended["statusReason"]
        assert made.production_weights() == weights, "nothing was moved"
        made.world.is_on(V1)


def test_a_deployment_that_is_replaced_on_its_way_is_reconciled_first(tmp_path: Path) -> None:
    """blue-green-deployment-how-it-works, RECONCILE_SERVICE."""
    canary = {"canaryPercent": 50, "canaryBakeTimeInMinutes": "60"}
    with shifting(tmp_path, strategy="CANARY", canaryConfiguration=canary) as made:
        world = made.world
        world.ended()
        world.deploy(V2)
        eventually(lambda: made.production_weights() == {BLUE: 50, GREEN: 50})
        with steady_stream(world.url) as answers:
            world.deploy("example/app:v3")
            eventually(lambda: made.production_weights() == {GREEN: 100, BLUE: 0})
            assert world.ended()["status"] == "SUCCESSFUL"
        assert {status for status, _ in answers} == {200}
        assert made.production_weights() == {BLUE: 100, GREEN: 0}
        world.is_on("example/app:v3")


def test_a_service_behind_nothing_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """blue-green-deployment-implementation: a headless service."""
    configuration = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "0"}
    with rolling(tmp_path, loadBalancers=[], deploymentConfiguration=configuration) as world:
        world.ended()
        assert world.release(V2)["status"] == "SUCCESSFUL"
        world.is_on(V2)


def test_a_function_that_the_program_does_not_declare_is_refused_by_name(tmp_path: Path) -> None:
    hook = {
        "hookTargetArn": "arn:aws:lambda:us-east-1:123456789012:function:probe",
        "roleArn": INFRASTRUCTURE,
    }
    with shifting(tmp_path) as made:
        made.world.ended()
        asked = {"strategy": "BLUE_GREEN", "lifecycleHooks": [{**hook, "lifecycleStages": ["POST_SCALE_UP"]}]}
        said = refused(made.world.client.update_service, **ON_WEB, deploymentConfiguration=asked)
        assert said.startswith("NotImplemented: the lifecycle hook arn:aws:lambda:")
