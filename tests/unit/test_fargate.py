"""What Fargate refuses in a task definition, and what a rehearsal refuses to pretend."""

from typing import Any

import pytest

from documents.taskdef import Container, Task, task_definition
from rehearsal.ecs import fargate
from rehearsal.ecs import task_definition as registered
from rehearsal.ecs.task_definition import TemplateError
from rehearsal.host.project import ROOT

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
    ],
)
def test_what_fargate_does_not_take_in_a_task_is_refused_by_name(task: dict[str, Any], said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        registered.check(of(**task))


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
    for key in (*fargate.NEVER_BY_CONTAINER, "ipcMode", "placementConstraints", "dependsOn", "pidMode"):
        assert f"`{key}`" in listed, key
