"""CodeDeployToECS and CodeDeploy's blue/green to ECS: real policies, gateway, HTTP and health checks.

Documents: codepipeline/latest/userguide/action-reference-ECSbluegreen (the action) and
codedeploy/latest/userguide/deployment-steps-ecs (the deployment), unless named.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cloudwatch.alarms import ALARM
from rehearsal.codedeploy.declared import DeploymentGroup, GroupInvalid, Step, steps
from rehearsal.codedeploy.service import Deployments
from rehearsal.codepipeline.actions.codedeploy_to_ecs import CodeDeployToECS
from rehearsal.codepipeline.execution import ActionCall, ActionFailed, ArtifactLocation
from rehearsal.elb.service import LISTENER
from rehearsal.identity.authority import Authority
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.cloud import Cloud
from rehearsal.world.zips import zipped
from tests.rehearsal.bluegreen_world import (
    BLUE,
    DEPLOY_POLICY,
    DEPLOY_ROLE,
    GREEN,
    PIPELINE_POLICY,
    PIPELINE_ROLE,
    PRODUCTION,
    TEST,
    World,
    declare,
    declare_deployment,
    eventually,
    get,
    new_cloud,
    policy,
    put_roles,
    running,
    steady_stream,
    task_definition,
    trusted_by,
)

CONFIGURATION = {
    "ApplicationName": "web",
    "DeploymentGroupName": "web",
    "TaskDefinitionTemplateArtifact": "Templates",
    "TaskDefinitionTemplatePath": "taskdef-web.json",
    "AppSpecTemplateArtifact": "Templates",
    "AppSpecTemplatePath": "appspec-web.yaml",
    "Image1ArtifactName": "Image",
    "Image1ContainerName": "IMAGE1_NAME",
}
APPSPEC = """version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo: {ContainerName: web, ContainerPort: 8080}
"""
ALARM_ON_GREEN = {
    "namespace": "AWS/ApplicationELB",
    "dimensions": {"TargetGroup": GREEN.split(":")[-1], "LoadBalancer": "app/shop/50dc6c495c0c9188"},
    "metricName": "HTTPCode_Target_5XX_Count",
    "statistic": "Sum",
    "period": 60,
    "evaluationPeriods": 1,
    "threshold": 3,
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
    "treatMissingData": "notBreaching",
}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    authority = Authority()
    put_roles(authority)
    with local_endpoint(authority) as gateway:
        yield new_cloud(gateway.endpoint, authority, tmp_path)


def deploy(  # noqa: PLR0913  (each test names only what it changes)
    world: World,
    image: str,
    *,
    deployments: Deployments | None = None,
    template: dict[str, Any] | None = None,
    appspec: str = APPSPEC,
    files: dict[str, dict[str, bytes]] | None = None,
    change: dict[str, str] | None = None,
) -> None:
    """Run the action with an image; ActionFailed as the pipeline sees it."""
    taskdef = json.dumps(template or task_definition("<IMAGE1_NAME>")).encode()
    artifacts = {
        "Templates": {"taskdef-web.json": taskdef, "appspec-web.yaml": appspec.encode()},
        "Image": {"imageDetail.json": json.dumps({"ImageURI": image}).encode()},
        **(files or {}),
    }

    def get_artifact(name: str, credentials: object = None) -> bytes:
        del credentials
        return zipped(artifacts[name])

    def put_artifact(*args: Any, **more: Any) -> ArtifactLocation:
        pytest.fail(f"the action has no output artifacts, but put {args} {more}")

    call = ActionCall(
        pipeline="shop",
        stage="Release",
        action="Deploy",
        execution_id="e-1",
        configuration={key: value for key, value in {**CONFIGURATION, **(change or {})}.items() if value},
        inputs={name: ArtifactLocation("bucket", name) for name in artifacts},
        outputs=[],
        role_arn=PIPELINE_ROLE,
        credentials=world.cloud.authority.assume(PIPELINE_ROLE, "codepipeline.amazonaws.com"),
        put_artifact=put_artifact,
        get_artifact=get_artifact,
    )
    CodeDeployToECS(world.cloud, deployments or codedeploy(world)).run(call)


def codedeploy(world: World) -> Deployments:
    return Deployments(world.cloud, world.services, world.load_balancers)


def said(world: World, source: str) -> list[str]:
    return [entry.message for entry in world.cloud.journal.entries(source)]


def on_blue_alone(world: World, image: str = "example/app:v1") -> None:
    """Traffic is on blue and nothing of green is left."""
    assert world.answer() == image
    assert world.load_balancers.weights(PRODUCTION)[BLUE] > 0
    assert world.load_balancers.weights(PRODUCTION).get(GREEN, 0) == 0
    assert world.runtime.alive == [image], "green's tasks are stopped"
    service = world.services.service("shop", "web")
    assert [task_set.status for task_set in service.task_sets] == ["PRIMARY"], "green's task set is deleted"


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
    events = ["BeforeInstall", "Install", "AllowTestTraffic", "AllowTraffic", "AfterAllowTraffic"]
    assert deployment.events == [(event, "Succeeded") for event in events]


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


def test_the_predefined_configurations_are_those_of_ecs(cloud: Cloud) -> None:
    """deployment-configurations, "Predefined deployment configurations for an Amazon ECS compute platform"."""
    assert steps(cloud, "CodeDeployDefault.ECSAllAtOnce") == [Step(100, 0)]
    assert steps(cloud, "CodeDeployDefault.ECSCanary10Percent15Minutes") == [Step(10, 900), Step(100, 0)]
    linear = steps(cloud, "CodeDeployDefault.ECSLinear10PercentEvery3Minutes")
    assert [step.percent for step in linear] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert {step.wait for step in linear[:-1]} == {180}
    with pytest.raises(GroupInvalid, match="no deployment configuration for ECS"):
        steps(cloud, "CodeDeployDefault.OneAtATime")


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


@pytest.mark.parametrize(
    "action",
    [
        "ecs:DescribeServices",
        "ecs:CreateTaskSet",
        "iam:PassRole",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:ModifyListener",
    ],
)
def test_what_the_service_role_may_not_do_fails_the_deployment_in_aws_words(
    cloud: Cloud, action: str
) -> None:
    """aws-managed-policy/latest/reference/AWSCodeDeployRoleForECS; service-authorization, list_ecs."""
    declare_deployment(cloud)
    cloud.authority.put_policy(DEPLOY_ROLE, "deploy", policy(DEPLOY_POLICY, without=action))
    with running(cloud) as world:
        with pytest.raises(ActionFailed) as failed:
            deploy(world, "example/app:v2")
        assert world.answer() == "example/app:v1"
        assert world.runtime.alive == ["example/app:v1"]
    assert "IAM_ROLE_PERMISSIONS: The IAM role" in failed.value.message
    assert (
        f"assumed-role/web-deploy/rehearsal is not authorized to perform: {action} on resource:"
        in failed.value.message
    )


@pytest.mark.parametrize(
    ("action", "narrow"),
    [
        ("ecs:CreateTaskSet", "arn:aws:ecs:us-east-1:123456789012:task-set/shop/web/*"),
        ("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:web-*"),
    ],
)
def test_a_policy_narrower_than_what_aws_decides_on_is_refused(
    cloud: Cloud, action: str, narrow: str
) -> None:
    """CreateTaskSet knows no resource (service-authorization, list_amazonelasticcontainerservice), and DescribeAlarms is
    decided on all alarms: `documents/grants.py` reads both so, and a role that passes here must pass there."""
    alarms = {"enabled": True, "alarms": ["web-5xx"]}
    declare_deployment(cloud, alarmConfiguration=alarms)
    declare(cloud, ALARM, "web-5xx", name="web-5xx", **ALARM_ON_GREEN)
    narrowed = policy(DEPLOY_POLICY, without=action)
    narrowed["Statement"].append({"Effect": "Allow", "Action": action, "Resource": narrow})
    cloud.authority.put_policy(DEPLOY_ROLE, "deploy", narrowed)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match=rf"IAM_ROLE_PERMISSIONS(?s:.*){action}"):
            deploy(world, "example/app:v2")
        on_blue_alone(world)


def group_with_target_groups(*names: str) -> dict[str, Any]:
    pair = {
        "prodTrafficRoute": {"listenerArns": [PRODUCTION]},
        "targetGroups": [{"name": name} for name in names],
    }
    return {"loadBalancerInfo": {"targetGroupPairInfo": pair}}


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (
            {"alarmConfiguration": {"enabled": True, "alarms": ["nobody-made-it"]}},
            "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND",
            "nobody-made-it",
        ),
        (
            group_with_target_groups("web-1", "web-9"),
            "ELASTIC_LOAD_BALANCING_INVALID",
            r"One or more target groups not found: web-9\b",
        ),
        (
            {
                "loadBalancerInfo": {
                    "targetGroupPairInfo": {
                        "prodTrafficRoute": {"listenerArns": [f"{PRODUCTION}0"]},
                        "targetGroups": [{"name": "web-1"}, {"name": "web-2"}],
                    }
                }
            },
            "ELASTIC_LOAD_BALANCING_INVALID",
            f"One or more listeners not found: {PRODUCTION}0",
        ),
        (
            {"ecsService": {"clusterName": "shop", "serviceName": "other"}},
            "INVALID_ECS_SERVICE",
            "shop/other",
        ),
    ],
)
def test_what_a_deployment_group_names_and_nobody_made_fails_with_its_own_code_in_aws_words(
    cloud: Cloud, more: dict[str, Any], code: str, words: str
) -> None:
    """codedeploy/latest/APIReference/API_ErrorInformation; elasticloadbalancing/latest/APIReference, API_DescribeTargetGroups."""
    declare_deployment(cloud, **more)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match=rf": {code}: .*{words}") as failed:
            deploy(world, "example/app:v2")
        on_blue_alone(world)
    for ours in ("aws:lb/", "resources of type", "LookupError", "is not a declared"):
        assert ours not in str(failed.value), "AWS knows nothing of our words"


def test_a_service_role_that_may_not_make_green_primary_loses_the_deployment(cloud: Cloud) -> None:
    declare_deployment(cloud)
    denied = policy(DEPLOY_POLICY, without="ecs:UpdateServicePrimaryTaskSet")
    cloud.authority.put_policy(DEPLOY_ROLE, "deploy", denied)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match="ecs:UpdateServicePrimaryTaskSet"):
            deploy(world, "example/app:v2")
        on_blue_alone(world)


def test_a_service_role_that_codedeploy_may_not_assume_fails_the_deployment(cloud: Cloud) -> None:
    declare_deployment(cloud)
    cloud.authority.put_role(DEPLOY_ROLE, trusted_by("ecs.amazonaws.com"))
    with (
        running(cloud) as world,
        pytest.raises(ActionFailed, match="permissions required to assume the role"),
    ):
        deploy(world, "example/app:v2")


@pytest.mark.parametrize(
    "action",
    ["codedeploy:CreateDeployment", "codedeploy:GetApplication", "codedeploy:GetDeploymentConfig", "ecs:RegisterTaskDefinition", "iam:PassRole"],
)  # fmt: skip
def test_what_the_pipeline_role_may_not_do_fails_the_action_in_aws_words(cloud: Cloud, action: str) -> None:
    """Service role permissions: CodeDeployToECS action."""
    declare_deployment(cloud)
    cloud.authority.put_policy(PIPELINE_ROLE, "pipeline", policy(PIPELINE_POLICY, without=action))
    with running(cloud) as world:
        with pytest.raises(ActionFailed) as failed:
            deploy(world, "example/app:v2")
        on_blue_alone(world)
    assert failed.value.code == "PermissionError"
    assert (
        f"assumed-role/pipeline/rehearsal is not authorized to perform: {action} on resource:"
        in failed.value.message
    )


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


def test_a_listener_reset_behind_codedeploys_back_is_found_out(cloud: Cloud) -> None:
    """Text as reported from AWS: https://tech.dentsusoken.com (2024-07-22)."""
    declare_deployment(cloud)
    with running(cloud) as world:
        world.load_balancers.modify_listener(PRODUCTION, {GREEN: 1})
        with pytest.raises(ActionFailed, match="Primary taskset target group must be behind listener"):
            deploy(world, "example/app:v2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ApplicationName": ""}, "ApplicationName is missing"),
        ({"ImageName": "x"}, "ImageName is unknown"),
        ({"Image1ContainerName": ""}, "Image1ArtifactName and Image1ContainerName go together"),
        ({"Image5ArtifactName": "Image", "Image5ContainerName": "X"}, "Image5ArtifactName is unknown"),
        ({"TaskDefinitionTemplateArtifact": "Nowhere"}, "Nowhere is no input artifact of the action"),
        (
            {"TaskDefinitionTemplatePath": "other.json"},
            "Exception while trying to read the task definition artifact file from: Templates",
        ),
        ({"DeploymentGroupName": "other"}, "No Deployment Group found for name: other$"),
    ],
)
def test_a_wrong_configuration_fails_before_anything_is_registered(
    cloud: Cloud, change: dict[str, str], message: str
) -> None:
    declare_deployment(cloud)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match=message):
            deploy(world, "example/app:v2", change=change)
        assert not [line for line in said(world, "ECS") if "registered" in line]
        on_blue_alone(world)


