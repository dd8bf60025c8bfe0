"""CodeDeploy's API at the endpoint, asked by boto3, about deployments that really move traffic.

Documents: codedeploy/latest/APIReference, a page for each operation; permissions: list_awscodedeploy.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.codedeploy.appspec import filled
from rehearsal.codedeploy.deployment import EVENTS
from rehearsal.codedeploy.service import Deployments
from rehearsal.running.apis import deployment_api
from rehearsal.world.cloud import Cloud
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.bluegreen_world import (
    CODEDEPLOY_ARN,
    DEPLOY_ROLE,
    PRODUCTION,
    TASK_ROLE,
    WEB,
    World,
    blue_green_cloud,
    declare_deployment,
    eventually,
    policy,
    register,
    running,
    task_definition,
)
from tests.rehearsal.deploying import APPSPEC

GROUP = {"applicationName": "web", "deploymentGroupName": "web"}
OF_GROUP = f"{CODEDEPLOY_ARN}:deploymentgroup:web/web"
NOWHERE = "d-NOBODY000"


@dataclass
class Played:
    """A world in which v2 was deployed once, and the administrator's client."""

    world: World
    deployments: Deployments
    client: Any
    first: str
    """Id of that deployment."""

    @property
    def cloud(self) -> Cloud:
        return self.world.cloud

    def spec(self, image: str) -> str:
        return filled(APPSPEC, register(self.cloud, task_definition(image)))

    def create(self, image: str, **more: Any) -> str:
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": self.spec(image)}}
        return str(self.client.create_deployment(**GROUP, revision=revision, **more)["deploymentId"])

    def info(self, id_: str) -> Mapping[str, Any]:
        return self.client.get_deployment(deploymentId=id_)["deploymentInfo"]

    def ended(self, id_: str, seconds: float = 10) -> Mapping[str, Any]:
        eventually(lambda: self.info(id_)["status"] in {"Succeeded", "Failed", "Stopped"}, seconds)
        one = next(one for one in self.deployments.all() if one.id == id_)
        assert one.ended.wait(seconds), "its rollback is over too"
        return self.info(id_)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with blue_green_cloud(tmp_path_factory.mktemp("cloud")) as (gateway, cloud):
        declare_deployment(cloud, deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes")
        with running(cloud) as world:
            alarms = Alarms(cloud, world.load_balancers)
            deployments = Deployments(cloud, world.services, world.load_balancers, alarms)
            gateway.answer_by(deployment_api(cloud, deployments))
            played = Played(world, deployments, cloud.client("codedeploy"), "")
            played.first = played.create(
                "example/app:v2", deploymentConfigName="CodeDeployDefault.ECSAllAtOnce"
            )
            assert played.ended(played.first)["status"] == "Succeeded"
            yield played


def test_a_deployment_that_is_created_over_the_api_moves_traffic_and_is_told(played: Played) -> None:
    info = played.info(played.first)
    assert (info["applicationName"], info["deploymentGroupName"], info["creator"]) == ("web", "web", "user")
    assert info["deploymentConfigName"] == "CodeDeployDefault.ECSAllAtOnce", (
        "this deployment's, not the group's"
    )
    assert info["createTime"] <= info["startTime"] <= info["completeTime"]
    assert info["deploymentOverview"]["Succeeded"] == 1
    content = info["revision"]["appSpecContent"]["content"]
    assert info["revision"]["appSpecContent"]["sha256"] == hashlib.sha256(content.encode()).hexdigest()
    assert info["instanceTerminationWaitTimeStarted"] is True


def test_its_one_target_is_the_service_with_both_task_sets(played: Played) -> None:
    """API_BatchGetDeploymentTargets: the id is a pair of cluster and service."""
    assert played.client.list_deployment_targets(deploymentId=played.first)["targetIds"] == ["shop:web"]
    asked = {"deploymentId": played.first, "targetId": "shop:web"}
    found = played.client.get_deployment_target(**asked)["deploymentTarget"]
    target = found["ecsTarget"]
    assert (found["deploymentTargetType"], target["targetArn"], target["status"]) == (
        "ECSTarget",
        WEB,
        "Succeeded",
    )
    assert [(one["lifecycleEventName"], one["status"]) for one in target["lifecycleEvents"]] == [
        (name, "Succeeded") for name in EVENTS
    ]
    sets = {one["taskSetLabel"]: one for one in target["taskSetsInfo"]}
    assert (sets["Blue"]["trafficWeight"], sets["Green"]["trafficWeight"]) == (0.0, 100.0)
    assert (sets["Blue"]["runningCount"], sets["Green"]["targetGroup"]) == (0, {"name": "web-2"})
    both = played.client.batch_get_deployment_targets(deploymentId=played.first, targetIds=["shop:web"])
    assert both["deploymentTargets"] == [found]
    wrong = refused(played.client.get_deployment_target, deploymentId=played.first, targetId="web")
    assert wrong.startswith("InvalidDeploymentTargetIdException: Invalid id web for ECS deployment")
    other = refused(played.client.get_deployment_target, deploymentId=played.first, targetId="shop:api")
    assert other.startswith("DeploymentTargetDoesNotExistException: ")
    many = {"deploymentId": played.first, "targetIds": ["shop:web", "shop:web"]}
    assert refused(played.client.batch_get_deployment_targets, **many).startswith(
        "DeploymentTargetListSizeExceededException: "
    )
    failed = {"TargetStatus": ["Failed"]}
    none = played.client.list_deployment_targets(deploymentId=played.first, targetFilters=failed)
    assert none["targetIds"] == []


def test_a_stopped_deployment_is_listed_with_the_one_that_rolled_it_back(played: Played) -> None:
    before = played.world.answer()
    id_ = played.create("example/app:v3")
    eventually(lambda: 10 in played.world.load_balancers.weights(PRODUCTION).values())
    assert refused(played.create, image="example/app:v4").startswith("DeploymentLimitExceededException: ")
    assert played.client.list_deployments(**GROUP, includeOnlyStatuses=["InProgress"])["deployments"] == [id_]
    stopped = played.client.stop_deployment(deploymentId=id_, autoRollbackEnabled=True)
    assert stopped["status"] == "Pending"
    info = played.ended(id_)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert info["previousRevision"] == played.info(played.first)["revision"]
    rollback = played.info(info["rollbackInfo"]["rollbackDeploymentId"])
    assert (rollback["creator"], rollback["status"]) == ("codeDeployRollback", "Succeeded")
    assert rollback["rollbackInfo"] == {"rollbackTriggeringDeploymentId": id_}
    assert played.world.answer() == before
    newest = played.client.list_deployments(**GROUP)["deployments"][:2]
    assert newest == [rollback["deploymentId"], id_]
    batch = played.client.batch_get_deployments(deploymentIds=[id_, NOWHERE])["deploymentsInfo"]
    assert [one["deploymentId"] for one in batch] == [id_], "what there is not is left out"
    events = played.client.get_deployment_target(deploymentId=id_, targetId="shop:web")
    states = {
        one["lifecycleEventName"]: one["status"]
        for one in events["deploymentTarget"]["ecsTarget"]["lifecycleEvents"]
    }
    assert (states["Install"], states["AllowTraffic"], states["AfterAllowTraffic"]) == (
        "Succeeded",
        "Failed",
        "Skipped",
    )


def test_who_continues_ends_the_wait_for_the_end_of_blue(played: Played) -> None:
    blue = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60}
    played.client.update_deployment_group(
        applicationName="web",
        currentDeploymentGroupName="web",
        deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
        blueGreenDeploymentConfiguration={"terminateBlueInstancesOnDeploymentSuccess": blue},
    )
    id_ = played.create("example/app:v5")
    eventually(lambda: played.info(id_)["instanceTerminationWaitTimeStarted"])
    early = refused(played.client.continue_deployment, deploymentId=id_)
    assert early.startswith("DeploymentIsNotInReadyStateException: ")
    played.client.continue_deployment(deploymentId=id_, deploymentWaitType="TERMINATION_WAIT")
    assert played.ended(id_, 2)["status"] == "Succeeded"
    over = refused(played.client.continue_deployment, deploymentId=id_)
    assert over.startswith(f"DeploymentAlreadyCompletedException: The deployment {id_} is already over")
    assert refused(played.client.stop_deployment, deploymentId=id_).startswith("DeploymentAlreadyCompleted")


