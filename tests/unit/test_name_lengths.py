"""Which names are too long, asked of who makes them."""

import re

import pytest

from documents.names import Names
from settings import SettingsError, refuse_stack_name
from tests.unit.harness import settings


def _refusal(stack: str) -> str:
    with pytest.raises(SettingsError) as refused:
        refuse_stack_name(settings(), stack)
    return str(refused.value)


@pytest.mark.parametrize(
    ("letters", "names"),
    [
        (49, []),
        (50, ["shop-{}-web-execution"]),
        (53, ["shop-{}-web-execution"]),
        (54, ["shop-{}-web-execution", "shop-{}-succeeded"]),
        (56, ["shop-{}-web-execution", "shop-{}-web-deploy", "shop-{}-succeeded"]),
    ],
)
def test_a_name_is_too_long_from_one_character_beyond_what_aws_takes(letters: int, names: list[str]) -> None:
    """IAM User Guide, reference_iam-quotas: 64 characters of a role's name; EventBridge API Reference, PutRule: 64."""
    stack = "s" * (letters - 4)
    found = {one.name for one in Names("shop", stack).too_long(["web"])}
    assert {name.format(stack) for name in names} <= found
    assert all(len(one) > 64 for one in found)
    assert bool(found) == bool(names)


def test_the_sentence_names_what_makes_the_name() -> None:
    stack = "s" * 46
    text = _refusal(stack)
    assert text == (
        f"application 'shop', stack '{stack}' and service 'web' make the role name shop-{stack}-web-execution, 65 characters; "
        "IAM takes 64: shorten one of the three"
    )


def test_names_without_a_service_are_held_too() -> None:
    lengths = {
        (one.what, one.taken_by): one.most for one in Names("shop", "s" * 200).too_long([]) if not one.service
    }
    assert lengths == {
        ("role name", "IAM"): 64,
        ("rule name", "EventBridge"): 64,
        ("queue name", "SQS"): 80,
        ("pipeline name", "CodePipeline"): 100,
    }


def test_every_name_begins_with_application_and_stack() -> None:
    for one in Names("shop", "s" * 200).too_long(["web"]):
        assert re.match(r"shop-s{200}(-|$)", one.name), "so that two stacks never share one"
