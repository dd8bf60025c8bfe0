"""The place: partition, hosts, ARNs; held against the AWS SDK's own endpoint data."""

import boto3
import pytest
from botocore.loaders import Loader

from documents.place import PARTITIONS, Place, partition_of
from rehearsal.errors import StackError
from rehearsal.evaluation.homecoming import place_of

SDK = {one["id"]: one for one in Loader().load_data("partitions")["partitions"]}


@pytest.mark.parametrize("name", PARTITIONS)
def test_a_partition_is_as_the_sdk_has_it(name: str) -> None:
    known = PARTITIONS[name]
    assert known.dns_suffix == SDK[name]["outputs"]["dnsSuffix"]
    for region in SDK[name]["regions"]:
        if not region.endswith("-global"):
            assert partition_of(region) is known, "each Region of the SDK is one of this partition"


def test_every_partition_that_offers_pipelines_to_everyone_is_known() -> None:
    endpoints = Loader().load_data("endpoints")["partitions"]
    offering = {one["partition"] for one in endpoints if "codepipeline" in one["services"]}
    assert set(PARTITIONS) <= offering, "a stack needs CodePipeline where it lives"


@pytest.mark.parametrize(
    "region", ["", "us-east-1a", "us-iso-east-1", "eusc-de-east-1", "mars-north-1", "CN-NORTH-1"]
)
def test_a_region_of_no_such_partition_is_refused(region: str) -> None:
    with pytest.raises(ValueError, match="write a Region's code"):
        Place.of("123456789012", region)


@pytest.mark.parametrize(
    ("region", "registry", "via"),
    [
        ("eu-west-1", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"),
        ("cn-north-1", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ssm.cn-north-1.amazonaws.com.cn"),
        (
            "us-gov-west-1",
            "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com",
            "ssm.us-gov-west-1.amazonaws.com",
        ),
    ],
)
def test_hosts_and_conditions_follow_partition_and_region(region: str, registry: str, via: str) -> None:
    place = Place.of("123456789012", region)
    assert place.registry == registry
    assert place.via("ssm") == via
    assert place.arn("ecs", "cluster/c") == f"arn:{place.partition}:ecs:{region}:123456789012:cluster/c"
    assert place.iam_arn("role/r") == f"arn:{place.partition}:iam::123456789012:role/r"
    assert place.bucket_arn("b/k") == f"arn:{place.partition}:s3:::b/k"


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("us-eastt-1", "did you mean us-east-1?"),
        ("eu-central-9", "did you mean eu-central-"),
        ("cn-south-1", "did you mean cn-north"),
        ("mars-1", "no Region of the partitions"),
        ("us-iso-east-1", "no Region of the partitions"),
        ("aws-global", "no Region of the partitions"),
    ],
)
def test_a_region_that_aws_does_not_have_is_refused_before_anything_is_played(region: str, said: str) -> None:
    """The provider's first call would find no host of it: a rehearsal must not be greener."""
    with pytest.raises(StackError) as refused:
        place_of({"aws:region": region})
    assert said in str(refused.value)
    assert region in str(refused.value)


def test_every_region_of_the_sdk_that_has_pipelines_is_played() -> None:
    regions = boto3.Session().get_available_regions("codepipeline")
    assert {place_of({"aws:region": region}).region for region in regions} == set(regions)
