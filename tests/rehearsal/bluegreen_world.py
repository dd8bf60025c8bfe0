"""A small declared world for the tests of load balancer, ECS and CodeDeploy: one service, two target groups.

Everything but the program in the containers is real: gateway, policies, HTTP, health checks, the shift.
"""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.place import EXAMPLE_ACCOUNT as ACCOUNT
from documents.place import Place
from rehearsal.codedeploy.declared import APPLICATION, GROUP
from rehearsal.ecs.service import SERVICE, EcsServices
from rehearsal.elb.service import LISTENER, TARGET_GROUP, LoadBalancers
from rehearsal.gateway.gateway import Gateway
from rehearsal.identity.authority import Authority
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal
from tests.rehearsal.fake_tasks import OWN, TIMEOUT, FakeRuntime

REGION = "us-east-1"
ECS_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
ELB_ARN = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
CODEDEPLOY_ARN = f"arn:aws:codedeploy:{REGION}:{ACCOUNT}"
BLUE = f"{ELB_ARN}:targetgroup/web-1/1111111111111111"
GREEN = f"{ELB_ARN}:targetgroup/web-2/2222222222222222"
BALANCER = f"{ELB_ARN}:loadbalancer/app/shop/50dc6c495c0c9188"
PRODUCTION = f"{ELB_ARN}:listener/app/shop/50dc6c495c0c9188/1"
TEST = f"{ELB_ARN}:listener/app/shop/50dc6c495c0c9188/2"
CLUSTER = f"{ECS_ARN}:cluster/shop"
WEB = f"{ECS_ARN}:service/shop/web"
EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/web-execution"
TASK_ROLE = f"arn:aws:iam::{ACCOUNT}:role/web-task"
DEPLOY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/web-deploy"
PIPELINE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"


