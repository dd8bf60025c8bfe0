"""What a stack says of itself, written and read again."""

import json
from dataclasses import replace

import pytest

from components.descriptor import Descriptor, DescriptorArgs
from documents.descriptor import (
    DeploymentDescriptor,
    DescriptorError,
    StackDescriptor,
    from_json,
)
from tests.unit.harness import STACKS, deployed, deployed_stack, stack
from tests.unit.shop import SHOP, WEB


def test_it_is_one_readable_parameter() -> None:
    graph = deployed(lambda: Descriptor("descriptor", DescriptorArgs(stack=stack(), content=SHOP)))
    sent = graph.one("Parameter").inputs
    assert (sent["name"], sent["type"]) == ("/delivery/shop/stg", "String")
    assert sent["tier"] == "Intelligent-Tiering", (
        "several services are more than the 4 KB of a standard parameter"
    )
    assert from_json(sent["value"]) == SHOP


@pytest.mark.parametrize(
    "said",
    [
        SHOP,
        replace(SHOP, push_role_arn="arn:aws:iam::123456789012:role/shop-stg-push"),
        replace(SHOP, services={}),
        replace(SHOP, services={"web": WEB, "worker": replace(WEB, deployment=None)}),
    ],
)
def test_what_is_written_is_read_again(said: StackDescriptor[str]) -> None:
    assert from_json(json.dumps(said.document())) == said


@pytest.mark.parametrize("name", STACKS)
def test_the_program_writes_what_everybody_reads(name: str) -> None:
    graph = deployed_stack(name)
    said = from_json(graph.one("Parameter").inputs["value"])
    assert said.pipeline == graph.one("Pipeline").inputs["name"]
    assert said.services["web"].listener_arn == graph.outputs(graph.one("Listener"))["arn"]
    assert said.services["web"].deployment == DeploymentDescriptor(
        code_deploy_application=graph.one("Application").inputs["name"],
        deployment_group=graph.one("DeploymentGroup").inputs["deploymentGroupName"],
    )


def test_what_a_newer_version_adds_is_no_fault() -> None:
    assert from_json(json.dumps({**SHOP.document(), "later": 1})) == SHOP


@pytest.mark.parametrize("missing", ["bucket", "services", "migrationLogGroup"])
def test_one_of_an_older_version_is_refused_with_what_it_lacks(missing: str) -> None:
    said = SHOP.document()
    del said[missing]
    with pytest.raises(DescriptorError, match=f"has no {missing}, .*run pulumi up"):
        from_json(json.dumps(said))


def test_a_service_that_lacks_a_value_is_refused_with_it() -> None:
    said = SHOP.document()
    del said["services"]["web"]["url"]
    with pytest.raises(DescriptorError, match="has no url"):
        from_json(json.dumps(said))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '"x"', '{"services": []}', '{"services": {"a": 1}}']
)
def test_what_is_no_descriptor_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(DescriptorError, match="is no descriptor"):
        from_json(text)
