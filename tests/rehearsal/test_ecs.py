"""ECS services with real gateway and policies, fake programs. Documents: AmazonECS/latest/developerguide unless named."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.ecs.registration import EcsRefused
from rehearsal.ecs.service import EcsServices
from rehearsal.ecs.task_set import NotSteady, TaskSet
from rehearsal.elb.service import LoadBalancers
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, ecr_token
from rehearsal.world.cloud import Cloud
from rehearsal.world.pull_through_caches import PullThroughCaches
from tests.rehearsal.bluegreen_world import (
    ACCOUNT,
    BLUE,
    EXECUTION_ROLE,
    GREEN,
    PRODUCTION,
    REGION,
    FakeRuntime,
    blue_green_cloud,
    declare_service,
    eventually,
    get,
    policy,
    register,
    running,
    task_definition,
    trusted_by,
)

REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"
PULL = ["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"]
LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/web", "awslogs-region": REGION, "awslogs-stream-prefix": "web"},
}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with blue_green_cloud(tmp_path) as (_, made):
        yield made


def allow(cloud: Cloud, *statements: dict[str, Any]) -> None:
    cloud.authority.put_policy(EXECUTION_ROLE, "execution", policy(list(statements)))


def why_not(cloud: Cloud, **container: Any) -> tuple[TaskSet, str]:
    """Start a service that can't become steady; its task set and the reason."""
    container.setdefault("image", "example/app:v1")
    definition = register(cloud, task_definition(**container))
    runtime = FakeRuntime()
    with LoadBalancers(cloud) as balancers, EcsServices(cloud, runtime, balancers) as services:
        service = services.create_service(declare_service(cloud, definition))
        task_set = service.primary
        with pytest.raises(NotSteady) as refused:
            task_set.wait_steady(8)
    assert runtime.alive == []
    return task_set, str(refused.value)


