"""The task definition template."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

IMAGE_PLACEHOLDER = "IMAGE1_NAME"
"""Placeholder for the pushed image; in the template it stands in angle brackets."""


@dataclass(frozen=True)
class Container:
    """One container of a task."""

    name: str
    image: str
    essential: bool = True
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    working_directory: str | None = None
    init_process: bool = False
    ports: Sequence[int] = ()
    port_names: Mapping[int, Mapping[str, str]] | None = None
    """Name and protocol of some of these ports, as a port mapping has them (Amazon ECS API Reference, PortMapping)."""
    user: str | None = None
    stop_timeout_seconds: int | None = None
    environment: Mapping[str, str] | None = None
    secrets: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Task:
    """What all containers of a task share."""

    family: str
    cpu: int
    memory: int
    architecture: str
    execution_role: str
    task_role: str
    log_group: str
    region: str


def task_definition(task: Task, containers: Sequence[Container]) -> dict[str, Any]:
    """Input of RegisterTaskDefinition (Amazon ECS API Reference), for Fargate."""
    return {
        "family": task.family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": str(task.cpu),
        "memory": str(task.memory),
        "runtimePlatform": {"cpuArchitecture": task.architecture, "operatingSystemFamily": "LINUX"},
        "executionRoleArn": task.execution_role,
        "taskRoleArn": task.task_role,
        "containerDefinitions": [_container(task, container) for container in containers],
    }


def _container(task: Task, container: Container) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "name": container.name,
        "image": container.image,
        "essential": container.essential,
        "environment": [{"name": n, "value": v} for n, v in sorted((container.environment or {}).items())],
        "secrets": [{"name": n, "valueFrom": v} for n, v in sorted((container.secrets or {}).items())],
        "portMappings": [
            {"containerPort": port, "protocol": "tcp", **(container.port_names or {}).get(port, {})}
            for port in container.ports
        ],
        "linuxParameters": {"initProcessEnabled": container.init_process},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": task.log_group,
                "awslogs-region": task.region,
                "awslogs-stream-prefix": container.name,
            },
        },
    }
    if container.entry_point:
        definition["entryPoint"] = list(container.entry_point)
    if container.working_directory:
        definition["workingDirectory"] = container.working_directory
    if container.command:
        definition["command"] = list(container.command)
    if container.user:
        definition["user"] = container.user
    if container.stop_timeout_seconds:
        definition["stopTimeout"] = container.stop_timeout_seconds
    return definition


def pushed_image() -> str:
    """What stands for the image in the template; CodeDeployToECS puts the pushed one there."""
    return f"<{IMAGE_PLACEHOLDER}>"


def text(definition: Mapping[str, Any]) -> str:
    """The template as it lies in S3."""
    return json.dumps(definition, indent=2, sort_keys=True) + "\n"
