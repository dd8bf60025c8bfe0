"""prd refuses to be destroyed, and the documented way of doing it all the same."""

import pytest

from rehearsal.pulumi_engine.outcome import EngineFailed
from rehearsal.pulumi_engine.stack import Stack
from rehearsal.world.cloud import Cloud


@pytest.fixture(scope="module")
def running(prd: Stack) -> Stack:
    prd.up()
    return prd


def test_prd_refuses_to_be_destroyed_and_loses_nothing(running: Stack, cloud: Cloud) -> None:
    before = cloud.count()
    with pytest.raises(EngineFailed) as caught:
        running.destroy()
    said = str(caught.value)
    assert "protect" in said
    guarded = ("image-repository", "artifacts-bucket", "web-service", "web-listener", "web-balancer")
    assert any(name in said for name in guarded), "the message names what is protected"
    assert cloud.count() == before


def test_prd_is_destroyed_after_its_protection_is_taken_away_by_an_up(running: Stack, cloud: Cloud) -> None:
    running.edit(lambda config: config["delivery:release"].update(protect=False))
    changes = running.up().changes
    assert {urn.rpartition("::")[2]: op for urn, op in changes.items()} == {"artifacts-bucket": "update"}, (
        "nothing but the bucket's readiness to be emptied changes"
    )
    running.destroy()
    assert not cloud.client("ecr").describe_repositories()["repositories"]
    assert not cloud.client("s3").list_buckets()["Buckets"]
