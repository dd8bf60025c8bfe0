"""BlueGreenDeployment on one service."""

import json
from typing import Any

import pytest

from components.artifact_store import ArtifactStore, ArtifactStoreArgs
from components.rollouts.codedeploy import BlueGreenDeployment, BlueGreenDeploymentArgs
from components.web_service import WebService
from tests.unit.harness import Graph, deployed, remembered
from tests.unit.test_web_service import EXISTING, arguments

KEY = "arn:aws:kms:us-east-1:123456789012:key/0000"
HOOK = "arn:aws:lambda:us-east-1:123456789012:function:check"


@remembered
def _deployment(release: dict[str, Any] | None = None, **service: Any) -> Graph:
    def build() -> object:
        given = arguments(release=release, **service)
        artifacts = ArtifactStore("artifacts", ArtifactStoreArgs(stack=given.stack))
        return BlueGreenDeployment(
            "web-deployment",
            BlueGreenDeploymentArgs(
                stack=given.stack, key="web", web=WebService("web", given), artifacts=artifacts
            ),
        )

    return deployed(build)


def _statements(graph: Graph) -> dict[tuple[str, ...], dict[str, Any]]:
    policy = json.loads(graph.one("RolePolicy", "web-deployment-policy").inputs["policy"])
    return {tuple(one["Action"]): one for one in policy["Statement"]}


def test_traffic_moves_between_the_two_target_groups_of_the_production_listener() -> None:
    graph = _deployment()
    assert graph.one("Application").inputs["computePlatform"] == "ECS", "the default is Server"
    group = graph.one("DeploymentGroup").inputs
    assert group["deploymentStyle"] == {
        "deploymentType": "BLUE_GREEN",
        "deploymentOption": "WITH_TRAFFIC_CONTROL",
    }, "the defaults are the opposite"
    assert group["ecsService"] == {"clusterName": "apps-stg", "serviceName": "shop-stg-web"}, (
        "names, not ARNs"
    )
    pair = group["loadBalancerInfo"]["targetGroupPairInfo"]
    assert pair["prodTrafficRoute"] == {"listenerArns": [graph.outputs(graph.one("Listener"))["arn"]]}
    assert [one["name"] for one in pair["targetGroups"]] == ["web-1-0123456", "web-2-0123456"]
    assert "testTrafficRoute" not in pair


def test_the_way_traffic_moves_is_explicit() -> None:
    assert (
        _deployment().one("DeploymentGroup").inputs["deploymentConfigName"]
        == "CodeDeployDefault.ECSAllAtOnce"
    )
    canary = "CodeDeployDefault.ECSCanary10Percent5Minutes"
    graph = _deployment(rollout={"trafficShift": canary})
    assert graph.one("DeploymentGroup").inputs["deploymentConfigName"] == canary


def test_failure_alarm_and_stop_each_roll_back() -> None:
    group = _deployment().one("DeploymentGroup").inputs
    assert group["autoRollbackConfiguration"] == {
        "enabled": True,
        "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
    }


def test_errors_and_unhealthy_hosts_of_both_target_groups_stop_a_deployment() -> None:
    graph = _deployment({"alarms": {"serverErrors": 7, "unhealthyMinutes": 3}})
    alarms = graph.all("MetricAlarm")
    watched = {(a.inputs["metricName"], a.inputs["dimensions"]["TargetGroup"].split("/")[1]) for a in alarms}
    assert watched == {
        (metric, f"web-{number}-0123456")
        for metric in ("HTTPCode_Target_5XX_Count", "UnHealthyHostCount")
        for number in (1, 2)
    }, "the roles of the groups swap"
    assert all(a.inputs["dimensions"]["LoadBalancer"].startswith("app/") for a in alarms), (
        "the suffix, not the ARN"
    )
    assert {a.inputs["threshold"] for a in alarms if "5XX" in a.inputs["metricName"]} == {7}
    assert {a.inputs["evaluationPeriods"] for a in alarms if "Host" in a.inputs["metricName"]} == {3}
    assert all(a.inputs["treatMissingData"] == "notBreaching" for a in alarms), (
        "an empty group reports nothing"
    )
    configured = graph.one("DeploymentGroup").inputs["alarmConfiguration"]
    assert set(configured["alarms"]) == {a.inputs["name"] for a in alarms}
    assert (configured["enabled"], configured["ignorePollAlarmFailure"]) == (True, False)


