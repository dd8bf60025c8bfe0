"""Actions and stages as values, and the statements that become one role's policy."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from documents.actions import Action, Stage, Variable, codedeploy_action, needs_of, variables_of
from documents.policy import Statement, allow, merged
from tests.unit.worlds import WORLDS, world

PINNED = Path(__file__).parent / "pipeline_role.json"

Triple = tuple[str, str, str, str]


def triples(statements: list[Statement]) -> set[Triple]:
    """What statements allow: effect, action, resource and condition, one by one."""

    def listed(value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    return {
        (one["Effect"], action, str(resource), json.dumps(one.get("Condition", {}), sort_keys=True))
        for one in statements
        for action in listed(one["Action"])
        for resource in listed(one["Resource"])
    }


@pytest.mark.parametrize("name", WORLDS)
def test_the_pipelines_role_may_do_what_is_pinned_and_nothing_else(name: str) -> None:
    """A statement that a living stack's pipeline loses stops its next release; one it gets is a grant to be reviewed."""
    policy = json.loads(world(name).one("RolePolicy", "delivery-policy").inputs["policy"])
    pinned = {tuple(one) for one in json.loads(PINNED.read_text(encoding="utf-8"))[name]}
    assert triples(policy["Statement"]) == pinned


def test_services_share_the_statements_that_differ_by_resource_only() -> None:
    policy = json.loads(world("everything").one("RolePolicy", "delivery-policy").inputs["policy"])
    actions = [tuple(one["Action"]) for one in policy["Statement"]]
    assert len(actions) == len(set(actions)), "a second service must not repeat the first one's statements"


A, B = "arn:aws:s3:::a", "arn:aws:s3:::b"
WHEN = {"StringEquals": {"iam:PassedToService": ["x"]}}


def test_equal_statements_become_one() -> None:
    assert merged([allow("a:B", on=A), allow("a:B", on=A)]) == [allow("a:B", on=A)]


def test_statements_on_other_resources_become_one_on_both() -> None:
    assert merged([allow("a:B", on=A), allow("a:B", on=[B, A])]) == [allow("a:B", on=[A, B])]


@pytest.mark.parametrize(
    "other",
    [
        allow("a:C", on=B),
        allow("a:B", "a:C", on=B),
        allow("a:B", on=B, when=WHEN),
        {**allow("a:B", on=B), "Effect": "Deny"},
        {**allow("a:B", on=B), "Sid": "Own"},
        {"Effect": "Allow", "Action": ["a:B"], "NotResource": B},
    ],
)
def test_statements_that_say_something_else_stay_apart(other: Statement) -> None:
    assert merged([allow("a:B", on=A), other]) == [allow("a:B", on=A), other]


def test_conditions_are_compared_by_what_they_say_and_how() -> None:
    later = object()
    same = merged([allow("a:B", on=A, when=WHEN), allow("a:B", on=B, when=json.loads(json.dumps(WHEN)))])
    assert same == [allow("a:B", on=[A, B], when=WHEN)]
    truth, one = ({"Bool": {"aws:SecureTransport": value}} for value in (True, 1))
    assert len(merged([allow("a:B", on=A, when=truth), allow("a:B", on=B, when=one)])) == 2
    assert merged([allow("a:B", on=[later]), allow("a:B", on=[later, A])]) == [allow("a:B", on=[later, A])], (
        "a value that is known later equals itself"
    )


STATEMENTS = some.lists(
    some.builds(
        lambda effect, actions, resources, when: {
            "Effect": effect,
            "Action": actions,
            "Resource": resources,
            **({"Condition": when} if when else {}),
        },
        some.sampled_from(["Allow", "Deny"]),
        some.lists(some.sampled_from(["a:A", "a:B", "a:C"]), min_size=1, max_size=3),
        some.one_of(
            some.sampled_from(["*", A, B]),
            some.lists(some.sampled_from(["*", A, B, "arn:aws:s3:::c"]), min_size=1, max_size=4),
        ),
        some.sampled_from([None, WHEN, {"StringEquals": {"aws:SourceAccount": "1"}}]),
    ),
    max_size=12,
)


@given(STATEMENTS)
def test_merging_neither_grants_nor_takes_anything(statements: list[Statement]) -> None:
    folded = merged(statements)
    assert triples(folded) == triples(statements)
    assert len(folded) <= len(statements)
    assert merged(folded) == folded


def _action(*, needs: list[Statement], variables: list[Variable]) -> Action:
    return Action(
        name="x", category="Build", provider="CodeBuild", configuration={}, needs=needs, variables=variables
    )


def test_a_pipeline_needs_what_its_actions_need() -> None:
    first, second = Variable(name="B", default="", meaning="b"), Variable(name="A", default="", meaning="a")
    stages = [
        Stage(name="1", actions=[_action(needs=[allow("a:A", on="*")], variables=[first])]),
        Stage(name="2", actions=[_action(needs=[allow("a:B", on="*")], variables=[second, first])]),
    ]
    assert needs_of(stages) == [allow("a:A", on="*"), allow("a:B", on="*")]
    assert variables_of(stages) == [second, first], "each once, by name, whatever the order of the stages"


def test_each_image_of_a_task_has_its_own_artifact_and_placeholder() -> None:
    """CodePipeline User Guide, action-reference-ECSbluegreen: up to four images, Image<n>ArtifactName and ContainerName."""
    action = codedeploy_action(
        name="Deploy",
        application="a",
        group="g",
        templates="Templates",
        task_definition="taskdef.json",
        appspec="appspec.yaml",
        images={"IMAGE1_NAME": "App", "IMAGE2_NAME": "Proxy"},
        run_order=2,
        needs=[],
    )
    images = {key: value for key, value in action.configuration.items() if key.startswith("Image")}
    assert images == {
        "Image1ArtifactName": "App",
        "Image1ContainerName": "IMAGE1_NAME",
        "Image2ArtifactName": "Proxy",
        "Image2ContainerName": "IMAGE2_NAME",
    }
    assert action.inputs == ("Templates", "App", "Proxy")
