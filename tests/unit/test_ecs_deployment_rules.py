"""What ECS refuses at once of a deployment configuration, and what it reads into one.

Documents: AmazonECS/latest/developerguide, troubleshooting-blue-green, deployment-circuit-breaker, deployment-type-ecs,
pause-lifecycle-hooks; AmazonECS/latest/APIReference, API_DeploymentConfiguration.
"""

from typing import Any

import pytest

from rehearsal.ecs.deployments import declared, rules
from rehearsal.ecs.deployments.configuration import Breaker, Stage, read

ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"
PRODUCTION, TEST = f"{ELB}listener-rule/app/shop/1/2/3", f"{ELB}listener-rule/app/shop/1/2/4"
BLUE, GREEN, OTHER = (f"{ELB}targetgroup/{name}/1" for name in ("blue", "green", "other"))
ROLE = "arn:aws:iam::123456789012:role/infrastructure"
PAUSE = {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}
FUNCTION = {"hookTargetArn": "arn:aws:lambda:us-east-1:123456789012:function:probe", "roleArn": ROLE}


def balancer(**advanced: Any) -> dict[str, Any]:
    given = {
        "alternateTargetGroupArn": GREEN,
        "productionListenerRule": PRODUCTION,
        "roleArn": ROLE,
        **advanced,
    }
    return {
        "targetGroupArn": BLUE,
        "containerName": "web",
        "containerPort": 80,
        "advancedConfiguration": given,
    }


PLAIN = {"targetGroupArn": OTHER, "containerName": "web", "containerPort": 81}
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}


@pytest.mark.parametrize(
    ("document", "balancers"),
    [
        ({}, []),
        ({}, [PLAIN, {**PLAIN, "targetGroupArn": BLUE}]),
        (BLUE_GREEN, []),
        (BLUE_GREEN, [balancer(testListenerRule=TEST)]),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.1}}, [balancer()]),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.3}}, [balancer()]),
        (
            {
                "lifecycleHooks": [PAUSE] * 10
                + [{**FUNCTION, "lifecycleStages": ["PRODUCTION_TRAFFIC_SHIFT"]}] * 10
            },
            [],
        ),
        ({"lifecycleHooks": [{**PAUSE, "timeoutConfiguration": {"timeoutInMinutes": 20160}}]}, []),
    ],
)
def test_what_ecs_takes_is_taken(document: dict[str, Any], balancers: list[dict[str, Any]]) -> None:
    assert rules.refusal(document, balancers) == ""


@pytest.mark.parametrize(
    ("document", "balancers", "said"),
    [
        ({"strategy": "BLUE_GREEN"}, [balancer()], "bakeTimeInMinutes is required"),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1441}, [balancer()], "between 0 and 1440, and is 1441"),
        (BLUE_GREEN, [PLAIN], "advancedConfiguration field is required for all loadBalancers"),
        (BLUE_GREEN, [balancer(), PLAIN], "Either all or none of the provided loadBalancers must have"),
        (BLUE_GREEN, [balancer(productionListenerRule=f"{ELB}listener/app/shop/1/2")], "invalid ARN format. Must be RuleArn"),
        (BLUE_GREEN, [balancer(testListenerRule=PRODUCTION)], "cannot be used as both production and test listener rules"),
        (BLUE_GREEN, [balancer(alternateTargetGroupArn=BLUE)], f"Duplicate targetGroupArn found: {BLUE}"),
        ({}, [PLAIN, PLAIN], "Duplicate targetGroupArn found"),
        ({"canaryConfiguration": {"canaryPercent": 5}}, [], "canaryConfiguration can only be specified with"),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.05}}, [balancer()], "multiple of 0.1"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}, [balancer()], "between 3.0 and 100.0"),
        ({"strategy": "LINEAR", "linearConfiguration": {"stepBakeTimeInMinutes": -1}}, [balancer()], "between 0 and 1440"),
        ({"lifecycleHooks": [PAUSE] * 11}, [], "at most 10 lifecycle hooks of type PAUSE"),
        ({"lifecycleHooks": [{**PAUSE, "lifecycleStages": ["BAKE_TIME"]}]}, [], "not supported at lifecycle stage BAKE_TIME"),
        ({"lifecycleHooks": [{**PAUSE, "lifecycleStages": ["LUNCH"]}]}, [], "not supported at lifecycle stage LUNCH"),
        ({"lifecycleHooks": [{**PAUSE, "lifecycleStages": []}]}, [], "must not be empty"),
        ({"lifecycleHooks": [{**PAUSE, "lifecycleStages": ["TEST_TRAFFIC_SHIFT"]}]}, [], "PAUSE hooks cannot be configured"),
        ({"lifecycleHooks": [{**PAUSE, "roleArn": ROLE}]}, [], "not applicable for PAUSE"),
        ({"lifecycleHooks": [{**PAUSE, "timeoutConfiguration": {"timeoutInMinutes": 20161}}]}, [], "between 1 and 20160"),
        ({"lifecycleHooks": [{**FUNCTION, "roleArn": "", "lifecycleStages": ["POST_SCALE_UP"]}]}, [], "are required for"),
        ({"alarms": {"enable": True, "rollback": True, "alarmNames": []}}, [], "alarmNames must not be empty"),
        ({"maximumPercent": 0}, [], "greater than 0"),
        ({"minimumHealthyPercent": -1}, [], "at least 0"),
    ],
)  # fmt: skip
def test_what_ecs_refuses_is_refused_in_its_words(
    document: dict[str, Any], balancers: list[dict[str, Any]], said: str
) -> None:
    assert said in rules.refusal(document, balancers)


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "least", "most"),
    [(4, 50, 200, 2, 8), (2, 75, 125, 2, 2), (3, 100, 125, 3, 3), (1, 0, 100, 0, 1), (3, 34, 199, 2, 5), (0, 100, 200, 0, 0)],
)  # fmt: skip
def test_the_minimum_is_rounded_up_and_the_maximum_down(
    desired: int, minimum: int, maximum: int, least: int, most: int
) -> None:
    made = read({"minimumHealthyPercent": minimum, "maximumPercent": maximum})
    assert (made.least(desired), made.most(desired)) == (least, most)


