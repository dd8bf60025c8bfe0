"""JSON of documents with values that are known later."""

import json
from typing import Any

import pulumi
from pulumi_aws import sqs

from components.kit.json_text import json_text
from tests.unit.harness import deployed


def test_a_document_without_outputs_is_text_at_once() -> None:
    assert json_text({"a": [1, None]}) == json.dumps({"a": [1, None]})


def test_every_output_lands_in_its_own_place() -> None:
    def build() -> None:
        later = [pulumi.Output.from_input(f"value-{index}") for index in range(4)]
        document: Any = {"a": later[0], "b": [later[1], {"c": later[2]}, "plain"], "d": later[3]}
        sqs.Queue("q", policy=json_text(document))

    sent = deployed(build).one("Queue").inputs["policy"]
    assert json.loads(sent) == {"a": "value-0", "b": ["value-1", {"c": "value-2"}, "plain"], "d": "value-3"}


def test_a_secret_in_the_document_makes_the_text_secret() -> None:
    graph = deployed(lambda: sqs.Queue("q", policy=json_text({"a": pulumi.Output.secret("hunter2")})))
    sent = graph.one("Queue")
    assert "4dabf18193072939515e22adb298388d" in sent.raw["policy"], "the engine must encrypt it in the state"
