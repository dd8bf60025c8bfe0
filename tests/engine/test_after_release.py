"""A release changes what Pulumi declared. Afterwards `refresh` and `up` leave the release alone, and our own edits arrive."""

import copy
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.versions import V1, V2
from rehearsal.pulumi_engine.drift import LiveParts
from rehearsal.pulumi_engine.outcome import EngineFailed, Outcome
from rehearsal.pulumi_engine.stack import Stack, engine_stack
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.running.traffic import get
from rehearsal.world.cloud import Cloud

SERVICE = "web-service"
LISTENER = "web-listener"
GRACE_ALARMS = ("web-deployment-1-unhealthy", "web-deployment-2-unhealthy")
"""Alarms that wait as long as a start may take."""
OTHER_BALANCER = {
    "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/0123456789abcdef",
    "securityGroupId": "sg-0123456789abcdef0",
    "port": 8080,
}


class World:
    """A stack whose resources run."""

    stack: Stack
    rehearsal: Rehearsal

    def answering(self) -> str:
        return str(get(self.rehearsal.users.url("web"))[1].get("version"))

    def group(self) -> str:
        (arn,) = (arn for arn, w in self.rehearsal.load_balancers.weights(self.listener()).items() if w > 0)
        return arn

    def listener(self) -> str:
        return self.rehearsal.users.listener_arn("web")

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
    execution = world.rehearsal.pushes.release_of(world.rehearsal.team.push(V1))
    assert execution.status == ExecutionStatus.SUCCEEDED, execution.summary
    assert world.group() != before, "the release moved traffic to the other group"
    return world.group()


@pytest.fixture(scope="module")
def refreshed(world: World, released: str) -> Outcome:
    return world.stack.refresh()


def short(changes: Mapping[str, str]) -> dict[str, str]:
    return {urn.rpartition("::")[2]: op for urn, op in changes.items()}


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
        **dict.fromkeys(GRACE_ALARMS, "update"),
    }
    service = world.rehearsal.services.service("apps-stg", "shop-stg-web")
    assert service.grace == 90
    assert world.state(LISTENER)["outputs"]["port"] == 8088
    assert (world.group(), world.answering()) == (released, V1.name), "and the release keeps its traffic"


def test_the_number_of_tasks_is_managed(world: World, refreshed: Outcome, released: str) -> None:
    service = world.rehearsal.services.service("apps-stg", "shop-stg-web")
    world.stack.edit(lambda c: c["delivery:services"]["web"].update(desiredCount=2))
    assert short(world.stack.up().changes) == {SERVICE: "update"}
    assert (service.desired_count, service.primary.count) == (2, 2), (
        "UpdateService takes it under CODE_DEPLOY"
    )
    world.rehearsal.services.resize(service, 1)
    world.stack.refresh()
    assert short(world.stack.up().changes) == {SERVICE: "update"}, "somebody's change is set back"
    assert service.primary.count == 2


def test_the_number_of_tasks_is_left_alone_where_something_else_scales(
    world: World, refreshed: Outcome, released: str
) -> None:
    service = world.rehearsal.services.service("apps-stg", "shop-stg-web")
    world.stack.edit(lambda c: c["delivery:services"]["web"].update(autoscaled=True))
    world.rehearsal.services.resize(service, 1)
    world.stack.refresh()
    assert world.stack.up().changes == {}
    assert (service.desired_count, world.answering()) == (1, V1.name)


def test_the_next_release_works_on_the_edited_stack(world: World, refreshed: Outcome, released: str) -> None:
    execution = world.rehearsal.pushes.release_of(world.rehearsal.team.push(V2))
    assert execution.status == ExecutionStatus.SUCCEEDED, execution.summary
    assert world.answering() == V2.name
    assert world.stack.up().changes == {}


