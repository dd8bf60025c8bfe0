"""The policies of whoever runs `pulumi up`: nothing declared is forgotten, nothing is wider than AWS makes it."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from parliament import analyze_policy_string

from documents.deployer import MANAGED_POLICY_CHARACTERS, Deployed, policies
from documents.names import Names
from documents.place import Place
from documents.provider_calls import ANY, TYPES
from rehearsal.evaluation.kinds import KINDS
from tests.unit.harness import NAMES, PLACE, STACKS, Graph, deployed_stack, settings
from tests.unit.worlds import MOVED, WORLDS, world

NARROWEST_IS_STAR = {
    "ec2:": "security groups and their rules have ids that nobody knows before, and share their calls",
    "ecs:DeregisterTaskDefinition": "knows no resource",
    "ecs:DescribeTaskDefinition": "knows no resource",
    "elasticloadbalancing:Describe": "knows no resource",
    "logs:DescribeLogGroups": "decided on all log groups",
    "sns:": "a subscription is not a resource of its own in IAM",
    "ssm:DescribeParameters": "decided on all parameters",
}
"""Why an action stands on `*`."""


def _custom_types(graph: Graph) -> set[str]:
    return {one.type for one in graph.sent.values() if one.request.custom}


def _policies(graph: Graph, stack: str) -> list[dict[str, Any]]:
    stated = settings(stack=stack)
    deployed = Deployed(PLACE, Names("shop", stack), stated.image.repository, list(stated.services))
    return policies(deployed, _custom_types(graph))


def _statements(graph: Graph, stack: str) -> Iterator[dict[str, Any]]:
    for policy in _policies(graph, stack):
        yield from policy["Statement"]


@pytest.mark.parametrize("which", WORLDS)
def test_every_type_that_can_be_declared_has_its_actions(which: str) -> None:
    assert _custom_types(world(which)) <= set(TYPES), "a new resource needs its row in documents/deployer.py"


def test_no_row_outlives_its_type() -> None:
    assert set(TYPES) <= set(KINDS)


def test_a_type_nobody_looked_up_is_refused_not_left_out() -> None:
    with pytest.raises(KeyError, match="aws:rds"):
        policies(Deployed(PLACE, NAMES, "shop", ["web"]), ["aws:rds/instance:Instance"])


@pytest.mark.parametrize("stack", STACKS)
def test_everything_declared_under_a_name_of_its_own_is_within_the_policies(stack: str) -> None:
    graph = deployed_stack(stack)
    allowed = [
        resource
        for one in _statements(graph, stack)
        for resource in ([one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"])
        if resource != "*"
    ]
    for one in graph.sent.values():
        arn = graph.outputs(one).get("arn") if one.request.custom else None
        if isinstance(arn, str) and ":security-group/" not in arn:
            assert any(fnmatchcase(arn, pattern) for pattern in allowed), (
                f"{one.name} would be refused: {arn}"
            )


@pytest.mark.parametrize("stack", STACKS)
def test_each_policy_fits_and_passes_the_linter(stack: str) -> None:
    for policy in _policies(deployed_stack(stack), stack):
        text = json.dumps(policy, separators=(",", ":"))
        assert len(text) <= MANAGED_POLICY_CHARACTERS
        found = [
            (finding.issue, finding.detail)
            for finding in analyze_policy_string(text).findings
            if finding.issue != "RESOURCE_STAR"
            and not _newer_than_the_linter(finding)
            and not _of_other_load_balancers(finding)
        ]
        assert not found


def _of_other_load_balancers(finding: Any) -> bool:
    """The linter asks for every form of a listener's ARN; ours are behind Application Load Balancers only."""
    return finding.issue == "RESOURCE_MISMATCH" and all(
        ":listener/net/" in one["required_format"] or ":loadbalancer/net/" in one["required_format"]
        for one in finding.detail
    )


def _newer_than_the_linter(finding: Any) -> bool:
    """Actions that AWS has and the linter's copy of the Service Authorization Reference has not yet."""
    newer = ("DescribeCapacityReservation", "ListenerAttributes", "s3:TagResource")
    return finding.issue == "UNKNOWN_ACTION" and any(action in str(finding.detail) for action in newer)


@pytest.mark.parametrize("stack", STACKS)
def test_an_action_stands_on_everything_only_with_a_reason(stack: str) -> None:
    for one in _statements(deployed_stack(stack), stack):
        if one["Resource"] == "*":
            for action in one["Action"]:
                assert action.startswith(tuple(NARROWEST_IS_STAR)), f"{action} could be narrowed"


def test_no_reason_outlives_its_action() -> None:
    starred = {action for needs in TYPES.values() for action in needs.get(ANY, ())}
    for start in NARROWEST_IS_STAR:
        assert any(action.startswith(start) for action in starred), start


def test_roles_are_passed_to_the_services_that_use_them_and_to_no_other() -> None:
    [passing] = [
        one for one in _statements(deployed_stack("stg"), "stg") if one["Action"] == ["iam:PassRole"]
    ]
    assert all(":role/shop-stg" in resource for resource in passing["Resource"])
    assumed = {
        json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Principal"].get("Service")
        for role in world(MOVED).all("Role")
    }
    assert set(passing["Condition"]["StringEquals"]["iam:PassedToService"]) == assumed - {None}


def test_a_customer_key_of_the_bucket_may_be_used_by_who_writes_the_templates() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    made = policies(Deployed(PLACE, NAMES, "shop", ["web"], key), TYPES)
    assert [one["Action"] for policy in made for one in policy["Statement"] if one["Resource"] == key] == [
        ["kms:Decrypt", "kms:GenerateDataKey"]
    ]


def test_the_policies_are_of_the_partition_they_are_for() -> None:
    china = Place("123456789012", "cn-north-1", "aws-cn")
    text = json.dumps(policies(Deployed(china, NAMES, "shop", ["web"]), TYPES))
    assert "arn:aws:" not in text
