"""What is looked at in every policy that a stack declares, and what stays with a reason."""

import json
from collections.abc import Iterator
from typing import Any

import parliament

from tests.unit.harness import Graph

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

STAR_OF_ECS: dict[str, str] = {
    "ecs:DescribeTaskDefinition": "knows no resource",
    "ecs:ListTasks": "documented with a container instance, which Fargate has none of; a condition names the cluster",
    "elasticloadbalancing:DescribeTargetHealth": "describing knows no resource",
}
"""Those besides where ECS itself moves a service."""

EXCUSED: dict[tuple[str, str], str] = {
    ("CREDENTIALS_EXPOSURE", "ecr:GetAuthorizationToken"): "a registry login is a token",
    (
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        "ec2:CreateNetworkInterfacePermission",
    ): "a VPC build needs it, for its subnets only",
    (
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        "s3:PutObjectAcl",
    ): "in CodePipeline's own minimum (how-to-custom-role)",
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

EXCUSED_OF_RULES: dict[tuple[str, str], str] = {
    (
        "RESOURCE_MISMATCH",
        "elasticloadbalancing:ModifyRule",
    ): "parliament asks for a network load balancer's form too",
}
"""Those besides where traffic moves by rules."""

EXCUSED_OF_ECS: dict[tuple[str, str], str] = {
    ("RESOURCE_STAR", "ecs:ListTasks"): STAR_OF_ECS["ecs:ListTasks"],
    (
        "UNKNOWN_ACTION",
        "ecs:StopServiceDeployment",
    ): "younger than parliament's list (Service Authorization Reference, Amazon ECS)",
}
"""Those besides where ECS itself moves a service."""


def policies(graph: Graph) -> Iterator[tuple[str, str]]:
    """Texts of all policies but trust, lifecycle and the like."""
    for one in graph.sent.values():
        if "policy" in one.inputs and one.type != "aws:ecr/lifecyclePolicy:LifecyclePolicy":
            yield one.name, one.inputs["policy"]


def statements(graph: Graph) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, text in policies(graph):
        for statement in json.loads(text)["Statement"]:
            yield name, statement


def listed(value: Any) -> list[Any]:
    """A list, also of what is written without one."""
    return value if isinstance(value, list) else [value]


def wild(graph: Graph) -> list[tuple[str, str]]:
    """Allowed actions with a wildcard, by policy."""
    return [
        (name, action)
        for name, statement in statements(graph)
        for action in listed(statement["Action"])
        if "*" in action and statement["Effect"] == "Allow"
    ]


def on_everything(graph: Graph) -> set[str]:
    """Actions that are allowed on every resource."""
    return {
        action
        for _, statement in statements(graph)
        for action in listed(statement["Action"])
        if "*" in listed(statement["Resource"])
    }


def holes(graph: Graph) -> list[str]:
    """Paths of nulls and empty values in policies and trust."""

    def found(value: Any, path: str) -> Iterator[str]:
        if value is None or value in ("", [], {}):
            yield path
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from found(inner, f"{path}.{key}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from found(inner, f"{path}[{index}]")

    trust = ((role.name, role.inputs["assumeRolePolicy"]) for role in graph.all("Role"))
    return [hole for name, text in [*policies(graph), *trust] for hole in found(json.loads(text), name)]


def parliaments(graph: Graph) -> tuple[list[tuple[str, str, str]], set[tuple[str, str]]]:
    """What parliament finds and nothing excuses, and the excuses that were needed."""
    left: list[tuple[str, str, str]] = []
    excused: set[tuple[str, str]] = set()
    for name, text in policies(graph):
        for finding in parliament.analyze_policy_string(text, include_community_auditors=True).findings:
            detail = f"{finding.detail} {finding.location}"
            reasons = {
                key
                for key in EXCUSED | EXCUSED_OF_RULES | EXCUSED_OF_ECS
                if key[0] == finding.issue and key[1].lower() in detail.lower()
            }
            excused |= reasons
            if not reasons:
                left.append((name, finding.issue, detail))
    return left, excused
