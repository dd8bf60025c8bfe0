"""CloudWatch's API at the endpoint, asked by boto3, and what an operator does while an alarm is on.

Documents: AmazonCloudWatch/latest/APIReference, API_DescribeAlarms and API_SetAlarmState.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.cloudwatch.alarms import ALARM, Alarms
from rehearsal.codedeploy.appspec import filled
from rehearsal.codedeploy.service import Deployments
from rehearsal.running.apis import alarm_api, deployment_api, told_by_alarms
from rehearsal.sns.service import POLICY, SUBSCRIPTION, TOPIC, Topics
from rehearsal.world.cloud import Cloud, Declared
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.bluegreen_world import (
    BLUE,
    GREEN,
    World,
    blue_green_cloud,
    counted,
    declare,
    declare_deployment,
    eventually,
    get,
    register,
    running,
    steady_stream,
    task_definition,
)
from tests.rehearsal.deploying import ALARM_ON_GREEN, APPSPEC

AT = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
TO = "arn:aws:sns:us-east-1:123456789012:"
GROUP = {"applicationName": "web", "deploymentGroupName": "web"}
UPDATED = {"applicationName": "web", "currentDeploymentGroupName": "web"}
ERRORS = ["web-1-server-errors", "web-2-server-errors"]


@dataclass
class Played:
    """A world with an alarm on each target group, and one that nothing here has data of."""

    world: World
    deployments: Deployments
    topics: Topics

    @property
    def cloud(self) -> Cloud:
        return self.world.cloud

    @property
    def cloudwatch(self) -> Any:
        return self.cloud.client("cloudwatch")

    def on(self) -> Mapping[str, str]:
        """Alarms that are on, with the reason, as docs/operations.md asks for them."""
        found = self.cloudwatch.describe_alarms(AlarmNamePrefix="web-", StateValue="ALARM")
        return {one["AlarmName"]: one["StateReason"] for one in found["MetricAlarms"]}

    def deployed(self, image: str) -> Mapping[str, Any]:
        """A deployment over the API, when it is over."""
        spec = filled(APPSPEC, register(self.cloud, task_definition(image)))
        client = self.cloud.client("codedeploy")
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": spec}}
        id_ = client.create_deployment(**GROUP, revision=revision)["deploymentId"]
        one = next(one for one in self.deployments.all() if one.id == id_)
        assert one.ended.wait(10)
        return client.get_deployment(deploymentId=id_)["deploymentInfo"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with blue_green_cloud(tmp_path_factory.mktemp("cloud")) as (gateway, cloud):
        for number, group in enumerate((BLUE, GREEN), 1):
            name = f"web-{number}-server-errors"
            dimensions = {"TargetGroup": group.split(":")[-1], "LoadBalancer": "app/shop/50dc6c495c0c9188"}
            declare(
                cloud,
                ALARM,
                name,
                arn=f"{AT}{name}",
                name=name,
                **{**ALARM_ON_GREEN, "dimensions": dimensions},
            )
        for name in ("releases", "closed"):
            declare(cloud, TOPIC, name, arn=f"{TO}{name}", name=name)
        declare(cloud, SUBSCRIPTION, "me", topic=f"{TO}releases", protocol="email", endpoint="me@example.com")
        may = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": f"{TO}releases",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        of_topic = {"arn": f"{TO}releases", "policy": policy}
        cloud.add(Declared("urn:policy", POLICY, "releases", f"{TO}releases", of_topic, of_topic))
        declare(
            cloud, ALARM, "undelivered", arn=f"{AT}undelivered", name="undelivered", namespace="AWS/SQS",
            metricName="ApproximateNumberOfMessagesVisible", dimensions={"QueueName": "q"}, statistic="Maximum",
            period=300, evaluationPeriods=1, threshold=1, comparisonOperator="GreaterThanOrEqualToThreshold",
            treatMissingData="notBreaching", alarmDescription="A push started nothing",
            alarmActions=[f"{TO}releases", f"{TO}closed"],
        )  # fmt: skip
        declare_deployment(cloud, alarmConfiguration={"enabled": True, "alarms": ERRORS})
        with running(cloud, "example/broken") as world:
            topics = Topics(cloud)
            alarms = Alarms(cloud, world.load_balancers, told_by_alarms(topics))
            deployments = Deployments(cloud, world.services, world.load_balancers, alarms)
            gateway.answer_by({**deployment_api(cloud, deployments), **alarm_api(cloud, alarms)})
            yield Played(world, deployments, topics)


def test_a_release_that_an_alarm_stops_goes_through_with_what_an_operator_does(played: Played) -> None:
    """docs/operations.md, "Release while an alarm is on"; monitoring-create-alarms: the status is Stopped."""
    deploy = played.cloud.client("codedeploy")
    with steady_stream(played.world.url):
        eventually(lambda: counted(played.world.load_balancers, BLUE, "HTTPCode_Target_5XX_Count") > 3)
        assert list(played.on()) == ["web-1-server-errors"]
        assert "greater than or equal to the threshold (3)" in played.on()["web-1-server-errors"]
        stopped = played.deployed("example/app:fix")
        assert (stopped["status"], stopped["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
        assert "web-1-server-errors" in stopped["errorInformation"]["message"]
        again = played.deployed("example/app:fix")
        assert again["status"] == "Stopped", "it lasts over deployments, a rollback would meet it too"
        deploy.update_deployment_group(**UPDATED, alarmConfiguration={"enabled": False})
        assert played.deployed("example/app:fix")["status"] == "Succeeded"
    assert get(played.world.url) == (200, "example/app:fix")
    on_again = {
        "enabled": True,
        "ignorePollAlarmFailure": False,
        "alarms": [{"name": name} for name in ERRORS],
    }
    deploy.update_deployment_group(**UPDATED, alarmConfiguration=on_again)
    eventually(lambda: not played.on())
    assert played.deployed("example/app:v2")["status"] == "Succeeded", "minutes without errors end the alarm"


def test_a_deployment_heeds_a_state_that_somebody_set(played: Played) -> None:
    played.cloudwatch.set_alarm_state(
        AlarmName="web-2-server-errors",
        StateValue="ALARM",
        StateReason="trying",
        StateReasonData='{"by": "hand"}',
    )
    (told,) = played.cloudwatch.describe_alarms(AlarmNames=["web-2-server-errors"])["MetricAlarms"]
    assert (told["StateValue"], told["StateReason"], told["StateReasonData"]) == (
        "ALARM",
        "trying",
        '{"by": "hand"}',
    )
    assert played.deployed("example/app:v3")["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert "alarm web-2-server-errors is ALARM" in [
        one.message for one in played.cloud.journal.entries("CloudWatch")
    ]


def test_the_next_evaluation_sets_it_back(played: Played) -> None:
    """API_SetAlarmState: metric alarms return to their actual state quickly."""
    played.cloudwatch.set_alarm_state(
        AlarmName="web-2-server-errors", StateValue="ALARM", StateReason="trying"
    )
    assert list(played.on()) == ["web-2-server-errors"]
    eventually(lambda: not played.on())


def test_a_change_is_told_to_the_alarms_topics_whose_policies_allow_it(played: Played) -> None:
    """sns/latest/dg/sns-access-policy-use-cases.md: a topic without such a policy hears nothing."""
    before = played.cloudwatch.describe_alarms(AlarmNames=["undelivered"])["MetricAlarms"][0]
    assert before["StateValue"] == "INSUFFICIENT_DATA", "nothing here counts messages"
    played.cloudwatch.set_alarm_state(AlarmName="undelivered", StateValue="ALARM", StateReason="trying")
    (message,) = played.topics.messages
    notice = json.loads(message.text)
    assert (message.topic, message.subscribers) == (f"{TO}releases", ["me@example.com"])
    assert (notice["AlarmName"], notice["NewStateValue"], notice["NewStateReason"]) == (
        "undelivered",
        "ALARM",
        "trying",
    )
    assert notice["OldStateValue"] == "INSUFFICIENT_DATA"
    said = [one.message for one in played.cloud.journal.entries("CloudWatch")]
    assert [one for one in said if one.startswith(f"{TO}closed is not told: ")]


def test_alarms_are_found_by_name_prefix_state_and_action(played: Played) -> None:
    found = played.cloudwatch.describe_alarms

    def names(**asked: Any) -> list[str]:
        return [one["AlarmName"] for one in found(**asked)["MetricAlarms"]]

    assert names() == ["undelivered", *ERRORS]
    assert names(AlarmNamePrefix="web-") == ERRORS
    assert names(ActionPrefix=f"{TO}rel") == ["undelivered"]
    assert names(AlarmNames=["nobody"]) == []
    assert names(AlarmTypes=["CompositeAlarm"]) == []
    assert [len(page["MetricAlarms"]) for page in played.cloudwatch.get_paginator("describe_alarms").paginate(
        PaginationConfig={"PageSize": 2})] == [2, 1]  # fmt: skip
    assert refused(found, NextToken="mine").startswith("InvalidNextToken: ")
    assert refused(found, AlarmNames=ERRORS, AlarmNamePrefix="web").startswith("ValidationError: ")
    (one,) = found(AlarmNames=["web-1-server-errors"])["MetricAlarms"]
    assert (one["Threshold"], one["Period"], one["ComparisonOperator"]) == (
        3.0,
        60,
        "GreaterThanOrEqualToThreshold",
    )
    (two,) = found(AlarmNames=["web-2-server-errors"])["MetricAlarms"]
    assert two["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[NonBreaching]."
    )
    assert {"Name": "TargetGroup", "Value": BLUE.split(":")[-1]} in one["Dimensions"]


def test_what_cannot_be_set_is_refused(played: Played) -> None:
    call = played.cloudwatch.set_alarm_state
    given = {"StateValue": "OK", "StateReason": "x"}
    assert refused(call, AlarmName="nobody", **given) == "ResourceNotFound: Alarm nobody does not exist"
    assert refused(call, AlarmName="undelivered", StateReasonData="{", **given).startswith("InvalidFormat: ")
    assert refused(call, AlarmName="undelivered", StateValue="FINE", StateReason="x").startswith(
        "ValidationError: "
    )


def test_a_role_is_decided_on_the_alarms_that_it_names(played: Played) -> None:
    mine = f"{AT}web-1-server-errors"
    role = as_role(played.cloud, "cloudwatch", cloudwatch_DescribeAlarms=mine, cloudwatch_SetAlarmState=mine)
    assert role.describe_alarms(AlarmNames=["web-1-server-errors"])["MetricAlarms"]
    assert f"cloudwatch:DescribeAlarms on resource: {AT}*" in refused(role.describe_alarms)
    denied = refused(role.set_alarm_state, AlarmName="undelivered", StateValue="OK", StateReason="x")
    assert f"cloudwatch:SetAlarmState on resource: {AT}undelivered" in denied