def test_a_service_begins_with_one_primary_task_set_behind_its_target_group(cloud: Cloud) -> None:
    """deployment-type-bluegreen: "an Amazon ECS task set is created"."""
    with running(cloud, desiredCount=2) as world:
        service = world.services.service("shop", "web")
        assert [task_set.status for task_set in service.task_sets] == ["PRIMARY"]
        assert service.primary.arn.startswith(f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-set/shop/web/ecs-svc/")
        assert list(world.load_balancers.health(BLUE).values()) == ["healthy", "healthy"]
        assert world.answer() == "example/app:v1"


def test_a_target_group_behind_no_listener_is_refused(cloud: Cloud) -> None:
    definition = register(cloud, task_definition("example/app:v1"))
    balancer = [{"targetGroupArn": GREEN, "containerName": "web", "containerPort": 8080}]
    declared = declare_service(cloud, definition, loadBalancers=balancer)
    with (
        LoadBalancers(cloud) as balancers,
        EcsServices(cloud, FakeRuntime(), balancers) as services,
        pytest.raises(EcsRefused, match="does not have an associated load balancer"),
    ):
        services.create_service(declared)


def test_a_container_gets_its_variables_secrets_and_task_role(cloud: Cloud) -> None:
    """secrets-envvar-secrets-manager and secrets-envvar-ssm-paramstore: the forms of valueFrom."""
    manager, parameters = cloud.client("secretsmanager"), cloud.client("ssm")
    arn = manager.create_secret(Name="db", SecretString='{"password": "s3cret"}')["ARN"]
    parameters.put_parameter(Name="/web/token", Value="t0ken", Type="SecureString")
    allow(
        cloud,
        {"Action": "secretsmanager:GetSecretValue", "Resource": arn},
        {"Action": "ssm:GetParameters", "Resource": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/web/token"},
    )
    definition = task_definition(
        "example/app:v1",
        environment=[{"name": "STAGE", "value": "stg"}],
        secrets=[
            {"name": "PASSWORD", "valueFrom": f"{arn}:password::"},
            {"name": "TOKEN", "valueFrom": "/web/token"},
            {"name": "BY_ARN", "valueFrom": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/web/token"},
        ],
    )
    runtime = FakeRuntime()
    with LoadBalancers(cloud) as balancers, EcsServices(cloud, runtime, balancers) as services:
        services.create_service(declare_service(cloud, register(cloud, definition))).primary.wait_steady(5)
        seen = json.loads(get(f"{balancers.url(PRODUCTION)}/environment")[1])
    assert (seen["STAGE"], seen["PASSWORD"], seen["TOKEN"], seen["BY_ARN"]) == (
        "stg",
        "s3cret",
        "t0ken",
        "t0ken",
    )
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA"), (
        "the task role's keys, for the program's own AWS calls"
    )
    assert "s3cret" not in repr(runtime.tasks[0].specs), "a secret never shows in a repr"


def test_a_secret_that_the_execution_role_may_not_read_stops_the_task_with_aws_words(cloud: Cloud) -> None:
    arn = cloud.client("secretsmanager").create_secret(Name="db", SecretString="s3cret")["ARN"]
    task_set, reason = why_not(cloud, secrets=[{"name": "PASSWORD", "valueFrom": arn}])
    assert "ResourceInitializationError: unable to pull secrets or registry auth" in reason
    assert (
        "assumed-role/web-execution/rehearsal is not authorized to perform: secretsmanager:GetSecretValue"
        in reason
    )
    assert len(task_set.stopped) == 3, (
        "ECS would retry for ever (service-throttle-logic), a rehearsal three times"
    )


def test_a_missing_secret_and_a_missing_json_key_are_named(cloud: Cloud) -> None:
    arn = cloud.client("secretsmanager").create_secret(Name="db", SecretString='{"user": "u"}')["ARN"]
    allow(cloud, {"Action": ["secretsmanager:GetSecretValue", "ssm:GetParameters"], "Resource": "*"})
    _, reason = why_not(cloud, secrets=[{"name": "PASSWORD", "valueFrom": f"{arn}:password::"}])
    assert "retrieved secret from Secrets Manager did not contain json key password" in reason
    _, reason = why_not(cloud, secrets=[{"name": "TOKEN", "valueFrom": "/web/none"}])
    assert "invalid parameters: /web/none" in reason


def test_a_role_that_ecs_tasks_may_not_assume_stops_the_task(cloud: Cloud) -> None:
    cloud.authority.put_role(EXECUTION_ROLE, trusted_by("ec2.amazonaws.com"))
    _, reason = why_not(cloud)
    assert f"ECS was unable to assume the role '{EXECUTION_ROLE}' that was provided for this task" in reason


def test_a_log_group_that_does_not_exist_stops_the_task(cloud: Cloud) -> None:
    """resource-initialization-error, "failed to initialize logging driver"."""
    allow(cloud, {"Action": "logs:CreateLogStream", "Resource": "*"})
    _, reason = why_not(cloud, logConfiguration=LOGS)
    assert "failed to create Cloudwatch log stream: ResourceNotFoundException" in reason


def test_what_each_container_writes_is_in_its_own_stream_while_it_runs(cloud: Cloud) -> None:
    """using_awslogs.md: `prefix/container/task`, sent by the execution role."""
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/web")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/web:*"
    allow(cloud, {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": group})
    declared = task_definition("example/app:v1", logConfiguration=LOGS)
    declared["containerDefinitions"] += [
        {"name": "side", "image": "example/side:v1", "essential": False, "logConfiguration": LOGS},
        {"name": "mute", "image": "example/mute:v1", "essential": False},
    ]

    def written(container: str) -> list[str]:
        found = logs.get_log_events(logGroupName="/web", logStreamName=f"web/{container}/{task}")["events"]
        return [event["message"] for event in found]

    with LoadBalancers(cloud) as balancers, EcsServices(cloud, FakeRuntime(), balancers) as services:
        task_set = services.create_service(declare_service(cloud, register(cloud, declared))).primary
        task_set.wait_steady(5)
        task = task_set.running[0].task_id
        eventually(lambda: written("web") and written("side"))
    assert written("web") == ["example/app:v1 wrote this"], "and nothing twice"
    assert written("side") == ["example/side:v1 wrote this"]
    streams = logs.describe_log_streams(logGroupName="/web")["logStreams"]
    assert len(streams) == 2, "a container without a log driver has none"


def test_a_log_that_the_role_may_not_send_is_lost_and_said_once(cloud: Cloud) -> None:
    cloud.client("logs").create_log_group(logGroupName="/web")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/web:*"
    allow(cloud, {"Action": "logs:CreateLogStream", "Resource": group})
    definition = register(cloud, task_definition("example/app:v1", logConfiguration=LOGS))
    with LoadBalancers(cloud) as balancers, EcsServices(cloud, FakeRuntime(), balancers) as services:
        services.create_service(declare_service(cloud, definition)).primary.wait_steady(5)
    told = [one.message for one in cloud.journal.entries("ECS") if "is lost" in one.message]
    assert len(told) == 1
    assert "is not authorized to perform: logs:PutLogEvents" in told[0]


def test_a_crashing_container_is_replaced_and_its_exit_code_and_log_are_kept(cloud: Cloud) -> None:
    task_set, reason = why_not(cloud, image="example/crashing")
    assert "Essential container in task exited (exit code 3)" in reason
    assert "example/crashing wrote this" in reason
    assert len(task_set.stopped) == 3


def test_a_container_that_fails_its_health_checks_is_replaced_after_the_grace_period(cloud: Cloud) -> None:
    """troubleshoot-service-load-balancers."""
    _, reason = why_not(cloud, image="example/unhealthy")
    assert f"Task failed ELB health checks in (target-group {BLUE})" in reason


def test_a_container_that_can_not_start_says_why(cloud: Cloud) -> None:
    _, reason = why_not(cloud, image="example/unstartable")
    assert "CannotStartContainerError: no such file: /app/start" in reason


def pushed(cloud: Cloud, tmp_path: Path, architecture: str, repository: str = "app") -> str:
    """Push an image for an architecture; its reference by digest."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY app.py /app.py\nCMD ["python", "/app.py"]\n')
    (folder / "app.py").write_text("print(1)\n")
    cloud.client("ecr").create_repository(repositoryName=repository)
    registry = Registry(cloud.endpoint, lambda: ecr_token(cloud.client("ecr")))
    digest = registry.push(pack(folder, architecture=architecture), repository, ["v1"])
    return f"{cloud.place.registry}/{repository}@{digest}"


def test_an_image_of_our_registry_is_pulled_as_the_execution_role(cloud: Cloud, tmp_path: Path) -> None:
    """task_execution_IAM_role: GetAuthorizationToken on *, the three others on the repository."""
    image = pushed(cloud, tmp_path, "amd64")
    allow(
        cloud,
        {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Action": PULL, "Resource": REPOSITORY},
    )
    with running(cloud, image) as world:
        assert world.answer() == image


def test_a_missing_pull_permission_is_named(cloud: Cloud, tmp_path: Path) -> None:
    image = pushed(cloud, tmp_path, "amd64")
    _, reason = why_not(cloud, image=image)
    assert "unable to retrieve ecr registry auth" in reason
    assert "is not authorized to perform: ecr:GetAuthorizationToken on resource: *" in reason
    allow(
        cloud,
        {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Action": PULL[:2], "Resource": REPOSITORY},
    )
    _, reason = why_not(cloud, image=image)
    assert "CannotPullContainerError: The task can't pull the image." in reason
    assert f"is not authorized to perform: ecr:GetDownloadUrlForLayer on resource: {REPOSITORY}" in reason


FILL = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            "ecr:CreateRepository",
            f"name unknown: The repository with name 'hub/library/redis' does not exist in the registry with id '{ACCOUNT}'",
        ),
        ("ecr:BatchImportUpstreamImage", "manifest unknown: Requested image not found"),
    ],
)
def test_the_first_pull_through_a_cache_needs_each_permission_to_fill_it(
    cloud: Cloud, missing: str, said: str
) -> None:
    """Amazon ECR User Guide, pull-through-cache-iam; the answers are those of error-pullthroughcache."""
    cloud.pull_through_caches = PullThroughCaches(["hub"])
    image = f"{cloud.place.registry}/hub/library/redis:7"
    cached = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/hub/library/redis"
    granted = [one for one in FILL if one != missing]
    login = {"Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    allow(cloud, login, {"Action": [*PULL, *granted], "Resource": cached})
    _, reason = why_not(cloud, image=image)
    started = (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref"
    )
    assert f"{started} {image}: {image}: not found: {said}" in reason
    assert f"is not authorized to perform: {missing} on resource: {cached}" in reason, (
        "ours: ECR does not say"
    )
    allow(cloud, login, {"Action": [*PULL, *FILL], "Resource": cached})
    with running(cloud, image) as world:
        assert world.answer() == image
    allow(cloud, login, {"Action": PULL, "Resource": cached})
    with running(cloud, image) as world:
        assert world.answer() == image, "what has come once is pulled like any other image"
    _, reason = why_not(cloud, image=image.replace(":7", ":8"))
    assert "manifest unknown" in reason, "another tag is imported anew, into the repository that is there now"


def test_a_repository_that_is_there_is_filled_without_leave_to_make_one(cloud: Cloud) -> None:
    """pull-through-cache-iam: CreateRepository is needed while the repository does not exist."""
    cloud.pull_through_caches = PullThroughCaches(["hub"])
    cloud.client("ecr").create_repository(repositoryName="hub/redis")
    allow(cloud, {"Action": ["ecr:GetAuthorizationToken", *PULL, FILL[0]], "Resource": "*"})
    image = f"{cloud.place.registry}/hub/redis:7"
    with running(cloud, image) as world:
        assert world.answer() == image


def test_an_image_that_was_pushed_below_a_caches_prefix_comes_from_nowhere_else(
    cloud: Cloud, tmp_path: Path
) -> None:
    image = pushed(cloud, tmp_path, "amd64", "hub/app")
    cloud.pull_through_caches = PullThroughCaches(["hub"])
    allow(cloud, {"Action": ["ecr:GetAuthorizationToken", *PULL], "Resource": "*"})
    with running(cloud, image) as world:
        assert world.answer() == image


@pytest.mark.parametrize("repository", ["hubs/redis", "hub", "example/hub/redis"])
def test_a_repository_beside_a_caches_prefix_needs_no_leave_to_fill_it(cloud: Cloud, repository: str) -> None:
    cloud.pull_through_caches = PullThroughCaches(["hub"])
    allow(cloud, {"Action": ["ecr:GetAuthorizationToken", *PULL], "Resource": "*"})
    image = f"{cloud.place.registry}/{repository}:7"
    with running(cloud, image) as world:
        assert world.answer() == image


def test_an_image_of_another_architecture_can_not_be_pulled(cloud: Cloud, tmp_path: Path) -> None:
    image = pushed(cloud, tmp_path, "arm64")
    allow(cloud, {"Action": ["ecr:GetAuthorizationToken", *PULL], "Resource": "*"})
    _, reason = why_not(cloud, image=image)
    assert "image Manifest does not contain descriptor matching platform 'linux/amd64'" in reason


def test_an_image_that_is_not_there_can_not_be_pulled(cloud: Cloud, tmp_path: Path) -> None:
    image = pushed(cloud, tmp_path, "amd64").split("@")[0] + ":v9"
    allow(cloud, {"Action": ["ecr:GetAuthorizationToken", *PULL], "Resource": "*"})
    _, reason = why_not(cloud, image=image)
    assert f"failed to resolve ref {image}: {image}: not found" in reason


def test_task_sets_swap_primary_and_a_deleted_one_is_drained(cloud: Cloud) -> None:
    with running(cloud) as world:
        service = world.services.service("shop", "web")
        blue = service.primary
        world.load_balancers.forward(PRODUCTION, {BLUE: 1, GREEN: 0})
        definition = register(cloud, task_definition("example/app:v2"))
        green = world.services.create_task_set(service, definition, GREEN)
        green.wait_steady(5)
        world.services.update_primary(service, green)
        assert (blue.status, green.status, service.primary) == ("ACTIVE", "PRIMARY", green)
        world.services.delete_task_set(service, blue)
        assert world.load_balancers.health(BLUE) == {}
        assert world.runtime.alive == ["example/app:v2"]


def test_a_container_that_the_task_definition_has_not_is_refused(cloud: Cloud) -> None:
    with running(cloud) as world:
        service = world.services.service("shop", "web")
        definition = register(cloud, task_definition("example/app:v2"))
        with pytest.raises(EcsRefused, match="The container api does not exist in the task definition"):
            world.services.create_task_set(service, definition, GREEN, container=("api", 8080))
        with pytest.raises(EcsRefused, match="did not have a container port 9 defined"):
            world.services.create_task_set(service, definition, GREEN, container=("web", 9))


def test_stopping_waits_for_nothing_that_is_gone(cloud: Cloud) -> None:
    with running(cloud) as world:
        world.services.stop()
        eventually(lambda: world.runtime.alive == [])
