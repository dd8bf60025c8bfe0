"""Names stay within AWS's limits for the longest application, stack and services that settings take."""

import json
import re
from functools import cache

import pytest

from documents.names import ROLES_OF_A_SERVICE, ROLES_OF_A_STACK
from settings import MOST_SERVICES
from tests.unit.answers import SUFFIX
from tests.unit.harness import Config, Graph, Sent, deployed_stack
from tests.unit.worlds import MOVED, world

LONGEST_APPLICATION = "a" * 24
LIMITS: dict[str, tuple[str, int]] = {
    "Application": ("name", 100),
    "EventRule": ("name", 64),
    "Function": ("name", 64),
    "LoadBalancer": ("name", 32),
    "LogGroup": ("name", 512),
    "MetricAlarm": ("name", 255),
    "Parameter": ("name", 1011),
    "Pipeline": ("name", 100),
    "Project": ("name", 150),
    "Queue": ("name", 80),
    "Repository": ("name", 256),
    "Role": ("name", 64),
    "RolePolicy": ("name", 128),
    "SecurityGroup": ("name", 255),
    "Service": ("name", 255),
    "TargetGroup": ("name", 32),
    "TaskDefinition": ("family", 255),
    "Topic": ("name", 256),
    "DeploymentGroup": ("deploymentGroupName", 100),
}
"""Input that holds a name, and how long AWS takes it (the service's API reference or quotas page)."""


@cache
def _longest() -> Graph:
    def change(config: Config) -> None:
        config["delivery:application"] = LONGEST_APPLICATION
        web = config["delivery:services"]["web"]
        config["delivery:services"] = {f"{'s' * 18}{index:02d}": web for index in range(MOST_SERVICES)}

    return deployed_stack("stg", change)


@pytest.mark.parametrize("kind", LIMITS)
def test_the_longest_names_are_taken(kind: str) -> None:
    key, limit = LIMITS[kind]
    names = [one.inputs.get(key, f"{one.name}{SUFFIX}") for one in _longest().all(kind)]
    assert names
    assert len(set(names)) == len(names), f"two of one name: {names}"
    assert [name for name in names if len(name) > limit] == []


def test_the_longest_bucket_prefix_leaves_room_for_the_suffix() -> None:
    prefix = _longest().one("Bucket").inputs["bucketPrefix"]
    assert len(prefix) <= 37, "Pulumi appends 26 characters, and a bucket has 63"
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", prefix)


def test_names_of_target_groups_and_load_balancers_have_the_letters_elb_takes() -> None:
    for kind in ("TargetGroup", "LoadBalancer"):
        for one in _longest().all(kind):
            assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", f"{one.name}{SUFFIX}"), one.name


def test_the_most_services_fit_into_one_role_and_one_descriptor() -> None:
    graph = _longest()
    for policy in graph.all("RolePolicy"):
        text = "".join(policy.inputs["policy"].split())
        assert len(text) <= 10_240, f"{policy.name}: {len(text)} characters, IAM takes 10,240"
    value = graph.one("Parameter").inputs["value"]
    assert len(value) <= 8192, f"{len(value)} bytes, an advanced parameter takes 8 KB"
    assert len(json.loads(value)["services"]) == MOST_SERVICES


def test_the_most_services_fit_into_one_stage() -> None:
    [_, release] = _longest().one("Pipeline").inputs["stages"]
    assert len(release["actions"]) <= 50
    assert all(re.fullmatch(r"[A-Za-z0-9.@_-]{1,100}", action["name"]) for action in release["actions"])
    for action in release["actions"]:
        assert all(len(value) <= 1000 for value in action["configuration"].values()), action["name"]


REFUSED = {
    "Application", "DeploymentGroup", "Function", "LogGroup", "Parameter", "Pipeline", "Project", "Repository", "Role", "Service",
}  # fmt: skip
"""Types whose second creation under one name AWS refuses: API reference of each, Create… (PutParameter without Overwrite)."""

