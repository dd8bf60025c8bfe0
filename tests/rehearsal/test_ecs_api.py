"""ECS's API at the endpoint, asked by boto3, about services whose tasks really run.

Documents: AmazonECS/latest/APIReference, a page for each operation; permissions: list_amazonelasticcontainerservice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.ecs.service import SERVICE
from rehearsal.running.apis import container_api
from rehearsal.world.cloud import Cloud
from tests.rehearsal.asking import as_role, refused
from tests.rehearsal.bluegreen_world import (
    BLUE,
    CLUSTER,
    ECS_ARN,
    GREEN,
    WEB,
    World,
    blue_green_cloud,
    declare,
    eventually,
    register,
    running,
    task_definition,
)

IN = {"cluster": "shop"}
ON_WEB = {"cluster": "shop", "service": "web"}


@dataclass
class Played:
    """A service of two tasks, another that never starts, and the administrator's client."""

    world: World
    client: Any

    @property
    def cloud(self) -> Cloud:
        return self.world.cloud

    def web(self) -> dict[str, Any]:
        return self.client.describe_services(cluster="shop", services=["web"])["services"][0]

    def tasks(self, **asked: Any) -> list[dict[str, Any]]:
        arns = self.client.list_tasks(cluster="shop", **asked)["taskArns"]
        return self.client.describe_tasks(cluster="shop", tasks=arns)["tasks"] if arns else []


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with blue_green_cloud(tmp_path_factory.mktemp("cloud")) as (gateway, cloud):
        network = {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": False}
        with running(cloud, desiredCount=2, networkConfiguration=network, tags={"team": "shop"}) as world:
            gateway.answer_by(container_api(cloud, world.services))
            ill = register(cloud, {**task_definition("example/unstartable"), "family": "ill"})
            never = declare(
                cloud, SERVICE, "ill", arn=f"{ECS_ARN}:service/shop/ill", name="ill", cluster=CLUSTER,
                desiredCount=1, taskDefinition=ill, deploymentController={"type": "ECS"},
            )  # fmt: skip
            world.services.create_service(never)
            yield Played(world, cloud.client("ecs"))


def test_a_service_under_codedeploy_is_told_by_its_task_sets(played: Played) -> None:
    one = played.web()
    assert (one["serviceArn"], one["clusterArn"], one["status"]) == (WEB, CLUSTER, "ACTIVE")
    assert (one["desiredCount"], one["runningCount"], one["pendingCount"]) == (2, 2, 0)
    assert one["deploymentController"] == {"type": "CODE_DEPLOY"}
    assert one["deployments"] == []
    (primary,) = one["taskSets"]
    assert (primary["status"], primary["stabilityStatus"]) == ("PRIMARY", "STEADY_STATE")
    assert primary["loadBalancers"] == [
        {"targetGroupArn": BLUE, "containerName": "web", "containerPort": 8080}
    ]
    assert one["taskDefinition"] == primary["taskDefinition"]
    tagged = played.client.describe_services(cluster="shop", services=["web"], include=["TAGS"])["services"][
        0
    ]
    assert tagged["tags"] == [{"key": "team", "value": "shop"}]
    assert "tags" not in one, "they are told to who asks for them"
    assert one["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] == ["sg-1"]


def test_a_second_task_set_is_told_beside_the_first(played: Played) -> None:
    services = played.world.services
    web = services.service("shop", "web")
    green = services.create_task_set(web, register(played.cloud, task_definition("example/app:v2")), GREEN)
    found = played.client.describe_task_sets(**ON_WEB)["taskSets"]
    assert [(one["status"], one["loadBalancers"][0]["targetGroupArn"]) for one in found] == [
        ("PRIMARY", BLUE),
        ("ACTIVE", GREEN),
    ]
    asked = {"taskSets": [green.arn, "ecs-svc/1"], **ON_WEB}
    answer = played.client.describe_task_sets(**asked)
    assert [one["id"] for one in answer["taskSets"]] == [green.id]
    assert [one["reason"] for one in answer["failures"]] == ["MISSING"]
    eventually(lambda: len(green.running) == 2)
    services.delete_task_set(web, green)
    stopped = [one for one in played.tasks(desiredStatus="STOPPED") if one["startedBy"] == green.id]
    assert len(stopped) == 2, "tasks of a task set that is gone are told of for a while"
    assert {one["stopCode"] for one in stopped} == {"ServiceSchedulerInitiated"}


def test_running_tasks_are_told_with_their_containers(played: Played) -> None:
    one, other = played.tasks(serviceName="web")
    assert one["taskArn"] != other["taskArn"]
    assert (one["group"], one["desiredStatus"], one["lastStatus"]) == ("service:web", "RUNNING", "RUNNING")
    assert one["createdAt"] <= one["startedAt"]
    (container,) = one["containers"]
    assert (container["name"], container["image"], container["lastStatus"]) == (
        "web",
        "example/app:v1",
        "RUNNING",
    )
    id_ = one["taskArn"].rpartition("/")[2]
    assert played.client.describe_tasks(cluster="shop", tasks=[id_])["tasks"][0]["taskArn"] == one["taskArn"]


def test_why_tasks_never_start_is_told_of_those_that_stopped(played: Played) -> None:
    """docs/operations.md, "Deploy-web goes on and on"."""
    eventually(lambda: played.tasks(family="ill", desiredStatus="STOPPED"), 10)
    stopped = played.tasks(family="ill", desiredStatus="STOPPED")[0]
    assert (stopped["stopCode"], stopped["lastStatus"]) == ("TaskFailedToStart", "STOPPED")
    assert stopped["stoppedReason"].startswith("CannotStartContainerError: no such file: /app/start")
    assert "startedAt" not in stopped
    rolling = played.client.describe_services(cluster="shop", services=["ill"])["services"][0]
    assert (rolling["taskSets"], rolling["deployments"][0]["rolloutState"]) == ([], "IN_PROGRESS")


def test_the_number_of_tasks_is_changed_and_shows(played: Played) -> None:
    web = played.world.services.service("shop", "web")
    asked = played.client.update_service(**ON_WEB, desiredCount=1, healthCheckGracePeriodSeconds=90)[
        "service"
    ]
    assert (asked["desiredCount"], asked["healthCheckGracePeriodSeconds"]) == (1, 90)
    eventually(lambda: played.web()["runningCount"] == 1)
    assert web.grace == 90
    played.client.update_service(**ON_WEB, desiredCount=2)
    web.primary.wait_steady(5)
    assert played.web()["runningCount"] == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"taskDefinition": "web:1"},
            "InvalidParameterException: Unable to update task definition on services with a CODE_DEPLOY ",
        ),
        ({"loadBalancers": []}, "InvalidParameterException: Unable to update load balancers on services"),
        ({"forceNewDeployment": True}, "InvalidParameterException: Unable to update force new deployment"),
        ({"desiredCount": -1}, "InvalidParameterException: desiredCount cannot be negative."),
        ({"propagateTags": "SERVICE"}, "NotImplemented: UpdateService with propagateTags"),
    ],
)
def test_what_is_codedeploys_is_not_changed_by_update_service(
    played: Played, asked: dict[str, Any], said: str
) -> None:
    """API_UpdateService: what may change under CODE_DEPLOY, and what takes a deployment."""
    before = played.web()
    assert refused(played.client.update_service, **ON_WEB, **asked).startswith(said)
    assert played.web() == before


