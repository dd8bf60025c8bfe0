"""Every policy of both stacks, and of a stack with every choice taken."""

import json
from collections.abc import Iterator
from typing import Any

import parliament
import pytest

from tests.unit.harness import Graph
from tests.unit.worlds import EVERYTHING, WORLDS, world

OF_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "123456789012"}}

STAR: dict[str, str] = {
    "codepipeline:PutJobFailureResult": "a job is no resource",
    "codepipeline:PutJobSuccessResult": "a job is no resource",
    "ecr:GetAuthorizationToken": "knows no resource",
    "ec2:CreateNetworkInterface": "documented with *: the interface does not exist yet (CodeBuild User Guide)",
    "ec2:DeleteNetworkInterface": "documented with *: its id is not known before (CodeBuild User Guide)",
    "ec2:DescribeDhcpOptions": "describing knows no resource",
    "ec2:DescribeNetworkInterfaces": "describing knows no resource",
    "ec2:DescribeSecurityGroups": "describing knows no resource",
    "ec2:DescribeSubnets": "describing knows no resource",
    "ec2:DescribeVpcs": "describing knows no resource",
    "ecs:CreateTaskSet": "knows no resource; conditions name cluster and service",
    "ecs:RegisterTaskDefinition": "documented with *: the revision does not exist yet (action-reference-ECSbluegreen)",
    "elasticloadbalancing:DescribeListeners": "describing knows no resource",
    "elasticloadbalancing:DescribeRules": "describing knows no resource",
    "elasticloadbalancing:DescribeTargetGroups": "describing knows no resource",
    "lambda:ListFunctions": "knows no resource",
}
"""Actions allowed on every resource, and why."""

EXCUSED: dict[tuple[str, str], str] = {
    ("CREDENTIALS_EXPOSURE", "ecr:GetAuthorizationToken"): "a registry login is a token",
    (
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        "ec2:CreateNetworkInterfacePermission",
    ): "a VPC build needs it, for its subnets only",
    ("PERMISSIONS_MANAGEMENT_ACTIONS", "iam:PassRole"): "on two named roles, to named services only",
    ("RESOURCE_STAR", "ec2:CreateNetworkInterface"): STAR["ec2:CreateNetworkInterface"],
    ("RESOURCE_STAR", "ec2:DeleteNetworkInterface"): STAR["ec2:DeleteNetworkInterface"],
    ("RESOURCE_STAR", "ecs:RegisterTaskDefinition"): STAR["ecs:RegisterTaskDefinition"],
    (
        "RESOURCE_MISMATCH",
        "elasticloadbalancing:ModifyListener",
    ): "parliament asks for a network load balancer's form too",
}
"""Findings that stay, and why."""


def _policies(graph: Graph) -> Iterator[tuple[str, str]]:
    """Texts of all policies but trust, lifecycle and the like."""
    for one in graph.sent.values():
        if "policy" in one.inputs and one.type != "aws:ecr/lifecyclePolicy:LifecyclePolicy":
            yield one.name, one.inputs["policy"]


def _statements(graph: Graph) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, text in _policies(graph):
        for statement in json.loads(text)["Statement"]:
            yield name, statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("stack", WORLDS)
def test_no_action_is_a_wildcard(stack: str) -> None:
    wild = [
        (name, action)
        for name, statement in _statements(world(stack))
        for action in _listed(statement["Action"])
        if "*" in action and statement["Effect"] == "Allow"
    ]
    assert wild == [], "name each action"


@pytest.mark.parametrize("stack", WORLDS)
def test_every_resource_only_where_aws_offers_no_other(stack: str) -> None:
    star = {
        action
        for _, statement in _statements(world(stack))
        for action in _listed(statement["Action"])
        if "*" in _listed(statement["Resource"])
    }
    assert star == set(STAR), "each needs a reason in STAR, and no reason outlives its statement"


@pytest.mark.parametrize("stack", WORLDS)
def test_nothing_in_a_policy_is_null_or_empty(stack: str) -> None:
    graph = world(stack)

    def holes(value: Any, path: str) -> Iterator[str]:
        if value is None or value in ("", [], {}):
            yield path
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from holes(inner, f"{path}.{key}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from holes(inner, f"{path}[{index}]")

    texts = [*_policies(graph), *((role.name, role.inputs["assumeRolePolicy"]) for role in graph.all("Role"))]
    assert [hole for name, text in texts for hole in holes(json.loads(text), name)] == [], "AWS refuses it"


@pytest.mark.parametrize("stack", WORLDS)
def test_parliament_finds_nothing_that_has_no_reason(stack: str) -> None:
    left: list[Any] = []
    excused: set[tuple[str, str]] = set()
    for name, text in _policies(world(stack)):
        for finding in parliament.analyze_policy_string(text, include_community_auditors=True).findings:
            detail = f"{finding.detail} {finding.location}"
            reasons = {key for key in EXCUSED if key[0] == finding.issue and key[1].lower() in detail.lower()}
            excused |= reasons
            if not reasons:
                left.append((name, finding.issue, detail))
    assert left == []
    assert excused == set(EXCUSED), "an excuse that nothing needs any more hides the next finding"


@pytest.mark.parametrize("stack", WORLDS)
def test_exactly_two_roles_of_each_service_are_passed_to_exactly_these_services(stack: str) -> None:
    graph = world(stack)
    passing = {
        name: statement for name, statement in _statements(graph) if "iam:PassRole" in statement["Action"]
    }
    services = [one.name for one in graph.all("WebService")]

    def roles(service: str) -> set[str]:
        return {
            f"arn:aws:iam::123456789012:role/shop-{_stack(stack)}-{service}-{r}"
            for r in ("execution", "task")
        }

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
    return "stg" if name == EVERYTHING else name


UNCONDITIONAL = {
    "delivery-role": "CodePipeline's documents give a condition to its resource policies, not to this role",
    "deployment-role": "CodeDeploy's documents give none",
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
    for name, text in _policies(world(stack)):
        assert len("".join(text.split())) <= 10_240, f"{name}: all inline policies of a role together"
    for role in world(stack).all("Role"):
        assert len(role.inputs["assumeRolePolicy"]) <= 2048, role.name