def test_a_group_is_told_with_its_last_deployments_and_what_it_was_given(played: Played) -> None:
    alarms = {"enabled": True, "ignorePollAlarmFailure": True, "alarms": [{"name": "web-unhealthy"}]}
    group = {"applicationName": "web", "currentDeploymentGroupName": "web"}
    assert (
        played.client.update_deployment_group(**group, alarmConfiguration=alarms)["hooksNotCleanedUp"] == []
    )
    info = played.client.get_deployment_group(**GROUP)["deploymentGroupInfo"]
    assert info["alarmConfiguration"] == alarms
    assert info["ecsServices"] == [{"serviceName": "web", "clusterName": "shop"}]
    pair = info["loadBalancerInfo"]["targetGroupPairInfoList"][0]
    assert pair["prodTrafficRoute"] == {"listenerArns": [PRODUCTION]}
    assert [one["name"] for one in pair["targetGroups"]] == ["web-1", "web-2"]
    assert info["lastAttemptedDeployment"]["deploymentId"] in {one.id for one in played.deployments.all()}
    played.client.update_deployment_group(**group, alarmConfiguration={"enabled": False})
    after = played.client.get_deployment_group(**GROUP)["deploymentGroupInfo"]["alarmConfiguration"]
    assert after == {"enabled": False, "ignorePollAlarmFailure": False, "alarms": []}, "replaced as a whole"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"alarmConfiguration": {"enabled": True}},
            "InvalidAlarmConfigException: alarms are enabled, and none",
        ),
        (
            {"alarmConfiguration": {"enabled": True, "alarms": [{"name": f"a{n}"} for n in range(11)]}},
            "AlarmsLimitExceededException: 11 alarms are given",
        ),
        ({"deploymentConfigName": "mine"}, "DeploymentConfigDoesNotExistException: "),
        ({"serviceRoleArn": TASK_ROLE}, "InvalidRoleException: AWS CodeDeploy does not have"),
        (
            {"newDeploymentGroupName": "other"},
            "NotImplemented: UpdateDeploymentGroup with newDeploymentGroupName",
        ),
    ],
)
def test_what_a_group_is_not_given_leaves_it_alone(played: Played, asked: dict[str, Any], said: str) -> None:
    before = played.client.get_deployment_group(**GROUP)["deploymentGroupInfo"]
    group = {"applicationName": "web", "currentDeploymentGroupName": "web"}
    assert refused(played.client.update_deployment_group, **group, **asked).startswith(said)
    assert played.client.get_deployment_group(**GROUP)["deploymentGroupInfo"] == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"applicationName": "nobody"},
            "ApplicationDoesNotExistException: No application found for name: nobody",
        ),
        (
            {"deploymentGroupName": "nobody"},
            "DeploymentGroupDoesNotExistException: No Deployment Group found",
        ),
        ({"deploymentGroupName": None}, "DeploymentGroupNameRequiredException: "),
        ({"revision": None}, "RevisionRequiredException: "),
        (
            {"revision": {"revisionType": "AppSpecContent", "appSpecContent": {"content": "version: 0.0\n"}}},
            "InvalidRevisionException: Resources must be a list",
        ),
        (
            {
                "revision": {
                    "revisionType": "AppSpecContent",
                    "appSpecContent": {"content": APPSPEC, "sha256": "0"},
                }
            },
            "InvalidRevisionException: the content's sha256 is",
        ),
        (
            {
                "revision": {
                    "revisionType": "S3",
                    "s3Location": {"bucket": "b", "key": "k", "bundleType": "YAML"},
                }
            },
            "InvalidRevisionException: the AppSpec s3://b/k cannot be read: ",
        ),
        (
            {
                "revision": {
                    "revisionType": "S3",
                    "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"},
                }
            },
            "InvalidRevisionException: the bundle type zip is no AppSpec for ECS",
        ),
        ({"overrideAlarmConfiguration": {"enabled": True}}, "InvalidAlarmConfigException: "),
        ({"fileExistsBehavior": "OVERWRITE"}, "InvalidInputException: fileExistsBehavior is given"),
    ],
)
def test_a_deployment_that_codedeploy_does_not_take_is_refused_in_its_words(
    played: Played, change: dict[str, Any], said: str
) -> None:
    content = {"content": filled(APPSPEC, "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1")}
    good = {**GROUP, "revision": {"revisionType": "AppSpecContent", "appSpecContent": content}}
    asked = {name: value for name, value in {**good, **change}.items() if value is not None}
    assert refused(played.client.create_deployment, **asked).startswith(said)


