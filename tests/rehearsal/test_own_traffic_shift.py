"""Deployment configurations that a program declares itself: played in real traffic, refused where CodeDeploy would.

Documents: codedeploy/latest/userguide/deployment-configurations-create, codedeploy/latest/APIReference/API_CreateDeploymentConfig.
"""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codedeploy.configuration import CONFIGURATION
from rehearsal.codedeploy.declared import GROUP
from rehearsal.codedeploy.kinds import KINDS
from rehearsal.errors import RehearsalError
from rehearsal.evaluation.resources import CannotMake, make
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import InUse
from tests.rehearsal.bluegreen_world import (
    GREEN,
    PRODUCTION,
    blue_green_cloud,
    declare_deployment,
    eventually,
    get,
    running,
)
from tests.rehearsal.deploying import deploy

NAME = "shop-web-shift"


def configuration(kind: str, percent: Any = 30, minutes: Any = 2, **more: Any) -> dict[str, Any]:
    increment = {"percentage": percent, "interval": minutes}
    routing = {"type": f"TimeBased{kind}", f"timeBased{kind}": increment}
    return {
        "deploymentConfigName": NAME,
        "computePlatform": "ECS",
        "trafficRoutingConfig": routing,
        **more,
    }


def made(cloud: Cloud, inputs: dict[str, Any], name: str = "shift") -> Any:
    return make(cloud, f"urn:pulumi:stg::delivery::{CONFIGURATION}::{name}", CONFIGURATION, name, inputs)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with blue_green_cloud(tmp_path) as (_, made):
        yield made


@pytest.mark.parametrize(("kind", "percents"), [("Canary", [30, 100]), ("Linear", [30, 60, 90, 100])])
def test_users_see_green_as_often_as_the_declared_percent_says(
    cloud: Cloud, kind: str, percents: list[int]
) -> None:
    made(cloud, configuration(kind, minutes=3))
    declare_deployment(cloud, deploymentConfigName=NAME)
    seen: dict[int, float] = {}
    with running(cloud) as world:
        worker = threading.Thread(target=deploy, args=(world, "example/app:v2"))
        worker.start()
        for percent in percents[:-1]:
            eventually(lambda now=percent: world.load_balancers.weights(PRODUCTION).get(GREEN) == now)
            answers = [get(world.url)[1] for _ in range(20)]
            seen[percent] = 100 * answers.count("example/app:v2") / len(answers)
        worker.join()
        assert world.answer() == "example/app:v2"
    assert seen == {percent: percent for percent in percents[:-1]}, "answers of green, in percent of all"
    told = [entry for entry in cloud.journal.entries("CodeDeploy") if "percent of" in entry.message]
    assert [int(entry.message.split()[0]) for entry in told] == percents
    waits = [after.seconds - before.seconds for before, after in pairwise(told)]
    assert min(waits) > 1.7, "three minutes by a clock that runs a hundred times faster"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (configuration("Canary", percent=0), "timeBasedCanary.percentage 0; an increment is 1 to 99 percent"),
        (configuration("Linear", percent=100), "timeBasedLinear.percentage 100; an increment is 1 to 99"),
        (
            configuration("Linear", percent=12.5),
            r"percentage 12\.5; an increment is 1 to 99 percent, a whole",
        ),
        (configuration("Canary", minutes=0), "timeBasedCanary.interval 0; an increment stays whole minutes"),
        (configuration("Canary", minutes=2881), "lasts 2881 minutes; 2880 are taken"),
        (configuration("Linear", percent=1, minutes=30), "lasts 2970 minutes; 2880 are taken"),
        (configuration("Canary", computePlatform="Lambda"), "(?i)compute ?platform '?Lambda'?"),
        ({"deploymentConfigName": NAME}, "compute platform 'Server'"),
        (configuration("Spiral"), "type 'TimeBasedSpiral'; it is one of AllAtOnce, TimeBasedCanary"),
        (
            configuration(
                "Canary",
                trafficRoutingConfig={
                    "type": "TimeBasedCanary",
                    "timeBasedLinear": {"percentage": 1, "interval": 1},
                },
            ),
            "timeBasedLinear beside traffic routing of type TimeBasedCanary",
        ),
        (
            configuration("Canary", deploymentConfigName="CodeDeployDefault.ECSCanary20Percent5Minutes"),
            "names that begin with CodeDeployDefault. are CodeDeploy's own",
        ),
    ],
)
def test_what_codedeploy_would_refuse_is_refused_when_it_is_declared(
    cloud: Cloud, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(RehearsalError, match=said):
        made(cloud, inputs)


def test_all_at_once_may_be_declared_under_a_name_of_ones_own(cloud: Cloud) -> None:
    """API_TrafficRoutingConfig: AllAtOnce is a type of its own."""
    made(cloud, {**configuration("Canary"), "trafficRoutingConfig": {"type": "AllAtOnce"}})
    declare_deployment(cloud, deploymentConfigName=NAME)
    with running(cloud) as world:
        deploy(world, "example/app:v2")
        assert world.load_balancers.weights(PRODUCTION)[GREEN] == 100


@pytest.mark.parametrize("name", [NAME, "CodeDeployDefault.ECSCanary20Percent5Minutes", ""])
def test_a_group_with_a_configuration_that_nobody_made_is_refused(cloud: Cloud, name: str) -> None:
    """API_CreateDeploymentGroup, DeploymentConfigDoesNotExistException: of CodeDeploy's own there are five for ECS."""
    with pytest.raises(RehearsalError, match="no deployment configuration for ECS: take one of CodeDeploy"):
        make(cloud, f"urn:pulumi:stg::delivery::{GROUP}::web", GROUP, "web", group(name))


def group(configuration_name: str) -> dict[str, Any]:
    return {"appName": "web", "deploymentGroupName": "web", "deploymentConfigName": configuration_name}


def test_a_name_that_is_taken_is_refused_in_awss_words(cloud: Cloud) -> None:
    """API_CreateDeploymentConfig, DeploymentConfigAlreadyExistsException."""
    made(cloud, configuration("Canary"))
    with pytest.raises(CannotMake, match="DeploymentConfigAlreadyExistsException"):
        made(cloud, configuration("Linear"), name="other")


def test_a_configuration_stays_while_a_group_has_it(cloud: Cloud) -> None:
    """API_DeleteDeploymentConfig, DeploymentConfigInUseException."""
    made(cloud, configuration("Canary"))
    declare_deployment(cloud, deploymentConfigName=NAME)
    with pytest.raises(InUse, match=f"DeploymentConfigInUseException: .*{NAME}"):
        KINDS[CONFIGURATION].remove(cloud, NAME, {})
    declare_deployment(cloud)
    KINDS[CONFIGURATION].remove(cloud, NAME, {})
