"""Rules that tell a topic, as EventBridge's and SNS's guides document them."""

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.sns.service import POLICY, SUBSCRIPTION, TOPIC
from rehearsal.world.cloud import Declared
from tests.rehearsal.rule_world import NEWS, RULE, Account, statement

SENTENCE = {"inputPaths": {"tag": "$.detail.image-tag"}, "inputTemplate": '"A push under <tag>."'}
LETS_IN = statement(
    "sns:Publish",
    NEWS,
    Principal={"Service": "events.amazonaws.com"},
    Condition={"ArnEquals": {"aws:SourceArn": RULE}},
)


def telling(scratch: Path, policy: Any = LETS_IN, **target: Any) -> Account:
    """An account whose rule tells a topic with one subscriber."""
    account = Account(scratch, **{"arn": NEWS, "roleArn": None, "inputTransformer": SENTENCE, **target})
    add = account.cloud.add
    add(Declared("urn:topic", TOPIC, "news", NEWS, {"name": "news"}, {"name": "news", "arn": NEWS}))
    subscribed = {"topic": NEWS, "protocol": "email", "endpoint": "a@b.io"}
    add(Declared("urn:subscription", SUBSCRIPTION, "mail", "mail", subscribed, subscribed))
    if policy is not None:
        given = {"arn": NEWS, "policy": json.dumps(policy)}
        add(Declared("urn:policy", POLICY, "policy", NEWS, given, given))
    return account


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_a_topic_is_told_the_sentence_that_the_transformer_makes(tmp_path: Path) -> None:
    """eb-use-resource-based.md, "Amazon SNS permissions"."""
    account = telling(tmp_path)
    assert account.push() == [], "it starts nothing"
    [message] = account.bus.topics.messages
    assert (message.text, message.subscribers) == ('"A push under stg."', ["a@b.io"])
    assert account.cloud.queue.messages == [], "what was delivered is not buried"
    [entry] = account.cloud.journal.entries("SNS")
    assert entry.message == 'told a@b.io: "A push under stg."'


@pytest.mark.parametrize(
    "policy",
    [
        None,
        statement("sns:Publish", NEWS, Principal={"Service": "cloudwatch.amazonaws.com"}),
        statement(
            "sns:Publish",
            NEWS,
            Principal={"Service": "events.amazonaws.com"},
            Condition={"ArnEquals": {"aws:SourceArn": RULE + "-other"}},
        ),
        statement("sns:Publish", NEWS + "2", Principal={"Service": "events.amazonaws.com"}),
    ],
    ids=["none", "other service", "other rule", "other topic"],
)
def test_a_topic_whose_policy_does_not_let_the_rule_in_is_told_nothing_and_that_shows(
    tmp_path: Path, policy: Any
) -> None:
    account = telling(tmp_path, policy)
    account.push()
    assert account.bus.topics.messages == []
    assert account.attributes()["ERROR_CODE"] == "NO_PERMISSIONS"
    said = [entry.message for entry in account.cloud.journal.entries("EventBridge")]
    assert any(f"does not let events.amazonaws.com publish for {RULE}" in line for line in said), said


def test_a_topic_that_is_not_there_is_no_resource(tmp_path: Path) -> None:
    account = telling(tmp_path, arn=NEWS + "2")
    account.push()
    assert account.attributes()["ERROR_CODE"] == "NO_RESOURCE"


@pytest.mark.parametrize(
    ("template", "valid"),
    [('"<tag>"', True), ('"a"\n"b"', True), ("a push under <tag>", False), ('{"tag": "<tag>"', False)],
)
def test_a_sentence_needs_its_quotes(tmp_path: Path, template: str, *, valid: bool) -> None:
    """eb-transform-target-input.md: "For Strings, quotes are required." """
    account = telling(tmp_path, inputTransformer={**SENTENCE, "inputTemplate": template})
    account.push()
    assert bool(account.bus.topics.messages) is valid
    if not valid:
        assert account.attributes()["ERROR_CODE"] == "INVALID_JSON"


def test_without_a_transformer_a_topic_gets_the_event_and_a_constant_input_as_it_is(tmp_path: Path) -> None:
    account = telling(tmp_path, inputTransformer=None)
    account.push()
    assert json.loads(account.bus.topics.messages[0].text)["detail"]["image-tag"] == "stg"
    account = telling(tmp_path, inputTransformer=None, input='"always this"')
    account.push()
    assert account.bus.topics.messages[0].text == '"always this"'
