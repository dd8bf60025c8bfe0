"""Input transformers, as EventBridge's user guide documents them."""

import json

import pytest

from rehearsal.eventbridge.transformer import InvalidTransformer, reserved_variables, transform
from tests.rehearsal.rule_world import RULE

EC2 = {
    "id": "7bf73129",
    "time": "2015-11-11T21:29:54Z",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
    "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "size": 3, "by": {"name": "x"}},
}
PATHS = {
    "instance": "$.detail.instance-id",
    "state": "$.detail.state",
    "resource": "$.resources[0]",
    "size": "$.detail.size",
    "detail": "$.detail.by",
    "gone": "$.detail.gone",
}


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        (r'"instance \"<instance>\" is in <state>"', r'"instance \"i-0123456789\" is in RUNNING"'),
        ('{"instance" : <instance>, "state": <state>}', '{"instance" : "i-0123456789", "state": "RUNNING"}'),
        (
            '{"instance" : <instance>, "state": "<state>"}',
            '{"instance" : "i-0123456789", "state": "RUNNING"}',
        ),
        ('{"state": [ 9, <state>, true ]}', '{"state": [ 9, "RUNNING", true ]}'),
        ('{"first": <resource>}', '{"first": "arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"}'),
        ('{"size": <size>, "text": "<size>"}', '{"size": 3, "text": "3"}'),
        ('{"by": <detail>}', '{"by": {"name": "x"}}'),
        ('"by <detail>"', '"by {name: x}"'),
        ('"<aws.events.rule-name> triggered"', '"push triggered"'),
        ('{"arn": <aws.events.rule-arn>}', f'{{"arn": "{RULE}"}}'),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at": "2026-05-04T12:00:00Z"}'),
        ('"[<gone>]"', '"[]"'),
        ('"a" \n"<state>"', '"a" \n"RUNNING"'),
    ],
)
def test_the_transformer_follows_the_documents_examples(template: str, output: str) -> None:
    known = reserved_variables("push", RULE, "2026-05-04T12:00:00Z", EC2)
    assert transform(PATHS, template, EC2, known) == output, "eb-transform-target-input.md"


def test_the_whole_event_and_the_event_without_detail_can_be_inserted() -> None:
    known = reserved_variables("push", RULE, "now", EC2)
    template = '{"all": <aws.events.event.json>, "head": <aws.events.event>}'
    result = json.loads(transform({}, template, EC2, known))
    assert result["all"] == EC2
    assert "detail" not in result["head"]


def test_values_are_not_escaped() -> None:
    event = {"detail": {"text": 'a "quoted" word'}}
    assert transform({"t": "$.detail.text"}, '{"t": <t>}', event, {}) == '{"t": "a "quoted" word"}'


@pytest.mark.parametrize(
    "paths",
    [
        {"aws.events.rule-name": "$.id"},
        {"x": "detail.state"},
        {"x": "$.detail[?(@.a)]"},
        {str(i): "$" for i in range(101)},
    ],
)
def test_paths_that_eventbridge_does_not_take_are_refused(paths: dict[str, str]) -> None:
    with pytest.raises(InvalidTransformer):
        transform(paths, "{}", EC2, {})
