"""Containers with health checks of their own (AmazonECS/latest/APIReference/API_DeploymentConfiguration, `minimumHealthyPercent`)."""

from pathlib import Path
from typing import Any

import pytest

from rehearsal.levels.container.docker_api import DockerRefused
from rehearsal.levels.container.task import ContainerTask, Started
from rehearsal.levels.runtime import ContainerSpec
from tests.rehearsal.bluegreen_world import eventually, register, task_definition
from tests.rehearsal.rolling_world import steady

CHECK = {"command": ["CMD", "true"]}


@pytest.mark.parametrize("more", [{"loadBalancers": []}, {}])
def test_an_old_task_stays_until_the_containers_own_check_finds_the_new_one_healthy(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    with steady(tmp_path, **more) as world:
        old = world.runtime.tasks[-1]
        world.update(
            taskDefinition=register(world.cloud, task_definition("example/app:v2", healthCheck=CHECK))
        )
        eventually(lambda: len(world.runtime.tasks) == 2)
        deployment = world.service.deployments[-1]
        assert not deployment.ended.wait(1.5), (
            "forty seconds are 0.8 here, and mean nothing where somebody checks"
        )
        assert not old.stopped
        world.runtime.tasks[-1].healthy = True
        assert world.ended()["status"] == "SUCCESSFUL"
        assert old.stopped


@pytest.mark.parametrize(
    ("state", "healthy"),
    [
        ({"Health": {"Status": "healthy"}}, True),
        ({"Health": {"Status": "starting"}}, False),
        ({}, False),
        (None, False),
    ],
)
def test_docker_says_whether_a_container_is_healthy(state: dict[str, Any] | None, healthy: bool) -> None:  # noqa: FBT001
    class Docker:
        def ask(self, *_: Any, **__: Any) -> dict[str, Any]:
            if state is None:
                raise DockerRefused(404, "no such container")
            return {"State": {"Status": "running", **state}}

    def task(definition: dict[str, Any]) -> ContainerTask:
        started = Started(ContainerSpec("web", "example/app", definition=definition), "id", "172.17.0.2")
        docker: Any = Docker()
        none: Any = None
        return ContainerTask(docker, none, [started], [])

    assert task({"healthCheck": CHECK}).checked() is healthy
    assert task({}).checked() is None