SHARED = {"EventRule", "MetricAlarm", "Queue", "TaskDefinition", "Topic"}
"""Types that AWS gives to whoever asks last, or lets both have: PutRule (EventBridge API Reference), PutMetricAlarm (Amazon
CloudWatch API Reference), CreateQueue with the same attributes (Amazon SQS API Reference), RegisterTaskDefinition (Amazon ECS
API Reference: another revision of the family), CreateTopic (Amazon SNS API Reference)."""


def _hostile(config: Config) -> None:
    web = config["delivery:services"]["web"]
    web["loadBalancer"] |= {"testPort": 9443}
    ends = ["", "-1", "-balancer", "-deployment", "-execution", "-listener", "-deployment-1", "-group"]
    config["delivery:services"] = {f"x{end}": web for end in ends}


@cache
def _named_like_our_own() -> Graph:
    return deployed_stack("stg", _hostile)


def _name(one: Sent) -> str:
    keys = {"TaskDefinition": "family", "DeploymentGroup": "deploymentGroupName"}
    return str(one.inputs.get(keys.get(one.type.rpartition(":")[2], "name")) or "")


def _waits_for(graph: Graph, one: Sent) -> set[str]:
    """Everything that must be there before: dependencies, and those of every parent, whose URN a child needs."""
    seen, next_ = set[str](), {one.urn}
    while next_:
        seen |= next_
        there = [graph.sent[urn] for urn in next_ if urn in graph.sent]
        next_ = {urn for it in there for urn in (*it.depends_on, it.parent) if urn} - seen
    return seen & set(graph.sent) - {one.urn}


def test_services_named_like_our_own_endings_share_no_name() -> None:
    graph = _named_like_our_own()  # the harness refuses a URN that is there twice, as the engine does
    for kind in REFUSED | SHARED:
        names = [_name(one) for one in graph.all(kind) if _name(one)]
        assert len(set(names)) == len(names), f"{kind}: two of one name: {names}"


def test_every_type_with_a_name_of_ours_is_known_to_be_refused_or_shared() -> None:
    graph = deployed_stack("prd")
    named = {
        one.type.rpartition(":")[2]
        for one in graph.sent.values()
        if one.type.startswith("aws:") and _name(one)
    }
    assert named <= REFUSED | SHARED, (
        "say what AWS does when the name is there already, and in which document that stands"
    )


@pytest.mark.parametrize("kind", sorted(SHARED))
def test_what_aws_shares_without_a_word_waits_for_a_role_of_the_same_names(kind: str) -> None:
    """So another stack that makes the same names is refused before it changes anything of this one."""
    graph = _named_like_our_own()
    pipeline = graph.one("Pipeline").inputs["name"]
    bases = [pipeline, *(one.inputs["name"] for one in graph.all("Service"))]
    made = [one for one in graph.all(kind) if _name(one)]
    assert made
    for one in made:
        alarmed = re.sub(r"-[12]-(server-errors|unhealthy)$", "", _name(one))
        base = max((base for base in bases if f"{alarmed}-".startswith(f"{base}-")), key=len)
        mine = {base, *(f"{base}-{ending}" for ending in (*ROLES_OF_A_STACK, *ROLES_OF_A_SERVICE))}
        before = {
            _name(graph.sent[urn]) for urn in _waits_for(graph, one) if graph.sent[urn].type.endswith(":Role")
        }
        assert before & mine, (
            f"{kind} {_name(one)} may be made before IAM refuses the names {base}-…: {sorted(before)}"
        )


def test_the_endings_of_roles_are_the_ones_that_settings_look_for() -> None:
    graph = world(MOVED)
    pipeline = graph.one("Pipeline").inputs["name"]
    services = [one.inputs["name"] for one in graph.all("Service")]
    names = {one.inputs["name"] for one in graph.all("Role")}
    of_services = {
        name: name.removeprefix(f"{service}-")
        for service in services
        for name in names
        if name.startswith(f"{service}-")
    }
    assert set(of_services.values()) == set(ROLES_OF_A_SERVICE)
    assert names - set(of_services) == {
        pipeline,
        *(f"{pipeline}-{ending}" for ending in ROLES_OF_A_STACK),
    }