def without(template: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**template, **changes}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (task_definition("example/app:v2"), "the placeholder <IMAGE1_NAME> is the image of no container"),
        (task_definition("<IMAGE2_NAME>"), "the image <IMAGE2_NAME> of container 'web' is a placeholder"),
        (without(task_definition("<IMAGE1_NAME>"), revision=3), "answers of DescribeTaskDefinition"),
        (without(task_definition("<IMAGE1_NAME>"), cpus="256"), "unknown key cpus"),
        (
            task_definition("<IMAGE1_NAME>", enviroment=[]),
            r"unknown key containerDefinitions\[0\].enviroment",
        ),
        (without(task_definition("<IMAGE1_NAME>"), networkMode="vpc"), "networkMode is 'vpc', not one of"),
    ],
)
def test_a_template_that_ecs_would_refuse_is_refused(
    cloud: Cloud, template: dict[str, Any], message: str
) -> None:
    declare_deployment(cloud)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match=message):
            deploy(world, "example/app:v2", template=template)
        on_blue_alone(world)


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("<TASK_DEFINITION>", "arn:aws:ecs:x", "the AppSpec has no <TASK_DEFINITION>"),
        ("version: 0.0", "version: 1.0", "the only one allowed is 0.0"),
        ("ContainerPort: 8080", "ContainerPort: http", "a name and a number are required"),
        (
            "ContainerName: web",
            "ContainerName: api",
            "The container api does not exist in the task definition",
        ),
        ("8080", "9090", "did not have a container port 9090 defined"),
        ("LoadBalancerInfo", "LoadBalancer", "unknown key 'LoadBalancer'"),
        ("  - TargetService:", "  - Service:", "it must have exactly TargetService"),
    ],
)
def test_a_wrong_appspec_says_what_is_wrong(cloud: Cloud, wrong: str, right: str, message: str) -> None:
    """codedeploy/latest/userguide/reference-appspec-file-structure-resources."""
    declare_deployment(cloud)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match=message):
            deploy(world, "example/app:v2", appspec=APPSPEC.replace(wrong, right))
        on_blue_alone(world)


