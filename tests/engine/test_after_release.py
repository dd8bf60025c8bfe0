"""A release changes what Pulumi declared. Afterwards `refresh` and `up` leave the release alone, and our own edits arrive."""

import copy
from collections.abc import Generator
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.elb.kinds import LISTENER as LISTENER_TYPE
from rehearsal.plays.versions import V1, V2
from rehearsal.pulumi_engine.outcome import EngineFailed, Outcome
from rehearsal.world.cloud import BOOTSTRAP
from rehearsal.world.kind import InUse
from tests.engine.released_world import World, running_world, short, wait_for

SERVICE = "web-service"
LISTENER = "web-listener"
GRACE_ALARMS = ("web-deployment-1-unhealthy", "web-deployment-2-unhealthy")
"""Alarms that wait as long as a start may take."""
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0123abcd-4567-89ef-0123-456789abcdef"
OTHER_BALANCER = {
    "arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/0123456789abcdef",
    "securityGroupId": "sg-0123456789abcdef0",
    "port": 8080,
}


@pytest.fixture(scope="module")
def world(cli: PulumiCommand) -> Generator[World]:
    with running_world(cli) as made:
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


def test_another_cluster_takes_the_service_away_before_ecs_refuses_the_new_one(
    world: World, refreshed: Outcome, released: str
) -> None:
    """What Pulumi ignores, it ignores in updates: a replacement is on the program's own group, and the listener on the other."""
    world.stack.edit(lambda c: c["delivery:services"]["web"].update(cluster="apps-two"))
    with pytest.raises(EngineFailed, match="does not have an associated load balancer"):
        world.stack.up()
    assert world.get()[0] == 503, "nobody answers any more"


def test_a_listener_on_the_first_group_lets_the_service_be_made_again(world: World, released: str) -> None:
    """The way out of docs/operations.md; the release after it is the next test but one."""
    world.forward_to("web-1")
    assert short(world.stack.up().changes)[SERVICE] == "replace", "the engine goes on where it stopped"
    assert world.rehearsal.services.service("apps-two", "shop-stg-web").primary.wait_steady(60) is None
    (now,) = world.rehearsal.users.answering()
    assert (now.version, now.status) == (BOOTSTRAP, 200)


def test_another_load_balancer_is_refused_by_elb_while_the_listener_is_on_the_first_group(
    world: World, released: str
) -> None:
    before = world.stack.settings_file.read_text(encoding="utf-8")
    world.stack.edit(lambda c: c["delivery:services"]["web"].update(loadBalancer=OTHER_BALANCER))
    with pytest.raises(EngineFailed, match="TargetGroupAssociationLimit"):
        world.stack.up()
    world.stack.settings_file.write_text(before, encoding="utf-8")
    world.stack.up()
    assert world.stack.up().changes == {}, "and the edit can be taken back"


def test_the_next_release_works_on_the_edited_stack(world: World, refreshed: Outcome, released: str) -> None:
    execution = world.rehearsal.pushes.release_of(world.rehearsal.team.push(V2))
    assert execution.status == ExecutionStatus.SUCCEEDED, execution.summary
    assert world.answering() == V2.name
    assert world.stack.up().changes == {}


def test_another_load_balancer_is_not_refused_once_a_release_has_left_the_first_group(
    world: World, released: str
) -> None:
    """Then no load balancer has the first group, and ELB gives it to another one: without a task in it."""
    first = world.state("web-1")["outputs"]["arn"]
    action = {"type": "forward", "targetGroupArn": first}
    inputs = {"loadBalancerArn": OTHER_BALANCER["arn"], "port": 8099, "defaultActions": [action]}
    urn = f"urn:pulumi:stg::delivery::{LISTENER_TYPE}::another"
    made, outputs = world.stack.provider.resources.create(urn, inputs)
    world.stack.provider.resources.delete(urn, made, inputs, outputs)
    assert world.group() != first
    assert not world.rehearsal.load_balancers.health(first)


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


def test_another_controller_makes_a_service_anew_and_one_beside_it_leaves_it_alone(
    world: World, released: str
) -> None:
    """docs/operations.md, "From CodeDeploy to ECS, and back"."""
    changes = world.previewed(lambda c: c["delivery:services"]["web"].update(rollout={"by": "ecs"}))
    assert changes[SERVICE] == "replace", "users would meet the bootstrap page"

    def beside(config: dict[str, Any]) -> None:
        one = copy.deepcopy(config["delivery:services"]["web"])
        config["delivery:services"]["next"] = one | {"rollout": {"by": "ecs", "strategy": "rolling"}}

    changes = world.previewed(beside)
    assert (changes["next-service"], changes["next-listener"]) == ("create", "create")
    assert not {name for name in changes if name.startswith("web-")}, "the one that serves is left alone"


def test_renaming_a_service_on_an_existing_load_balancer_is_refused_by_elb(
    world: World, released: str
) -> None:

    def renamed(config: dict[str, Any]) -> None:
        config["delivery:services"]["shop"] = config["delivery:services"].pop("site")

    world.stack.edit(renamed)
    with pytest.raises(EngineFailed, match="DuplicateListener"):
        world.stack.up()