@pytest.mark.parametrize(
    ("breaker", "desired", "threshold"),
    [
        (Breaker(True), 1, 3),
        (Breaker(True), 25, 13),
        (Breaker(True), 400, 200),
        (Breaker(True), 800, 200),
        (Breaker(True, kind="COUNT", value=1), 800, 1),
        (Breaker(True, kind="UNBOUNDED_PERCENT", value=10), 10, 1),
        (Breaker(True, value=10), 10, 3),
    ],
)
def test_the_circuit_breakers_threshold_is_bounded(breaker: Breaker, desired: int, threshold: int) -> None:
    assert breaker.threshold(desired) == threshold


def test_traffic_moves_in_the_steps_that_are_declared() -> None:
    canary = read({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 2.5}})
    assert canary.steps == [(2.5, 600), (100, 0)]
    linear = read(
        {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 40, "stepBakeTimeInMinutes": 1}}
    )
    assert linear.steps == [(40, 60), (80, 60), (100, 0)], "no bake after the last step"
    assert len(read({"strategy": "LINEAR"}).steps) == 10
    assert read({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 100}}).steps == [(100, 0)]
    assert read(BLUE_GREEN).steps == [(100, 0)]


def test_what_pulumi_spreads_over_its_inputs_is_one_configuration() -> None:
    """Its provider writes numbers as text and blocks as objects or lists of one."""
    hook = {**PAUSE, "timeoutConfiguration": {"timeoutInMinutes": "10", "action": "CONTINUE"}}
    inputs = {
        "deploymentMaximumPercent": 150,
        "deploymentMinimumHealthyPercent": 0,
        "deploymentCircuitBreaker": [{"enable": True, "rollback": False}],
        "alarms": {"alarmNames": ["a"], "enable": True, "rollback": True},
        "deploymentConfiguration": {
            "strategy": "CANARY",
            "bakeTimeInMinutes": "0",
            "canaryConfiguration": {"canaryPercent": 5.5, "canaryBakeTimeInMinutes": "1"},
            "lifecycleHooks": [
                hook,
                {**FUNCTION, "lifecycleStages": ["POST_SCALE_UP"], "hookDetails": '{"a": 1}'},
            ],
        },
    }
    made = read(declared.configuration(inputs))
    assert (made.minimum, made.maximum, made.bake) == (0, 150, 0)
    assert made.steps == [(5.5, 60), (100, 0)]
    assert (made.breaker, made.alarms and made.alarms.rollback) == (Breaker(rollback=False), True)
    pause, function = made.at(Stage.POST_SCALE_UP)
    assert (pause.timeout, pause.continues, pause.function) == (600, True, "")
    assert (function.details, function.timeout) == ({"a": 1}, 86400)
