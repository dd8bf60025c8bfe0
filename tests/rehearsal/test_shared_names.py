"""Two stacks of one account that make the same names: AWS refuses the second before anything of the first is changed.

Each pair is declared for real, one after the other, in one local cloud, which answers a name that is taken as AWS does.
"""

import copy
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.program import stack_config
from rehearsal.evaluation.resources import CannotMake, declare
from rehearsal.running.endpoint import empty_cloud
from rehearsal.world.cloud import Cloud, Declared

NAMES = {"aws:ecs/taskDefinition:TaskDefinition": "family", "aws:codedeploy/deploymentGroup:DeploymentGroup": "deploymentGroupName"}  # fmt: skip
"""Inputs that hold a physical name, where it is not called so."""

Stack = tuple[str, str, str, dict[str, Any]]
"""Application, stack, service, and more settings."""


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[Cloud]:
    with empty_cloud(tmp_path) as made:
        yield made


def config(application: str, service: str, more: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(stack_config("stg"))
    made |= {"delivery:application": application, **more}
    made["delivery:images"]["app"]["repository"] = f"{application}/{service}"
    made["delivery:services"] = {service: made["delivery:services"]["web"]}
    return made


def there(cloud: Cloud) -> dict[str, Declared]:
    return {one.urn: one for type_ in KINDS for one in cloud.declared(type_)}


def names(resources: dict[str, Declared]) -> set[tuple[str, str]]:
    found = {(one.type, str(one.inputs.get(NAMES.get(one.type, "name")) or "")) for one in resources.values()}
    return {(type_, name) for type_, name in found if name and not type_.endswith("RolePolicy")}


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        (("aa-b", "c", "d", {}), ("aa", "b", "c-d", {}), r"aa-b-c-d-(execution|task|deploy)"),
        (("aa", "b", "c-d", {}), ("aa-b", "c", "d", {}), r"aa-b-c-d-(execution|task|deploy)"),
        (("aa-b", "c", "web", {}), ("aa", "b-c", "web", {"delivery:namePrefix": "aa-b-c"}), r"aa-b-c(-[a-z-]+)?"),
        (("aa", "b", "web", {}), ("aa-b-web", "task", "x", {"delivery:namePrefix": "aa-b-web-task"}), "aa-b-web-task"),
    ],
    ids=["service", "application", "prefix", "ending"],
)  # fmt: skip
def test_a_stack_that_makes_the_names_of_another_is_refused_before_it_changes_any(
    cloud: Cloud, first: Stack, second: Stack, taken: str
) -> None:
    application, stack, service, more = first
    declare(cloud, stack, config(application, service, more))
    before = there(cloud)
    application, stack, service, more = second
    with pytest.raises(CannotMake) as refused:
        declare(cloud, stack, config(application, service, more))
    assert re.search(rf"EntityAlreadyExists: Role with name {taken} already exists", str(refused.value))
    after = there(cloud)
    assert {urn: after[urn] for urn in before} == before, "the stack that was there stays as it was"
    added = {urn: one for urn, one in after.items() if urn not in before}
    assert not names(added) & names(before), "nothing that AWS would give to both is asked for"


def test_stacks_of_different_names_live_in_one_account(cloud: Cloud) -> None:
    declare(cloud, "b", config("aa", "c-d", {}))
    declare(cloud, "c", config("aa-b", "e", {}))
    pipelines = {one.inputs["name"] for one in cloud.declared("aws:codepipeline/pipeline:Pipeline")}
    assert pipelines == {"aa-b", "aa-b-c"}


def test_children_of_two_parents_that_share_type_and_name_are_two_resources(cloud: Cloud) -> None:
    """The task group of a service x-balancer and the balancer's group of a service x, which only their parents tell apart."""
    made = config("aa", "x", {})
    made["delivery:services"]["x-balancer"] = made["delivery:services"]["x"]
    declare(cloud, "b", made)
    alike = [
        one for one in cloud.declared("aws:ec2/securityGroup:SecurityGroup") if one.name == "x-balancer-group"
    ]
    assert len({one.id for one in alike}) == len(alike) == 2
