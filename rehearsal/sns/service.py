"""SNS topics: who may publish, and what their subscribers were told.

AWS documents: sns/latest/dg/sns-access-policy-use-cases.md; eventbridge/latest/userguide/eb-use-resource-based.md ("Amazon
SNS permissions"). Every declared subscription counts as confirmed; nothing leaves this machine.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from rehearsal.identity.service_policy import service_may
from rehearsal.world.cloud import Cloud

TOPIC = "aws:sns/topic:Topic"
POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


class NoTopic(LookupError):
    """No such topic is declared."""


class PublishDenied(Exception):
    """The topic's policy does not let the caller publish."""


@dataclass(frozen=True)
class Message:
    """One published message."""

    topic: str
    """ARN."""
    text: str
    subscribers: Sequence[str]
    """Endpoints that were told."""


@dataclass
class Topics:
    """Every declared topic of a cloud."""

    cloud: Cloud
    messages: list[Message] = field(default_factory=list[Message])
    """What was published, oldest first."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def publish(self, topic_arn: str, text: str, *, service: str, source_arn: str) -> Message:
        """Publish in the name of an AWS service for one resource; NoTopic, or PublishDenied by the topic's policy.

        A topic without a policy of its own has SNS's default one, which lets its owner publish and no service.
        """
        self._expect(topic_arn)
        if not service_may(self.policy(topic_arn), service, "sns:Publish", topic_arn, source_arn):
            raise PublishDenied(
                f"the policy of {topic_arn} does not let {service} publish for {source_arn} (sns:Publish)"
            )
        return self.tell(topic_arn, text)

    def tell(self, topic_arn: str, text: str) -> Message:
        """Tell a topic's subscribers, for whoever may do so; NoTopic."""
        self._expect(topic_arn)
        told = [
            str(one.inputs["endpoint"])
            for one in self.cloud.declared(SUBSCRIPTION)
            if one.inputs["topic"] == topic_arn
        ]
        message = Message(topic_arn, text, told)
        with self._lock:
            self.messages.append(message)
        self.cloud.journal.record(
            "SNS", f"told {', '.join(told) or 'no subscriber'}: {text}", topic=topic_arn
        )
        return message

    def policy(self, topic_arn: str) -> str | None:
        """The declared policy of a topic; None for SNS's default one."""
        policies = [
            one.inputs["policy"] for one in self.cloud.declared(POLICY) if one.inputs["arn"] == topic_arn
        ]
        return str(policies[-1]) if policies else None

    def _expect(self, topic_arn: str) -> None:
        if topic_arn not in [topic.arn for topic in self.cloud.declared(TOPIC)]:
            raise NoTopic(f"topic {topic_arn} does not exist")
