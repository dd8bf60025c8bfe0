"""What people do to a deployment that runs: stop it, with its rollback or without, and end one of its two waits.

Document: codedeploy/latest/APIReference, API_StopDeployment and API_ContinueDeployment, unless named.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.codedeploy.appspec import filled, parsed
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.codedeploy.deployment import Deployment
from rehearsal.codedeploy.service import Deployments
from rehearsal.errors import AwsRefusal
from rehearsal.world.cloud import Cloud
from tests.rehearsal.bluegreen_world import (
    GREEN,
    PRODUCTION,
    World,
    blue_green_cloud,
    declare_deployment,
    eventually,
    register,
    running,
    task_definition,
)
from tests.rehearsal.deploying import APPSPEC, codedeploy, on_blue_alone

CANARY = "CodeDeployDefault.ECSCanary10Percent15Minutes"
WAITS = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60}
KEEPS = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with blue_green_cloud(tmp_path) as (_, made):
        yield made


def created(world: World, deployments: Deployments, image: str = "example/app:v2") -> Deployment:
    spec = parsed(filled(APPSPEC, register(world.cloud, task_definition(image))))
    return deployments.create(DeploymentGroup.of(world.cloud, "web", "web"), spec)


def test_a_stop_that_asks_for_no_rollback_leaves_traffic_as_it_is_whatever_the_group_says(
    cloud: Cloud,
) -> None:
    declare_deployment(cloud, deploymentConfigName=CANARY)
    with running(cloud) as world:
        deployments = codedeploy(world)
        one = created(world, deployments)
        eventually(lambda: world.load_balancers.weights(PRODUCTION).get(GREEN) == 10)
        deployments.ask_to_stop(one, rollback=False)
        assert one.ended.wait(5)
        assert (one.status, one.error_code, one.rollback) == ("Stopped", "MANUAL_STOP", None)
        assert world.load_balancers.weights(PRODUCTION)[GREEN] == 10, "what was shifted stays shifted"


def test_a_stop_that_asks_for_a_rollback_gets_one_even_where_the_group_has_none(cloud: Cloud) -> None:
    """deployments-rollback-and-redeploy: a rollback is a deployment with an id of its own."""
    declare_deployment(cloud, deploymentConfigName=CANARY, autoRollbackConfiguration={"enabled": False})
    with running(cloud) as world:
        deployments = codedeploy(world)
        one = created(world, deployments)
        eventually(lambda: world.load_balancers.weights(PRODUCTION).get(GREEN) == 10)
        deployments.ask_to_stop(one, rollback=True)
        assert one.ended.wait(5)
        on_blue_alone(world)
        rollback = deployments.all()[1]
        assert rollback.id == one.rollback_id != one.id
        assert (rollback.creator, rollback.status) == ("codeDeployRollback", "Succeeded")
        assert rollback.triggered_by == one.id


def test_who_continues_a_deployment_that_waits_gives_green_its_traffic(cloud: Cloud) -> None:
    declare_deployment(cloud, blueGreenDeploymentConfig={"deploymentReadyOption": WAITS})
    with running(cloud) as world:
        deployments = codedeploy(world)
        one = created(world, deployments)
        eventually(lambda: one.status == "Ready")
        assert world.load_balancers.weights(PRODUCTION)[GREEN] == 0, "green waits without traffic"
        with pytest.raises(AwsRefusal, match="does not wait for the end of blue") as refused:
            deployments.go_on(one, termination=True)
        assert refused.value.code == "DeploymentIsNotInReadyStateException"
        deployments.go_on(one, termination=False)
        assert one.ended.wait(5)
        assert (one.status, world.answer()) == ("Succeeded", "example/app:v2")


def test_who_continues_after_the_shift_ends_the_wait_for_the_end_of_blue(cloud: Cloud) -> None:
    blue = {"terminateBlueInstancesOnDeploymentSuccess": KEEPS}
    declare_deployment(cloud, blueGreenDeploymentConfig=blue)
    with running(cloud) as world:
        deployments = codedeploy(world)
        one = created(world, deployments)
        eventually(one.waits_for_termination.is_set)
        assert world.runtime.alive == ["example/app:v1", "example/app:v2"], "blue is kept, here for 3 s"
        with pytest.raises(AwsRefusal, match="does not wait to be continued"):
            deployments.go_on(one, termination=False)
        deployments.go_on(one, termination=True)
        assert one.ended.wait(2), "long before the wait is over"
        assert world.runtime.alive == ["example/app:v2"]


def test_a_deployment_that_is_over_is_neither_stopped_nor_continued(cloud: Cloud) -> None:
    declare_deployment(cloud)
    with running(cloud) as world:
        deployments = codedeploy(world)
        one = created(world, deployments)
        assert one.ended.wait(5)
        for act in (lambda: deployments.ask_to_stop(one), lambda: deployments.go_on(one, termination=True)):
            with pytest.raises(AwsRefusal, match=f"{one.id} is already over: it is Succeeded") as refused:
                act()
            assert refused.value.code == "DeploymentAlreadyCompletedException"
        again = created(world, deployments, "example/app:v3")
        assert again.previous == one.appspec, "what a rollback goes to"
        assert again.ended.wait(5)
