"""The recorder itself refuses what would hide a mistake."""

import pulumi
import pulumi_aws as aws
import pytest
from pulumi_aws import sns, sqs

from tests.unit.harness import deployed


def test_an_invoke_nobody_answers_is_an_error() -> None:
    with pytest.raises(LookupError, match="getPartition"):
        deployed(aws.get_partition)


def test_a_type_without_outputs_is_an_error() -> None:
    with pytest.raises(Exception, match="has no outputs"):
        deployed(lambda: sns.PlatformApplication("p", platform="GCM", platform_credential="x"))


def test_a_repeated_name_is_an_error() -> None:
    def twice() -> None:
        sqs.Queue("same")
        sqs.Queue("same")

    with pytest.raises(Exception, match="declared twice"):
        deployed(twice)


def test_an_output_in_a_formatted_text_is_an_error() -> None:
    def build() -> None:
        queue = sqs.Queue("one")
        sqs.Queue("two", name=f"{queue.name}-suffix")

    with pytest.raises(Exception, match="not supported"):
        deployed(build)


def test_options_are_recorded() -> None:
    def build() -> None:
        first = sqs.Queue("first", opts=pulumi.ResourceOptions(protect=True, ignore_changes=["policy"]))
        sqs.Queue("second", opts=pulumi.ResourceOptions(depends_on=[first]))

    graph = deployed(build)
    assert graph.one("Queue", "first").protected
    assert graph.one("Queue", "first").ignored == {"policy"}
    assert graph.one("Queue", "second").depends_on == {graph.one("Queue", "first").urn}
