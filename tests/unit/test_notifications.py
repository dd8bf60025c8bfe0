"""Notifications and Descriptor alone."""

import json
from typing import Any

from harness import NAMES, PLACE, Graph, deployed

from components.descriptor import Descriptor
from components.notifications import Notifications
from settings.release import Notify

PIPELINE = "arn:aws:codepipeline:us-east-1:123456789012:shop-stg"
TOPIC = "arn:aws:sns:us-east-1:123456789012:shop-stg-releases"


def _notifications(**notify: Any) -> tuple[Graph, list[str]]:
    topics: list[str] = []

    def build() -> object:
        given = Notify.model_validate(notify)
        made = Notifications(
            "notifications", {"notify": given, "names": NAMES, "place": PLACE, "pipeline_arn": PIPELINE}
        )
        for topic in made.alarm_topic_arns:
            topic.apply(topics.append)
        return made

    return deployed(build), topics


def test_failed_succeeded_and_waiting_releases_are_told_in_full() -> None:
    graph, _ = _notifications()
    rule = graph.one("NotificationRule")
    assert rule.inputs["resource"] == PIPELINE
    assert rule.inputs["detailType"] == "FULL", "BASIC has no failure text"
    assert len(rule.inputs["eventTypeIds"]) == 3
    assert rule.inputs["targets"] == [{"address": TOPIC}]
    assert graph.one("TopicPolicy").urn in rule.depends_on, "the first notification must be allowed"


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


def test_the_descriptor_is_one_readable_parameter() -> None:
    graph = deployed(
        lambda: Descriptor("descriptor", {"names": NAMES, "content": {"b": 1, "a": {"c": None}}})
    )
    sent = graph.one("Parameter").inputs
    assert (sent["name"], sent["type"]) == ("/delivery/shop/stg", "String")
    assert sent["tier"] == "Intelligent-Tiering", (
        "several services are more than the 4 KB of a standard parameter"
    )
    assert json.loads(sent["value"]) == {"a": {"c": None}, "b": 1}
