"""What the benchmark beside the AWS CDK compares: the same stack, declared twice."""

from collections import Counter

import pytest

from benchmarks.cdk import OF_THE_LIBRARY, SAME, differences
from tests.unit.harness import deployed_stack


@pytest.fixture(name="ours")
def _ours() -> Counter[str]:
    return Counter(one.type for one in deployed_stack("stg").sent.values())


@pytest.fixture(name="equal")
def _equal(ours: Counter[str]) -> Counter[str]:
    """What an equal peer would declare."""
    return Counter({type_: ours[token] for type_, token in SAME.items()}) + OF_THE_LIBRARY


def test_an_equal_peer_is_taken(ours: Counter[str], equal: Counter[str]) -> None:
    assert not differences(ours, equal)


def test_every_type_of_the_table_is_declared_by_our_program(ours: Counter[str]) -> None:
    absent = [token for token in SAME.values() if not ours[token]]
    assert not absent, "a type nobody declares any more compares nothing"


@pytest.mark.parametrize("type_", SAME)
def test_a_peer_that_lacks_one_is_named(ours: Counter[str], equal: Counter[str], type_: str) -> None:
    [found] = differences(ours, equal - Counter([type_]))
    assert type_ in found, "the reader must learn of which type one is missing"


def test_a_type_that_our_program_has_no_longer_is_named(ours: Counter[str], equal: Counter[str]) -> None:
    rule = "AWS::CodeStarNotifications::NotificationRule"
    assert differences(ours, equal + Counter([rule])) == [f"{rule} of theirs only"]