CHECK = {
    "path": "/health",
    "matcher": "200",
    "interval": 5,
    "timeout": TIMEOUT,
    "healthyThreshold": 2,
    "unhealthyThreshold": 2,
}
PASS_TO_TASKS = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
DEPLOY_POLICY: list[dict[str, Any]] = [
    {"Action": ["ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"], "Resource": WEB},
    {"Action": "ecs:DeleteTaskSet", "Resource": f"{ECS_ARN}:task-set/shop/web/*"},
    {
        "Action": "ecs:CreateTaskSet",
        "Resource": "*",
        "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER, "ecs:service": WEB}},
    },
    {
        "Action": [f"elasticloadbalancing:Describe{noun}" for noun in ("TargetGroups", "Listeners", "Rules")],
        "Resource": "*",
    },
    {"Action": "elasticloadbalancing:ModifyListener", "Resource": [PRODUCTION, TEST]},
    {"Action": "cloudwatch:DescribeAlarms", "Resource": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*"},
    {"Action": "iam:PassRole", "Resource": [EXECUTION_ROLE, TASK_ROLE], "Condition": PASS_TO_TASKS},
]
PIPELINE_POLICY: list[dict[str, Any]] = [
    {
        "Action": ["codedeploy:CreateDeployment", "codedeploy:GetDeployment"],
        "Resource": f"{CODEDEPLOY_ARN}:deploymentgroup:web/web",
    },
    {
        "Action": [
            "codedeploy:GetApplication",
            "codedeploy:GetApplicationRevision",
            "codedeploy:RegisterApplicationRevision",
        ],
        "Resource": f"{CODEDEPLOY_ARN}:application:web",
    },
    {"Action": "codedeploy:GetDeploymentConfig", "Resource": f"{CODEDEPLOY_ARN}:deploymentconfig:*"},
    {"Action": "ecs:RegisterTaskDefinition", "Resource": "*"},
    {"Action": "iam:PassRole", "Resource": [EXECUTION_ROLE, TASK_ROLE], "Condition": PASS_TO_TASKS},
]


def policy(statements: list[dict[str, Any]], without: str | None = None) -> dict[str, Any]:
    """A policy document; `without` drops one action."""
    kept: list[dict[str, Any]] = []
    for statement in statements:
        given: Any = statement["Action"]
        actions: list[str] = [given] if isinstance(given, str) else given
        left = [action for action in actions if action != without]
        if left:
            kept.append({**statement, "Effect": "Allow", "Action": left})
    return {"Version": "2012-10-17", "Statement": kept}


def trusted_by(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def put_roles(authority: Authority) -> None:
    for role in (EXECUTION_ROLE, TASK_ROLE):
        authority.put_role(role, trusted_by("ecs-tasks.amazonaws.com"))
    authority.put_role(DEPLOY_ROLE, trusted_by("codedeploy.amazonaws.com"))
    authority.put_role(PIPELINE_ROLE, trusted_by("codepipeline.amazonaws.com"))
    authority.put_policy(DEPLOY_ROLE, "deploy", policy(DEPLOY_POLICY))
    authority.put_policy(PIPELINE_ROLE, "pipeline", policy(PIPELINE_POLICY))


def declare(cloud: Cloud, type_: str, name: str, /, **inputs: Any) -> Declared:
    """Put a resource on record as the program would."""
    arn = inputs.pop("arn", f"arn:aws:test:::{name}")
    resource = Declared(f"urn:{type_}:{name}", type_, name, arn, inputs, {**inputs, "arn": arn})
    cloud.add(resource)
    return resource


def new_cloud(endpoint: str, authority: Authority, scratch: Path) -> Cloud:
    cloud = Cloud(endpoint, authority, Journal(), scratch, Place(ACCOUNT, REGION), Clock(0.01, own=OWN))
    declare_balancer(cloud)
    return cloud


@contextmanager
def blue_green_cloud(scratch: Path) -> Generator[tuple[Gateway, Cloud]]:
    """The declared load balancer and roles, behind an endpoint."""
    authority = Authority()
    put_roles(authority)
    with local_endpoint(authority) as gateway:
        yield gateway, new_cloud(gateway.endpoint, authority, scratch)


def declare_balancer(cloud: Cloud, **more: Any) -> None:
    for number, arn in enumerate((BLUE, GREEN), 1):
        declare(
            cloud, TARGET_GROUP, f"web-{number}", arn=arn, port=8080, protocol="HTTP", targetType="ip",
            healthCheck=CHECK, deregistrationDelay=30, **more,
        )  # fmt: skip
    forward = [{"type": "forward", "targetGroupArn": BLUE}]
    common = {"loadBalancerArn": BALANCER, "protocol": "HTTPS", "defaultActions": forward}
    declare(cloud, LISTENER, "production", arn=PRODUCTION, port=443, **common)
    declare(cloud, LISTENER, "test", arn=TEST, port=9443, **common)
    for name in ("web-1", "web-2"):
        resource = cloud.one(TARGET_GROUP, arn=BLUE if name == "web-1" else GREEN)
        cloud.add(
            Declared(
                resource.urn,
                resource.type,
                name,
                resource.id,
                resource.inputs,
                {**resource.outputs, "name": name},
            )
        )


def task_definition(image: str, **container: Any) -> dict[str, Any]:
    """A RegisterTaskDefinition input."""
    return {
        "family": "web",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": EXECUTION_ROLE,
        "taskRoleArn": TASK_ROLE,
        "containerDefinitions": [
            {
                "name": "web",
                "image": image,
                "essential": True,
                "portMappings": [{"containerPort": 8080}],
                **container,
            }
        ],
    }


def register(cloud: Cloud, definition: dict[str, Any]) -> str:
    return cloud.client("ecs").register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]


def declare_service(cloud: Cloud, definition_arn: str, **more: Any) -> Declared:
    given: dict[str, Any] = {
        "name": "web",
        "cluster": CLUSTER,
        "desiredCount": 1,
        "taskDefinition": definition_arn,
        "healthCheckGracePeriodSeconds": 0,
        "deploymentController": {"type": "CODE_DEPLOY"},
        "loadBalancers": [{"targetGroupArn": BLUE, "containerName": "web", "containerPort": 8080}],
    }
    return declare(cloud, SERVICE, "web", arn=WEB, **{**given, **more})


def declare_deployment(cloud: Cloud, **more: Any) -> None:
    declare(cloud, APPLICATION, "web", name="web", computePlatform="ECS")
    given: dict[str, Any] = {
        "appName": "web",
        "deploymentGroupName": "web",
        "serviceRoleArn": DEPLOY_ROLE,
        "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "ecsService": {"clusterName": "shop", "serviceName": "web"},
        "loadBalancerInfo": {
            "targetGroupPairInfo": {
                "prodTrafficRoute": {"listenerArns": [PRODUCTION]},
                "targetGroups": [{"name": "web-1"}, {"name": "web-2"}],
            }
        },
        "blueGreenDeploymentConfig": {
            "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
            "terminateBlueInstancesOnDeploymentSuccess": {
                "action": "TERMINATE",
                "terminationWaitTimeInMinutes": 0,
            },
        },
        "autoRollbackConfiguration": {
            "enabled": True,
            "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        },
    }
    declare(cloud, GROUP, "web", **{**given, **more})


@dataclass
class World:
    """Everything running, with v1 behind the production listener."""

    cloud: Cloud
    runtime: FakeRuntime
    load_balancers: LoadBalancers
    services: EcsServices

    @property
    def url(self) -> str:
        return self.load_balancers.url(PRODUCTION)

    def answer(self) -> str:
        return get(self.url)[1]


@contextmanager
def running(cloud: Cloud, image: str = "example/app:v1", **service: Any) -> Generator[World]:
    declared = declare_service(cloud, register(cloud, task_definition(image)), **service)
    runtime = FakeRuntime()
    with LoadBalancers(cloud) as balancers, EcsServices(cloud, runtime, balancers) as services:
        services.create_service(declared).primary.wait_steady(5)
        yield World(cloud, runtime, balancers, services)
    assert runtime.alive == [], "everything started is stopped"


def get(url: str, **headers: str) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextmanager
def steady_stream(url: str, clients: int = 3) -> Generator[list[tuple[int, str]]]:
    """Send requests one after the other from a few clients; yields what is answered, an exception as status 0."""
    answers: list[tuple[int, str]] = []
    ending = threading.Event()

    def ask() -> None:
        while not ending.is_set():
            try:
                answers.append(get(url))
            except OSError as error:
                answers.append((0, repr(error)))
            time.sleep(0.005)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def eventually(true: Any, seconds: float = 5.0) -> None:
    """Wait until `true()`; fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


def counted(balancers: LoadBalancers, target_group: str, metric: str) -> float:
    """The sum of a metric so far."""
    return sum(point.value for point in balancers.points(target_group, metric))
