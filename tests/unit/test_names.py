"""Names stay within AWS's limits for the longest application, stack and services that settings take."""

import json
import re
from functools import cache

import pytest

from settings import MOST_SERVICES
from tests.unit.answers import SUFFIX
from tests.unit.harness import Config, Graph, deployed_stack

LONGEST_APPLICATION = "a" * 24
LIMITS: dict[str, tuple[str, int]] = {
    "Application": ("name", 100),
    "EventRule": ("name", 64),
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
