"""Default tags are held against what every kind of resource of a stack can have."""

import pulumi
import pytest

from documents.tags import MOST, refusals
from tests.unit.harness import Config, deployed_stack


def test_what_people_tag_with_is_taken() -> None:
    tags = {
        "application": "shop",
        "cost:center": "a/b=c+d-e@f_g.h 1",
        "Équipe": "été",
        "empty": "",
        "space": "no\u00a0break",
    }
    assert refusals(tags) == []


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({f"k{number}": "" for number in range(MOST + 1)}, "11 tags, and an object in S3 takes 10"),
        ({"Team": "a", "team": "b"}, "'Team' and 'team' are one key for IAM"),
        ({"aws:team": "a"}, "begins with aws:"),
        ({"AWS:team": "a"}, "begins with aws:"),
        ({"": "a"}, "has 0 characters"),
        ({"k" * 129: "a"}, "has 129 characters"),
        ({"k": "v" * 257}, "has 257 characters"),
        ({"k": "a,b"}, "'a,b' has a character outside"),
        ({"k#": "a"}, "'k#' has a character outside"),
        ({"k": "two\nlines"}, r"'two\nlines' has a character outside"),
        ({"k": "a\tb"}, r"'a\tb' has a character outside"),
        ({"k\x85": "a"}, r"'k\x85' has a character outside"),
    ],
)
def test_what_some_resource_could_not_have_is_refused(tags: dict[str, str], said: str) -> None:
    assert said in "\n".join(refusals(tags))


def test_the_program_refuses_them_before_it_declares_anything() -> None:
    def tag(config: Config) -> None:
        config["aws:defaultTags"]["tags"]["AWS:owner"] = "me"

    with pytest.raises(pulumi.RunError, match="aws:defaultTags: 'AWS:owner' begins with aws:") as refused:
        deployed_stack("stg", tag)
    assert "0 resources were declared before" in refused.value.__notes__
