"""Every policy of both stacks, and of a stack with every choice taken."""

import json

import pytest

from tests.unit.policies import (
    EXCUSED,
    EXCUSED_OF_ECS,
    EXCUSED_OF_RULES,
    STAR,
    STAR_OF_ECS,
    holes,
    on_everything,
    parliaments,
    policies,
    statements,
    wild,
)
from tests.unit.worlds import MOVED, STACKS, WORLDS, world

OF_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}


@pytest.mark.parametrize("stack", WORLDS)
def test_no_action_is_a_wildcard(stack: str) -> None:
    assert wild(world(stack)) == [], "name each action"


@pytest.mark.parametrize("stack", WORLDS)
def test_every_resource_only_where_aws_offers_no_other(stack: str) -> None:
    star = on_everything(world(stack))
    assert star == set(STAR) | (set(STAR_OF_ECS) if stack == MOVED else set()), (
        "each needs a reason in STAR, and no reason outlives its statement"
    )


@pytest.mark.parametrize("stack", WORLDS)
def test_nothing_in_a_policy_is_null_or_empty(stack: str) -> None:
    assert holes(world(stack)) == [], "AWS refuses it"


@pytest.mark.parametrize("stack", WORLDS)
def test_parliament_finds_nothing_that_has_no_reason(stack: str) -> None:
    left, excused = parliaments(world(stack))
    assert left == []
    of_rules = set(EXCUSED_OF_RULES) if world(stack).all("ListenerRule") else set[tuple[str, str]]()
    assert excused == set(EXCUSED) | of_rules | (set(EXCUSED_OF_ECS) if stack == MOVED else set()), (
        "an excuse that nothing needs any more hides the next finding"
    )


@pytest.mark.parametrize("stack", WORLDS)
def test_exactly_two_roles_of_each_service_are_passed_to_exactly_these_services(stack: str) -> None:
    graph = world(stack)
    passing = {
        name: statement for name, statement in statements(graph) if "iam:PassRole" in statement["Action"]
    }
    services = [one.name.removesuffix("-deployment") for one in graph.all("BlueGreenDeployment")]
    by_function = [one.name.removesuffix("-deployment") for one in graph.all("EcsDeployment")]

    def roles(service: str) -> set[str]:
        return {
            f"arn:aws:iam::123456789012:role/shop-{_stack(stack)}-{service}-{r}"
            for r in ("execution", "task")
        }

    if by_function:
        own = passing.pop("release-policy")
        assert set(own["Resource"]) == {role for service in by_function for role in roles(service)}
        assert own["Condition"] == {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}
    assert set(passing) == {"delivery-policy", *(f"{service}-deployment-policy" for service in services)}
    pipeline = passing.pop("delivery-policy")
    assert set(pipeline["Resource"]) == {role for service in services for role in roles(service)}
    assert pipeline["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["ecs.amazonaws.com", "ecs-tasks.amazonaws.com"]}
    }, "CodePipeline User Guide, action-reference-ECSbluegreen"
    for service in services:
        own = passing[f"{service}-deployment-policy"]
        assert set(own["Resource"]) == roles(service)
        assert own["Condition"] == {"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}}


def _stack(name: str) -> str:
    return name if name in STACKS else "stg"


UNCONDITIONAL = {
    "delivery-role": "CodePipeline's documents give a condition to its resource policies, not to this role",
    "deployment-role": "CodeDeploy's documents give none, nor those of ECS (AmazonECSInfrastructureRolePolicyForLoadBalancers)",
    "release-role": "Lambda's documents give none (Lambda Developer Guide, lambda-intro-execution-role)",
    "execution-role": "the ECS documents give one to the task role only",
}
"""Roles whose trust has no condition, by the end of their name, and why."""


@pytest.mark.parametrize("stack", WORLDS)
def test_each_role_trusts_one_service_for_this_account(stack: str) -> None:
    for role in world(stack).all("Role"):
        [statement] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        if role.name == "image-push-role":
            assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
            continue
        assert statement["Action"] == "sts:AssumeRole"
        assert list(statement["Principal"]) == ["Service"]
        expected = None if role.name.endswith(tuple(UNCONDITIONAL)) else OF_ACCOUNT
        assert statement.get("Condition") == expected, f"{role.name}: the confused deputy"


@pytest.mark.parametrize("stack", WORLDS)
def test_policies_fit_into_what_iam_takes(stack: str) -> None:
    for name, text in policies(world(stack)):
        assert len("".join(text.split())) <= 10_240, f"{name}: all inline policies of a role together"
    for role in world(stack).all("Role"):
        assert len(role.inputs["assumeRolePolicy"]) <= 2048, role.name