def test_another_port_first_is_the_way_to_another_name_on_an_existing_load_balancer(
    world: World, released: str
) -> None:
    def beside(config: dict[str, Any]) -> None:
        services = config["delivery:services"]
        services["site"] = copy.deepcopy(services["shop"])
        services["shop"]["loadBalancer"].update(port=8090, certificateArn=CERTIFICATE)

    world.stack.edit(beside)
    changes = short(world.stack.up().changes)
    assert "site-listener" not in changes, "the old name goes on taking traffic"
    world.stack.edit(lambda c: c["delivery:services"].pop("site"))
    assert short(world.stack.up().changes)["site-listener"] == "delete"
    assert world.state("shop-listener")["outputs"]["protocol"] == "HTTPS"

    def moved(config: dict[str, Any]) -> None:
        config["delivery:services"]["shop"]["loadBalancer"].update(port=8080)
        del config["delivery:services"]["shop"]["loadBalancer"]["certificateArn"]

    world.stack.edit(moved)
    assert short(world.stack.up().changes) == {"shop-listener": "update"}
    listener = world.state("shop-listener")["outputs"]
    assert (listener["port"], listener["protocol"]) == (8080, "HTTP"), (
        "without its certificate HTTPS ends at once"
    )


def test_another_name_of_the_stack_replaces_what_another_name_of_the_application_does(
    world: World, released: str
) -> None:
    def replaced() -> set[str]:
        return {name for name, op in short(world.stack.preview().changes).items() if op == "replace"}

    world.stack.edit(lambda c: c.update({"delivery:application": "store"}))
    by_application = replaced()
    world.stack.edit(lambda c: c.update({"delivery:application": "shop"}))
    world.stack.rename("qa")
    by_stack = replaced()
    world.stack.rename("stg")
    assert by_stack == by_application
    assert {SERVICE, "delivery-pipeline", "migration-project", "web-deployment-group"} <= by_stack
    assert not by_stack & {LISTENER, "web-1", "web-2", "image-repository"}, "what takes traffic stays"


def test_another_protocol_wants_another_pair_of_groups_and_elb_keeps_the_one_that_serves(
    world: World, released: str
) -> None:
    changes = world.previewed(lambda c: c["delivery:services"]["web"].update(protocol="HTTPS"))
    assert (changes["web-1"], changes["web-2"]) == ("replace", "replace")
    assert LISTENER not in changes, "it stays on the group that the last release has left it on"
    with pytest.raises(InUse, match="ResourceInUse"):
        world.remove("web-2" if ":targetgroup/web-2-" in world.group() else "web-1")


def test_another_repository_is_made_and_ecr_keeps_the_one_that_holds_images(
    world: World, released: str
) -> None:
    changes = world.previewed(lambda c: c["delivery:images"]["app"].update(repository="shop-two"))
    assert changes["image-repository"] == "replace"
    with pytest.raises(Exception, match="RepositoryNotEmptyException"):
        world.remove("image-repository")


def test_a_service_on_its_own_load_balancer_is_renamed_by_one_beside_it(world: World, released: str) -> None:
    changes = world.previewed(
        lambda c: c["delivery:services"].update(front=c["delivery:services"].pop("web"))
    )
    assert (changes["front-service"], changes[SERVICE]) == ("create", "delete"), "at once: the bootstrap page"
    changes = world.previewed(
        lambda c: c["delivery:services"].update(front=copy.deepcopy(c["delivery:services"]["web"]))
    )
    assert (changes["front-service"], changes["front-balancer"]) == ("create", "create")
    assert not {name for name in changes if name.startswith("web-")}, "the one that serves is left alone"


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


def test_another_name_of_the_application_stops_at_the_service_and_takes_nothing_away_from_users(
    world: World, released: str
) -> None:
    """The new service is made before the old one goes, in the first group, and the listener is on the second."""

    def renamed(config: dict[str, Any]) -> None:
        config["delivery:application"] = "store"
        config["delivery:services"]["web"]["healthCheck"].update(path="/healthz")

    world.stack.edit(renamed)
    with pytest.raises(EngineFailed, match="does not have an associated load balancer"):
        world.stack.up()
    wait_for(lambda: world.answering() == V2.name)


def test_another_name_of_the_application_cannot_be_taken_back(world: World, released: str) -> None:
    """What the old names belong to goes only when everything new is there."""
    world.stack.edit(lambda c: c.update({"delivery:application": "shop"}))
    with pytest.raises(EngineFailed, match="EntityAlreadyExists: Role with name shop-stg"):
        world.stack.up()
    world.stack.edit(lambda c: c.update({"delivery:application": "store"}))
    assert world.answering() == V2.name


def test_a_listener_on_the_first_group_lets_another_name_of_the_application_go_on(
    world: World, released: str
) -> None:
    """The way out of docs/operations.md; the next release under the new name follows it."""
    world.forward_to("web-1")
    assert short(world.stack.up().changes)[SERVICE] == "replace"
    world.rehearsal.services.service("apps-two", "store-stg-web").primary.wait_steady(60)
    assert world.get() == (200, {}), "the bootstrap image answers, which has no version"
    assert world.stack.up().changes == {}


def test_a_service_is_removed_whichever_group_serves(world: World, released: str) -> None:
    """After a release the listener's action names the second group, which ELB deletes only after the listener."""
    world.forward_to("web-2")  # as a release leaves it
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
