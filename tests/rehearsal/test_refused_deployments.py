"""What CodeDeployToECS and CodeDeploy refuse: calls a role may not make, parts that are not there, files that do not fit.

Documents: codepipeline/latest/userguide/action-reference-ECSbluegreen (the action) and
codedeploy/latest/userguide/deployment-steps-ecs (the deployment), unless named.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cloudwatch.alarms import ALARM
from rehearsal.codedeploy.declared import DeploymentGroup, GroupInvalid
from rehearsal.codepipeline.execution import ActionFailed
from rehearsal.elb.service import LISTENER
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    DEPLOY_POLICY,
    DEPLOY_ROLE,
    GREEN,
    PIPELINE_POLICY,
    PIPELINE_ROLE,
    PRODUCTION,
    blue_green_cloud,
    declare,
    declare_deployment,
    policy,
    running,
    task_definition,
    trusted_by,
)
from tests.rehearsal.deploying import ALARM_ON_GREEN, APPSPEC, deploy, on_blue_alone, said


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with blue_green_cloud(tmp_path) as (_, made):
        yield made


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


def test_a_listener_reset_behind_codedeploys_back_is_found_out(cloud: Cloud) -> None:
    """Text as reported from AWS: https://tech.dentsusoken.com (2024-07-22)."""
    declare_deployment(cloud)
    with running(cloud) as world:
        world.load_balancers.forward(PRODUCTION, {GREEN: 1})
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