def test_services_tasks_and_clusters_are_listed_in_pages(played: Played) -> None:
    assert played.client.list_services(**IN)["serviceArns"] == [f"{ECS_ARN}:service/shop/ill", WEB]
    pages = played.client.get_paginator("list_services").paginate(
        cluster="shop", PaginationConfig={"PageSize": 1}
    )
    assert [page["serviceArns"] for page in pages] == [[f"{ECS_ARN}:service/shop/ill"], [WEB]]
    assert played.client.list_clusters()["clusterArns"] == [CLUSTER]
    (cluster,) = played.client.describe_clusters(clusters=["shop"])["clusters"]
    assert (cluster["clusterName"], cluster["activeServicesCount"]) == ("shop", 2)
    assert refused(played.client.list_services, cluster="shop", nextToken="mine").startswith(
        "InvalidParameterException: "
    )
    assert refused(played.client.list_tasks, cluster="shop", maxResults=101).startswith(
        "InvalidParameterException: "
    )


def test_what_there_is_not_is_a_failure_or_an_error_as_ecs_has_it(played: Played) -> None:
    answer = played.client.describe_services(cluster="shop", services=["nobody"])
    assert answer["failures"] == [{"arn": f"{ECS_ARN}:service/shop/nobody", "reason": "MISSING"}]
    assert played.client.describe_tasks(cluster="shop", tasks=["1"])["failures"][0]["reason"] == "MISSING"
    assert played.client.describe_clusters()["failures"] == [
        {"arn": f"{ECS_ARN}:cluster/default", "reason": "MISSING"}
    ]
    call = played.client.describe_services
    assert refused(call, services=["web"]) == "ClusterNotFoundException: Cluster not found."
    assert refused(call, cluster="shop", services=[]).startswith("InvalidParameterException: ")
    assert refused(call, cluster="shop", services=["a"] * 11).startswith("InvalidParameterException: ")
    missing = refused(played.client.update_service, cluster="shop", service="nobody", desiredCount=1)
    assert missing == "ServiceNotFoundException: Service not found."


def test_task_definitions_stay_the_emulators(played: Played) -> None:
    arn = played.web()["taskDefinition"]
    found = played.client.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    assert found["family"] == "web"
    said = refused(played.client.stop_task, cluster="shop", task="1")
    assert said.startswith("NotImplemented: ")
    assert "DescribeTasks" in said
    assert "task definitions" in said


def test_a_role_is_decided_on_service_task_and_cluster(played: Played) -> None:
    role = as_role(
        played.cloud,
        "ecs",
        ecs_DescribeServices=WEB,
        ecs_DescribeTasks=f"{ECS_ARN}:task/other/*",
        ecs_ListTasks="*",
    )
    assert role.describe_services(cluster="shop", services=["web"])["services"]
    assert f"{ECS_ARN}:service/shop/ill" in refused(role.describe_services, cluster="shop", services=["ill"])
    task = role.list_tasks(cluster="shop")["taskArns"][0]
    assert f"ecs:DescribeTasks on resource: {task}" in refused(
        role.describe_tasks, cluster="shop", tasks=[task]
    )
    assert f"ecs:UpdateService on resource: {WEB}" in refused(role.update_service, **ON_WEB, desiredCount=1)
    assert f"{ECS_ARN}:task-set/shop/web/" in refused(role.describe_task_sets, **ON_WEB)
    assert f"ecs:DescribeClusters on resource: {CLUSTER}" in refused(
        role.describe_clusters, clusters=["shop"]
    )
