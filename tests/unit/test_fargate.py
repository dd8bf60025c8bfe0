"""What Fargate refuses in a task definition, and what a rehearsal refuses to pretend."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.model import StructureShape
from botocore.session import get_session

from documents.taskdef import Container, Task, task_definition
from rehearsal.ecs import fargate
from rehearsal.ecs import task_definition as registered
from rehearsal.ecs.task_definition import TemplateError
from rehearsal.errors import RehearsalError
from rehearsal.evaluation.resources import make
from rehearsal.host.project import ROOT
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal

ROLE = "arn:aws:iam::123456789012:role/r"


def of(container: dict[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    made = task_definition(
        Task("shop", 256, 512, "X86_64", ROLE, ROLE, "/shop", "us-east-1"), [Container("app", "busybox")]
    )
    made["containerDefinitions"][0] |= container or {}
    return made | task


def test_what_the_program_writes_is_taken() -> None:
    assert fargate.refusals(of()) == []
    registered.check(of())


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"privileged": True}, "privileged of container 'app' is not valid"),
        ({"hostname": "shop"}, "hostname"),
        ({"extraHosts": [{"hostname": "a", "ipAddress": "10.0.0.1"}]}, "extraHosts"),
        ({"dnsServers": ["10.0.0.2"]}, "dnsServers"),
        ({"dockerSecurityOptions": ["no-new-privileges"]}, "dockerSecurityOptions"),
        ({"linuxParameters": {"sharedMemorySize": 128}}, "linuxParameters.sharedMemorySize"),
        ({"linuxParameters": {"tmpfs": [{"containerPath": "/x", "size": 1}]}}, "linuxParameters.tmpfs"),
        ({"linuxParameters": {"capabilities": {"add": ["SYS_PTRACE", "NET_ADMIN"]}}}, "capability NET_ADMIN"),
        ({"stopTimeout": 121}, "stopTimeout 121"),
        ({"stopTimeout": 1}, "stopTimeout 1 "),
        ({"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 1_048_577}]}, "nofile 1048577"),
        ({"dependsOn": [{"containerName": "x", "condition": "START"}]}, "dependsOn .* is not played"),
        ({"repositoryCredentials": {"credentialsParameter": "arn"}}, "repositoryCredentials .* not played"),
        (
            {"portMappings": [{"containerPort": 80, "hostPort": 8080}]},
            "hostPort 8080 .* not its containerPort 80",
        ),
        ({"portMappings": [{"containerPort": 53, "protocol": "udp"}]}, "port 53 .* udp, which is not played"),
        ({"portMappings": [{"containerPortRange": "80-90"}]}, "containerPortRange .* not played"),
        ({"logConfiguration": {"logDriver": "splunk"}}, "logDriver splunk .* plays awslogs"),
        ({"logConfiguration": {"logDriver": "json-file"}}, "logDriver json-file .* not one of Fargate's"),
        (
            {
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "secretOptions": [{"name": "k", "valueFrom": "arn"}],
                }
            },
            "logConfiguration.secretOptions .* not played",
        ),
        ({"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}, "mountPoints .* is not played"),
        (
            {"systemControls": [{"namespace": "net.core.somaxconn", "value": "1"}]},
            "systemControls .* not played",
        ),
    ],
)
def test_what_fargate_does_not_take_in_a_container_is_refused_by_name(
    container: dict[str, Any], said: str
) -> None:
    # Amazon ECS Developer Guide, fargate-tasks-services, "Task definition parameters"
    with pytest.raises(TemplateError, match=said):
        registered.check(of(container))


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({"networkMode": "bridge"}, "networkMode is 'bridge'"),
        ({"requiresCompatibilities": ["EC2"]}, "requiresCompatibilities"),
        ({"ipcMode": "task"}, "ipcMode"),
        ({"volumes": [{"name": "v"}]}, "volumes is not played"),
        ({"ephemeralStorage": {"sizeInGiB": 30}}, "ephemeralStorage is not played"),
        ({"enableFaultInjection": True}, "enableFaultInjection is not played"),
        (
            {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}},
            "operatingSystemFamily is WINDOWS_SERVER_2022_CORE, and the rehearsal plays LINUX",
        ),
    ],
)
def test_what_fargate_does_not_take_in_a_task_is_refused_by_name(task: dict[str, Any], said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        registered.check(of(**task))


@pytest.mark.parametrize(
    ("shape", "classes"),
    [
        (
            "RegisterTaskDefinitionRequest",
            (fargate.PLAYED_BY_TASK, fargate.UNPLAYED_BY_TASK, fargate.NEVER_BY_TASK),
        ),
        (
            "ContainerDefinition",
            (fargate.PLAYED_BY_CONTAINER, fargate.UNPLAYED_BY_CONTAINER, fargate.NEVER_BY_CONTAINER),
        ),
    ],
)
def test_everything_that_ecs_takes_is_played_or_refused_by_name(
    shape: str, classes: tuple[tuple[str, ...], ...]
) -> None:
    """botocore's model of RegisterTaskDefinition: what it has more tomorrow must be put into a class."""
    members = get_session().get_service_model("ecs").shape_for(shape)
    assert isinstance(members, StructureShape)
    known = [key for one in classes for key in one]
    assert sorted(cast("dict[str, object]", members.members)) == sorted(known), "each in exactly one class"


def test_what_fargate_takes_stays_allowed() -> None:
    taken = {
        "linuxParameters": {
            "capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]},
            "initProcessEnabled": False,
        },
        "stopTimeout": 120,
        "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 1_048_576}],
        "readonlyRootFilesystem": True,
        "dockerLabels": {"a": "b"},
    }
    registered.check(of(taken))


def test_the_list_of_differences_names_everything_that_is_refused() -> None:
    listed = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8").partition("## Docker and Fargate")[2]
    for key in (
        *fargate.NEVER_BY_CONTAINER,
        *("ipcMode", "placementConstraints", "dependsOn", "pidMode"),
        *("repositoryCredentials", "ephemeralStorage", "enableFaultInjection"),
    ):
        assert f"`{key}`" in listed, key


def test_a_task_definition_that_fargate_refuses_is_refused_when_the_program_declares_it(
    tmp_path: Path,
) -> None:
    """RegisterTaskDefinition refuses it in the middle of `pulumi up`."""
    cloud = Cloud("http://127.0.0.1:1", Authority(), Journal(), tmp_path)
    inputs = {**of({"privileged": True}), "networkMode": "awsvpc"}
    inputs["containerDefinitions"] = json.dumps(inputs["containerDefinitions"])
    type_ = "aws:ecs/taskDefinition:TaskDefinition"
    with pytest.raises(
        RehearsalError, match="task definition shop: privileged of container 'app' is not valid"
    ):
        make(cloud, f"urn:pulumi:stg::delivery::{type_}::one", type_, "one", inputs)