def test_an_artifact_without_image_detail_or_above_3_mb_is_refused(cloud: Cloud) -> None:
    declare_deployment(cloud)
    with running(cloud) as world:
        with pytest.raises(ActionFailed, match="read the image artifact file from the artifact: Image"):
            deploy(world, "example/app:v2", files={"Image": {"imagedefinitions.json": b"[]"}})
        big = {"taskdef-web.json": b"{}", "noise": os.urandom(3 * 1024 * 1024)}
        with pytest.raises(ActionFailed, match=r"artifact file from: Templates .*the action takes 3145728"):
            deploy(world, "example/app:v2", files={"Templates": big})
        on_blue_alone(world)


def test_a_group_for_another_platform_or_with_one_target_group_twice_is_refused(cloud: Cloud) -> None:
    declare_deployment(cloud)
    same = {
        "prodTrafficRoute": {"listenerArns": [PRODUCTION]},
        "targetGroups": [{"name": "web-1"}, {"name": "web-1"}],
    }
    with running(cloud) as world:
        group = cloud.declared("aws:codedeploy/deploymentGroup:DeploymentGroup")[0]
        cloud.add(replace(group, inputs={**group.inputs, "loadBalancerInfo": {"targetGroupPairInfo": same}}))
        with pytest.raises(ActionFailed, match="ECS needs two different ones"):
            deploy(world, "example/app:v2")
        declare(cloud, "aws:codedeploy/application:Application", "web", name="web", computePlatform="Server")
        with pytest.raises(ActionFailed, match="compute platform 'Server'"):
            deploy(world, "example/app:v2")
        assert cloud.declared(LISTENER)
        with pytest.raises(GroupInvalid, match=r"^No application found for name: other$"):
            DeploymentGroup.of(cloud, "other", "web")
