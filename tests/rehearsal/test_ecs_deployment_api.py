"""Service deployments and revisions at the endpoint: pages, what there is not, permissions, and AWS's own command line.

Documents: AmazonECS/latest/APIReference, a page for each operation; permissions: list_amazonelasticcontainerservice.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.ecs.service import SERVICE
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.bluegreen_world import (
    ACCOUNT,
    CLUSTER,
    ECS_ARN,
    EXECUTION_ROLE,
    REGION,
    TASK_ROLE,
    WEB,
    declare,
)
from tests.rehearsal.rolling_world import ON_WEB, Rolling, steady

DEPLOYMENTS, REVISIONS = f"{ECS_ARN}:service-deployment/shop/web/*", f"{ECS_ARN}:service-revision/shop/web/*"
ROLES = [EXECUTION_ROLE, TASK_ROLE]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolling]:
    """A service that was deployed three times, once without success."""
    breaker = {"enable": True, "rollback": True}
    with steady(tmp_path_factory.mktemp("cloud"), deploymentCircuitBreaker=breaker) as made:
        assert made.release("example/app:v2")["status"] == "SUCCESSFUL"
        assert made.release("example/unstartable")["status"] == "ROLLBACK_SUCCESSFUL"
        yield made


def newest(world: Rolling) -> str:
    return str(world.told()["currentServiceDeployment"])


def test_deployments_are_listed_newest_first_in_pages_by_status_and_time(world: Rolling) -> None:
    listed = world.client.list_service_deployments(**ON_WEB)["serviceDeployments"]
    assert [one["status"] for one in listed] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL"]
    page = world.client.list_service_deployments(**ON_WEB, maxResults=2)
    rest = world.client.list_service_deployments(**ON_WEB, maxResults=2, nextToken=page["nextToken"])
    assert page["serviceDeployments"] + rest["serviceDeployments"] == listed
    good = world.client.list_service_deployments(**ON_WEB, status=["SUCCESSFUL"])["serviceDeployments"]
    assert good == listed[1:]
    since = {"after": listed[1]["createdAt"]}
    assert (
        world.client.list_service_deployments(**ON_WEB, createdAt=since)["serviceDeployments"] == listed[:1]
    )
    said = refused(world.client.list_service_deployments, **ON_WEB, nextToken="mine")
    assert said.startswith("InvalidParameterException: ")


def test_what_there_is_not_is_said_as_ecs_says_it(world: Rolling) -> None:
    client, lost = world.client, f"{ECS_ARN}:service-deployment/shop/web/{'x' * 21}"
    answer = client.describe_service_deployments(serviceDeploymentArns=[newest(world), lost])
    assert len(answer["serviceDeployments"]) == 1
    assert answer["failures"] == [{"arn": lost, "reason": "MISSING"}]
    many = ["a"] * 21
    assert "20 ARNs" in refused(client.describe_service_deployments, serviceDeploymentArns=many)
    assert "20 ARNs" in refused(client.describe_service_revisions, serviceRevisionArns=[])
    said = refused(client.stop_service_deployment, serviceDeploymentArn=lost)
    assert said.startswith("ServiceDeploymentNotFoundException: ")
    said = refused(client.continue_service_deployment, serviceDeploymentArn=newest(world), hookId="mine")
    assert said.startswith("InvalidParameterException: Hook mine ")
    said = refused(client.list_service_deployments, cluster="shop", service="nobody")
    assert said == "ServiceNotFoundException: Service not found."


def test_services_of_codedeploy_have_no_service_deployments(world: Rolling) -> None:
    arn = f"{ECS_ARN}:service/shop/other"
    definition = world.told()["taskDefinition"]
    other = declare(
        world.cloud, SERVICE, "other", arn=arn, name="other", cluster=CLUSTER, desiredCount=0,
        taskDefinition=definition, deploymentController={"type": "CODE_DEPLOY"},
    )  # fmt: skip
    made = world.services.create_service(other)
    said = refused(world.client.list_service_deployments, cluster="shop", service="other")
    assert said.startswith("UnsupportedFeatureException: ")
    world.services.delete_service(made)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"taskDefinition": "nothing"}, "ClientException: TaskDefinition not found."),
        ({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}, "bakeTimeInMinutes is required"),
        ({"deploymentConfiguration": {"earlySuccessCriteria": {"enable": True}}}, "NotImplemented: "),
        ({"serviceConnectConfiguration": {"enabled": True}}, "NotImplemented: "),
        (
            {"loadBalancers": [{"targetGroupArn": "a", "containerName": "web", "containerPort": 1}] * 2},
            "Duplicate",
        ),
    ],
)
def test_an_update_that_is_refused_changes_nothing(world: Rolling, asked: dict[str, Any], said: str) -> None:
    before = world.told()
    assert said in refused(world.client.update_service, **ON_WEB, **asked)
    assert world.told() == before


def test_an_inactive_task_definition_is_refused(world: Rolling) -> None:
    arn = world.version("example/app:v9")
    world.client.deregister_task_definition(taskDefinition=arn)
    said = refused(world.client.update_service, **ON_WEB, taskDefinition=arn)
    assert said == "ClientException: TaskDefinition is inactive"


def test_a_description_takes_leave_for_the_service_and_for_each_deployment(world: Rolling) -> None:
    arn, revision = newest(world), world.told()["currentServiceRevisions"][0]["arn"]
    half = as_role(
        world.cloud, "ecs", ecs_DescribeServiceDeployments=WEB, ecs_DescribeServiceRevisions=REVISIONS
    )
    said = refused(half.describe_service_deployments, serviceDeploymentArns=[arn])
    assert f"ecs:DescribeServiceDeployments on resource: {arn}" in said
    assert f"on resource: {WEB}" in refused(half.describe_service_revisions, serviceRevisionArns=[revision])
    whole = as_role(
        world.cloud, "ecs", ecs_DescribeServiceDeployments=[WEB, DEPLOYMENTS],
        ecs_DescribeServiceRevisions=[WEB, REVISIONS], ecs_ListServiceDeployments=WEB,
    )  # fmt: skip
    assert whole.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    assert whole.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"]
    assert whole.list_service_deployments(**ON_WEB)["serviceDeployments"]
    said = refused(whole.stop_service_deployment, serviceDeploymentArn=arn)
    assert f"ecs:StopServiceDeployment on resource: {WEB}" in said


def test_an_update_takes_leave_for_the_task_definition_and_to_hand_on_its_roles(world: Rolling) -> None:
    """API_UpdateService: the task definition is resolved before the caller is authorized."""
    arn = world.version("example/app:v3")
    only = {"ArnEquals": {"ecs:task-definition": f"{ECS_ARN}:task-definition/web:*"}}
    role = as_role(world.cloud, "ecs", ecs_UpdateService=WEB)
    said = refused(role.update_service, **ON_WEB, taskDefinition="web")
    assert f"iam:PassRole on resource: {EXECUTION_ROLE}" in said
    statements = [
        {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": WEB, "Condition": only},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLES},
    ]
    operator = world.cloud.place.iam_arn("role/operator")
    world.cloud.authority.put_policy(operator, "inline", {"Version": "2012-10-17", "Statement": statements})
    assert role.update_service(**ON_WEB, taskDefinition="web")["service"]["taskDefinition"] == arn
    assert world.ended()["status"] == "SUCCESSFUL"
    said = refused(role.update_service, **ON_WEB, desiredCount=2)
    assert f"ecs:UpdateService on resource: {WEB}" in said, (
        "no task definition is named, so the condition fails"
    )


def test_the_aws_cli_shows_and_begins_deployments(world: Rolling, tmp_path: Path) -> None:
    environment = {
        "AWS_ENDPOINT_URL": world.cloud.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }

    def aws(*words: str) -> Any:
        cli = [sys.executable, "-m", "awscli", "ecs", *words, "--output", "json"]
        return json.loads(
            subprocess.run(cli, env=environment, check=True, capture_output=True, timeout=60).stdout
        )

    answer = aws("update-service", "--cluster", "shop", "--service", "web", "--force-new-deployment")
    arn = answer["service"]["currentServiceDeployment"]
    world.ended()
    (told,) = aws("describe-service-deployments", "--service-deployment-arns", arn)["serviceDeployments"]
    assert told["status"] == "SUCCESSFUL"
    assert told["serviceArn"] == f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/web"