def test_alarms_that_are_switched_off_stay_on_the_group_and_stop_nothing() -> None:
    """CodeDeploy API Reference, AlarmConfiguration: `enabled` is apart from the list."""
    configured = (
        _deployment({"alarms": {"enabled": False}}).one("DeploymentGroup").inputs["alarmConfiguration"]
    )
    assert configured["enabled"] is False
    assert len(configured["alarms"]) == 4, "switching them on again needs no list"


@pytest.mark.parametrize(
    ("check", "minutes"),
    [
        ({}, 3),
        ({"gracePeriodSeconds": 0}, 2),
        ({"gracePeriodSeconds": 120}, 4),
        ({"gracePeriodSeconds": 1200}, 22),
        ({"gracePeriodSeconds": 90, "intervalSeconds": 30, "timeoutSeconds": 5, "unhealthyThreshold": 5}, 2),
        ({"gracePeriodSeconds": 2_147_483_647}, 1440),
    ],
)
def test_the_unhealthy_alarm_waits_for_more_minutes_than_a_start_may_fill(
    check: dict[str, int], minutes: int
) -> None:
    """Elastic Load Balancing User Guide, target-group-health-checks: unhealthy after the threshold, whatever the grace."""
    alarms = _deployment(healthCheck=check).all("MetricAlarm")
    assert {a.inputs["evaluationPeriods"] for a in alarms if "Host" in a.inputs["metricName"]} == {minutes}


def test_blue_is_kept_as_long_as_asked_and_traffic_does_not_wait_for_a_person() -> None:
    group = _deployment({"blueRetentionMinutes": 45}).one("DeploymentGroup").inputs
    configuration = group["blueGreenDeploymentConfig"]
    assert configuration["terminateBlueInstancesOnDeploymentSuccess"] == {
        "action": "TERMINATE",
        "terminationWaitTimeInMinutes": 45,
    }
    assert configuration["deploymentReadyOption"] == {"actionOnTimeout": "CONTINUE_DEPLOYMENT"}


def test_a_test_listener_becomes_the_test_route_and_may_be_moved() -> None:
    graph = _deployment(loadBalancer={**EXISTING, "testPort": 9443})
    pair = graph.one("DeploymentGroup").inputs["loadBalancerInfo"]["targetGroupPairInfo"]
    production, test = (
        graph.outputs(graph.one("Listener", name))["arn"] for name in ("web-listener", "web-test-listener")
    )
    assert pair["testTrafficRoute"] == {"listenerArns": [test]}
    modify = _statements(graph)["elasticloadbalancing:ModifyListener",]
    assert modify["Resource"] == [production, test], "these two listeners and no others"


def test_hooks_may_be_called_when_there_are_some() -> None:
    graph = _deployment(rollout={"hooks": {"beforeAllowTraffic": HOOK}})
    assert _statements(graph)["lambda:InvokeFunction",]["Resource"] == [HOOK]
    assert ("lambda:InvokeFunction",) not in _statements(_deployment())


def test_a_customer_key_lets_codedeploy_read_the_appspec() -> None:
    graph = _deployment({"artifactKeyArn": KEY})
    assert _statements(graph)["kms:Decrypt",]["Resource"] == KEY
    assert ("kms:Decrypt",) not in _statements(_deployment())


def test_it_touches_one_service_and_passes_its_two_roles() -> None:
    statements = _statements(_deployment())
    service = "arn:aws:ecs:us-east-1:123456789012:service/apps-stg/shop-stg-web"
    assert statements["ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"]["Resource"] == service
    create = statements["ecs:CreateTaskSet",]
    assert create["Condition"]["ArnEquals"]["ecs:service"] == service
    passing = statements["iam:PassRole",]
    assert passing["Resource"] == [
        "arn:aws:iam::123456789012:role/shop-stg-web-execution",
        "arn:aws:iam::123456789012:role/shop-stg-web-task",
    ]


def test_the_group_waits_for_its_permissions() -> None:
    graph = _deployment()
    assert graph.one("RolePolicy", "web-deployment-policy").urn in graph.one("DeploymentGroup").depends_on


def test_codedeploys_trust_has_no_condition() -> None:
    [trust] = json.loads(_deployment().one("Role", "web-deployment-role").inputs["assumeRolePolicy"])[
        "Statement"
    ]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    assert "Condition" not in trust, "its documents give none"
