"""Notifications alone."""

import json
import re
from typing import Any

from components.notifications import Notifications, NotificationsArgs
from tests.unit.harness import Graph, deployed, stack

TOPIC = "arn:aws:sns:us-east-1:123456789012:shop-stg-releases"


def _notifications(**notify: Any) -> tuple[Graph, list[str]]:
    topics: list[str] = []

    def build() -> object:
        args = NotificationsArgs(stack=stack(lambda raw: raw.update(notify=notify)))
        made = Notifications("notifications", args)
        for topic in made.alarm_topic_arns:
            topic.apply(topics.append)
        return made

    return deployed(build), topics


def test_every_end_of_a_release_and_every_wait_for_consent_has_a_rule_of_this_pipeline() -> None:
    """CodePipeline User Guide, detect-state-changes-cloudwatch-events: the states of executions and actions."""
    graph, _ = _notifications()
    patterns = [json.loads(rule.inputs["eventPattern"]) for rule in graph.all("EventRule")]
    assert all(pattern["source"] == ["aws.codepipeline"] for pattern in patterns)
    assert all(pattern["detail"]["pipeline"] == ["shop-stg"] for pattern in patterns), (
        "no other pipeline's news"
    )
    told = sorted(
        state
        for pattern in patterns
        if pattern["detail-type"] == ["CodePipeline Pipeline Execution State Change"]
        for state in pattern["detail"]["state"]
    )
    assert told == ["CANCELED", "FAILED", "STOPPED", "SUCCEEDED", "SUPERSEDED"], "however it ends, once"
    [waits] = [p for p in patterns if p["detail-type"] == ["CodePipeline Action Execution State Change"]]
    assert waits["detail"]["type"] == {"category": ["Approval"]}
    assert waits["detail"]["state"] == ["STARTED"]


def test_each_rule_publishes_a_sentence_to_the_topic_once_the_topic_lets_it() -> None:
    """EventBridge User Guide, eb-transform-target-input: text needs its quotes, values are not escaped."""
    graph, _ = _notifications()
    targets = graph.all("EventTarget")
    assert {one.inputs["rule"] for one in targets} == {one.inputs["name"] for one in graph.all("EventRule")}
    for target in targets:
        assert target.inputs["arn"] == TOPIC
        assert graph.one("TopicPolicy").urn in target.depends_on, "the first event must be allowed"
        transformer = target.inputs["inputTransformer"]
        sentence = json.loads(transformer["inputTemplate"])
        assert isinstance(sentence, str)
        assert "shop-stg" in sentence
        assert set(re.findall(r"<([\w-]+)>", sentence)) == set(transformer["inputPaths"]), (
            "no variable is missing"
        )
        free = {"$.detail.execution-id", "$.detail.state", "$.detail.stage", "$.detail.action"}
        assert set(transformer["inputPaths"].values()) <= free, (
            "a text of somebody else's could break the JSON"
        )


def test_the_topic_lets_exactly_the_declared_rules_publish() -> None:
    graph, _ = _notifications()
    events, _ = json.loads(graph.one("TopicPolicy").inputs["policy"])["Statement"]
    allowed = set(events["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert allowed == {graph.outputs(rule)["arn"] for rule in graph.all("EventRule")}


def test_each_address_is_subscribed_by_mail() -> None:
    graph, _ = _notifications(emails=["a@shop.io", "b@shop.io"])
    sent = [(one.inputs["protocol"], one.inputs["endpoint"]) for one in graph.all("TopicSubscription")]
    assert sent == [("email", "a@shop.io"), ("email", "b@shop.io")]


def test_without_addresses_there_is_a_topic_to_subscribe_to() -> None:
    graph, topics = _notifications()
    assert graph.all("TopicSubscription") == []
    assert topics == [TOPIC]


def test_the_operators_own_topic_hears_of_alarms_too() -> None:
    theirs = "arn:aws:sns:us-east-1:123456789012:on-call"
    assert sorted(_notifications(alarmTopicArn=theirs)[1]) == sorted([TOPIC, theirs])