def test_another_load_balancer_is_refused_by_elb_and_takes_nothing_away(world: World, released: str) -> None:
    before = world.stack.settings_file.read_text(encoding="utf-8")
    world.stack.edit(lambda c: c["delivery:services"]["web"].update(loadBalancer=OTHER_BALANCER))
    with pytest.raises(EngineFailed, match="TargetGroupAssociationLimit"):
        world.stack.up()
    world.stack.settings_file.write_text(before, encoding="utf-8")
    world.stack.up()
    assert world.stack.up().changes == {}, "and the edit can be taken back"
    assert world.answering() == V2.name


def test_a_new_service_beside_the_old_one_is_the_way_to_another_load_balancer(
    world: World, released: str
) -> None:
    def beside(config: dict[str, Any]) -> None:
        one = copy.deepcopy(config["delivery:services"]["web"])
        one["loadBalancer"] = OTHER_BALANCER
        config["delivery:services"]["site"] = one

    world.stack.edit(beside)
    changes = short(world.stack.up().changes)
    assert changes["site-service"] == "create"
    assert not {name for name in changes if name.startswith("web-")}, "the one that serves is left alone"
    assert world.answering() == V2.name


def test_renaming_a_service_on_an_existing_load_balancer_is_refused_by_elb(
    world: World, released: str
) -> None:
    before = world.stack.settings_file.read_text(encoding="utf-8")

    def renamed(config: dict[str, Any]) -> None:
        config["delivery:services"]["shop"] = config["delivery:services"].pop("site")

    world.stack.edit(renamed)
    with pytest.raises(EngineFailed, match="DuplicateListener"):
        world.stack.up()
    world.stack.settings_file.write_text(before, encoding="utf-8")
    world.stack.up()
    assert world.stack.up().changes == {}


def test_another_health_check_that_the_running_version_answers_changes_nothing_for_anyone(
    world: World, released: str
) -> None:
    """The way round of docs/operations.md: the version that runs answers the old check and the new."""
    check_at(world, "/")
    assert set(world.rehearsal.load_balancers.health(world.group()).values()) == {"healthy"}
    assert world.answering() == V2.name


def test_another_health_check_hits_what_runs_at_once(world: World, released: str) -> None:
    """Why that is the way: ModifyTargetGroup waits for no release."""
    check_at(world, "/not-there")
    groups = world.rehearsal.load_balancers
    wait_for(lambda: "ResponseCodeMismatch" in str(groups.reasons(world.group())))


def check_at(world: World, path: str) -> None:
    """Edit the health check's path and bring the stack up; both groups are changed, and nothing that runs."""
    world.stack.edit(lambda c: c["delivery:services"]["web"].setdefault("healthCheck", {}).update(path=path))
    changes = short(world.stack.up().changes)
    assert {"web-1": changes.get("web-1"), "web-2": changes.get("web-2")} == {
        "web-1": "update",
        "web-2": "update",
    }
    assert SERVICE not in changes


def test_a_service_is_removed_whichever_group_serves(world: World, released: str) -> None:
    """After a release the listener's action names the second group, which ELB deletes only after the listener."""
    named = world.rehearsal.load_balancers.weights(world.listener())
    assert any("web-2" in arn for arn in named), "the releases have left the second group on the listener"
    world.stack.edit(lambda c: c["delivery:services"].pop("web"))
    changes = short(world.stack.up().changes)
    assert {
        name: changes[name] for name in ("web-1", "web-2", "web-listener", "web-service")
    } == dict.fromkeys(("web-1", "web-2", "web-listener", "web-service"), "delete")


def test_the_stack_is_destroyed_once_its_repository_is_empty(world: World, released: str) -> None:
    with pytest.raises(EngineFailed, match="RepositoryNotEmptyException"):
        world.stack.destroy()
    ecr = world.rehearsal.cloud.client("ecr")
    while ids := ecr.list_images(repositoryName="shop")["imageIds"]:
        ecr.batch_delete_image(repositoryName="shop", imageIds=[{"imageDigest": ids[0]["imageDigest"]}])
    world.stack.destroy()
    left = {one["type"] for one in world.stack.resources().values()}
    assert left <= {"pulumi:pulumi:Stack"}


def wait_for(so: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
