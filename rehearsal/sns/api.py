"""SNS's API, for topics and who hears of them.

AWS documents: sns/latest/api, a page for each operation; sns/latest/dg/sns-access-policy-use-cases (the default policy).
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import anywhere
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.sns.permissions import on_topic
from rehearsal.sns.service import SUBSCRIPTION, TOPIC, NoTopic, Topics
from rehearsal.world.cloud import Declared

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]

INVALID = "InvalidParameter"
"""SNS's code for an input that breaks a constraint."""

_PAGES = Paging(100, "NextToken", wrong=INVALID, said="Invalid parameter: NextToken")

_OWNERS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)
"""What a topic without a policy lets its owner do."""

_PLAYED = {"TopicArn", "TargetArn", "Message", "Subject"}
"""Members of Publish that are played."""


class SnsApi:
    """The operations that operators and applications ask for."""

    def __init__(self, topics: Topics) -> None:
        """Answer for these topics."""
        self._topics = topics
        self._cloud = topics.cloud

    @operation(anywhere)
    def list_topics(self, asked: Asked) -> Answered:
        """API_ListTopics."""
        return _PAGES.page(asked, "Topics", [{"TopicArn": one.arn} for one in self._cloud.declared(TOPIC)])

    @operation(on_topic)
    def get_topic_attributes(self, asked: Asked) -> Answered:
        """API_GetTopicAttributes."""
        topic = self._topic(asked)
        subscribers = len(self._subscriptions(topic.arn))
        attributes = {
            "TopicArn": topic.arn,
            "Owner": self._cloud.place.account,
            "DisplayName": str(topic.inputs.get("displayName") or ""),
            "Policy": self._topics.policy(topic.arn) or self._default_policy(topic.arn),
            "SubscriptionsConfirmed": str(subscribers),
            "SubscriptionsPending": "0",
            "SubscriptionsDeleted": "0",
        }
        key = topic.inputs.get("kmsMasterKeyId")
        return {"Attributes": attributes | ({"KmsMasterKeyId": str(key)} if key else {})}

    @operation(anywhere)
    def list_subscriptions(self, asked: Asked) -> Answered:
        """API_ListSubscriptions: every declared one counts as confirmed."""
        return _PAGES.page(asked, "Subscriptions", self._subscriptions())

    @operation(on_topic)
    def list_subscriptions_by_topic(self, asked: Asked) -> Answered:
        """API_ListSubscriptionsByTopic."""
        return _PAGES.page(asked, "Subscriptions", self._subscriptions(self._topic(asked).arn))

    @operation(on_topic)
    def publish(self, asked: Asked) -> Answered:
        """API_Publish, by somebody of the account, whom the account's own policies decide over."""
        if others := sorted(set(asked) - _PLAYED):
            raise RehearsalError(
                f"Publish with {', '.join(others)}",
                f"the rehearsal plays {', '.join(sorted(_PLAYED))}",
                "leave it out",
            )
        topic = str(asked.get("TopicArn") or asked.get("TargetArn") or "")
        if not asked["Message"]:
            raise AwsRefusal(INVALID, "Invalid parameter: Empty message")
        try:
            self._topics.tell(topic, str(asked["Message"]))
        except NoTopic:
            raise AwsRefusal("NotFound", "Topic does not exist") from None
        return {"MessageId": str(uuid.uuid4())}

    def _topic(self, asked: Asked) -> Declared:
        for one in self._cloud.declared(TOPIC):
            if one.arn == asked["TopicArn"]:
                return one
        raise AwsRefusal("NotFound", "Topic does not exist")

    def _subscriptions(self, topic: str = "") -> list[dict[str, str]]:
        return [
            {
                "SubscriptionArn": one.arn,
                "Owner": self._cloud.place.account,
                "Protocol": str(one.inputs["protocol"]),
                "Endpoint": str(one.inputs["endpoint"]),
                "TopicArn": str(one.inputs["topic"]),
            }
            for one in self._cloud.declared(SUBSCRIPTION)
            if topic in {"", one.inputs["topic"]}
        ]

    def _default_policy(self, topic: str) -> str:
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"SNS:{name}" for name in _OWNERS],
            "Resource": topic,
            "Condition": {"StringEquals": {"AWS:SourceOwner": self._cloud.place.account}},
        }
        return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
