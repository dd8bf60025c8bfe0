"""A release changes what Pulumi declared. Afterwards `refresh` and `up` leave the release alone, and our own edits arrive."""

from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from rehearsal.application import V1, V2
from rehearsal.cloud import Cloud
from rehearsal.codepipeline.executions import SUCCEEDED
from rehearsal.engine.live import LiveParts
from rehearsal.engine.outcome import Outcome
from rehearsal.engine.stack import Stack, engine_stack
from rehearsal.level import ProcessLevel
from rehearsal.rehearsal import Rehearsal, rehearsing
from rehearsal.traffic import get

SERVICE = "web-service"
LISTENER = "web-listener"


class World:
    """A stack whose resources run."""

    stack: Stack
    rehearsal: Rehearsal

    def answering(self) -> str:
        return str(get(self.rehearsal.url("web"))[1].get("version"))

    def group(self) -> str:
        (arn,) = (arn for arn, w in self.rehearsal.load_balancers.weights(self.listener()).items() if w > 0)
        return arn

    def listener(self) -> str:
        return self.rehearsal.listener("web").arn

    def state(self, name: str) -> Any:
        return next(one for urn, one in self.stack.resources().items() if urn.endswith(f"::{name}"))


@pytest.fixture(scope="module")
def world(cli: PulumiCommand) -> Generator[World]:
    made = World()
    with ExitStack() as ends:

        def declare(cloud: Cloud) -> None:
            made.stack = ends.enter_context(engine_stack(cloud, "stg", cli))
            made.stack.up()

        running = rehearsing("stg", level=ProcessLevel, declare_instead=declare)
        made.rehearsal = ends.enter_context(running)
        parts = LiveParts(made.rehearsal.services, made.rehearsal.load_balancers)
        made.stack.provider.resources.live = parts.of
        made.stack.provider.resources.changed = parts.follow
        yield made


@pytest.fixture(scope="module")
def released(world: World) -> str:
    """The target group that serves after two releases moved traffic; the digest pushed last is V2's."""
    before = world.group()
    execution = world.rehearsal.release_of(world.rehearsal.push(V1))
    assert execution.status == SUCCEEDED, execution.summary
    assert world.group() != before, "the release moved traffic to the other group"
    return world.group()


@pytest.fixture(scope="module")
def refreshed(world: World, released: str) -> Outcome:
    return world.stack.refresh()


def test_up_without_a_refresh_leaves_the_release_alone(world: World, released: str) -> None:
    assert world.stack.up().changes == {}
    assert (world.group(), world.answering()) == (released, V1.name)


def test_a_refresh_sees_what_the_release_changed_and_nothing_else(refreshed: Outcome, released: str) -> None:
    drift = {urn.rpartition("::")[2]: set(keys) for urn, keys in refreshed.drift().items()}
    assert drift == {SERVICE: {"taskDefinition", "loadBalancers"}, LISTENER: {"defaultActions"}}


def test_up_after_a_refresh_leaves_the_release_alone(world: World, refreshed: Outcome, released: str) -> None:
    assert world.state(LISTENER)["outputs"]["defaultActions"][0]["targetGroupArn"] == released
    assert world.stack.up().changes == {}
    assert (world.group(), world.answering()) == (released, V1.name)


def test_an_edit_of_the_same_resources_is_still_applied(
    world: World, refreshed: Outcome, released: str
) -> None:
    world.stack.edit(lambda c: c["delivery:services"]["web"].update(healthCheck={"gracePeriodSeconds": 90}))
    world.stack.edit(lambda c: c["delivery:services"]["web"]["loadBalancer"].update(port=8088))
    changes = {urn.rpartition("::")[2]: op for urn, op in world.stack.up().changes.items()}
    assert changes == {
        SERVICE: "update",
        LISTENER: "update",
        "web-balancer-group": "update",
        "descriptor-parameter": "update",
    }
    service = world.rehearsal.services.service("apps-stg", "shop-stg-web")
    assert service.grace == 90
    assert world.state(LISTENER)["outputs"]["port"] == 8088
    assert (world.group(), world.answering()) == (released, V1.name), "and the release keeps its traffic"


def test_the_next_release_works_on_the_edited_stack(world: World, refreshed: Outcome, released: str) -> None:
    execution = world.rehearsal.release_of(world.rehearsal.push(V2))
    assert execution.status == SUCCEEDED, execution.summary
    assert world.answering() == V2.name
    assert world.stack.up().changes == {}