def test_a_revision_is_known_by_its_checksum(played: Played) -> None:
    given = played.info(played.first)["revision"]
    content = {"sha256": given["appSpecContent"]["sha256"]}
    asked = {"revisionType": "AppSpecContent", "appSpecContent": content}
    found = played.client.get_application_revision(applicationName="web", revision=asked)
    assert found["revision"] == given
    assert found["revisionInfo"]["deploymentGroups"] == ["web"]
    other = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "0" * 64}}
    missing = refused(played.client.get_application_revision, applicationName="web", revision=other)
    assert missing.startswith("RevisionDoesNotExistException: ")


def test_a_revision_in_s3_is_read_as_the_groups_service_role(played: Played) -> None:
    """The AWS CLI's own example of a deployment to ECS; AWSCodeDeployRoleForECS has s3:GetObject for it."""
    s3 = played.cloud.client("s3")
    s3.create_bucket(Bucket="revisions")
    s3.put_object(Bucket="revisions", Key="appspec.yaml", Body=played.spec("example/app:v6").encode())
    location = {"bucket": "revisions", "key": "appspec.yaml", "bundleType": "YAML"}
    revision = {"revisionType": "S3", "s3Location": location}
    assert "s3:GetObject" in refused(played.client.create_deployment, **GROUP, revision=revision)
    read = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::revisions/*"}
    played.cloud.authority.put_policy(DEPLOY_ROLE, "read", policy([read]))
    id_ = played.client.create_deployment(**GROUP, revision=revision)["deploymentId"]
    assert played.ended(id_)["status"] == "Succeeded"
    assert played.info(id_)["revision"] == revision
    found = played.client.get_application_revision(applicationName="web", revision=revision)
    assert found["revisionInfo"]["description"].endswith(id_)


def test_deployments_are_listed_by_the_time_they_were_created(played: Played) -> None:
    made = played.info(played.first)["createTime"]
    one_day = timedelta(days=1)
    assert played.client.list_deployments(createTimeRange={"start": made + one_day})["deployments"] == []
    listed = played.client.list_deployments(createTimeRange={"start": made - one_day})["deployments"]
    assert listed[-1] == played.first
    backwards = {"start": made + one_day, "end": made}
    assert refused(played.client.list_deployments, createTimeRange=backwards).startswith("InvalidTimeRange")


def test_applications_groups_and_configurations_are_told(played: Played) -> None:
    assert played.client.list_applications()["applications"] == ["web"]
    assert played.client.get_application(applicationName="web")["application"]["computePlatform"] == "ECS"
    assert played.client.list_deployment_groups(applicationName="web")["deploymentGroups"] == ["web"]
    name = "CodeDeployDefault.ECSCanary10Percent5Minutes"
    config = played.client.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]
    assert config["trafficRoutingConfig"] == {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5},
    }
    assert refused(played.client.get_deployment_config, deploymentConfigName="mine").startswith(
        "DeploymentConfigDoesNotExistException: "
    )


def test_a_token_of_ones_own_is_refused(played: Played) -> None:
    assert refused(played.client.list_deployments, nextToken="mine").startswith("InvalidNextTokenException: ")


def test_ids_that_are_none_are_told_from_those_that_there_are_not(played: Played) -> None:
    assert refused(played.client.get_deployment, deploymentId=NOWHERE).startswith(
        "DeploymentDoesNotExistException: "
    )
    assert refused(played.client.get_deployment, deploymentId="mine").startswith(
        "InvalidDeploymentIdException: "
    )


def test_a_role_is_decided_on_the_deployments_own_group(played: Played) -> None:
    other = f"{CODEDEPLOY_ARN}:deploymentgroup:web/other"
    role = as_role(played.cloud, "codedeploy", codedeploy_GetDeployment=other)
    denied = refused(role.get_deployment, deploymentId=played.first)
    assert f"codedeploy:GetDeployment on resource: {OF_GROUP}" in denied
    role = as_role(played.cloud, "codedeploy", codedeploy_GetDeployment=OF_GROUP)
    assert role.get_deployment(deploymentId=played.first)["deploymentInfo"]["deploymentId"] == played.first
    assert "codedeploy:StopDeployment" in refused(role.stop_deployment, deploymentId=played.first)


def test_creating_needs_the_configuration_and_the_revision_too(played: Played) -> None:
    """action-reference-ECSbluegreen and security-iam-permissions list all four for those who create deployments."""
    content = {"content": played.spec("example/app:v9")}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": content}
    role = as_role(played.cloud, "codedeploy", codedeploy_CreateDeployment=OF_GROUP)
    assert "codedeploy:GetDeploymentConfig" in refused(role.create_deployment, **GROUP, revision=revision)
    role = as_role(played.cloud, "codedeploy", codedeploy_UpdateDeploymentGroup=OF_GROUP)
    change = {"applicationName": "web", "currentDeploymentGroupName": "web", "serviceRoleArn": DEPLOY_ROLE}
    assert f"iam:PassRole on resource: {DEPLOY_ROLE}" in refused(role.update_deployment_group, **change)
