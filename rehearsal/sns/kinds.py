"""Topics, their policies and subscriptions: on record, for the rehearsal's SNS to read."""

import hashlib

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, attached_to


def _topic(cloud: Cloud, inputs: Inputs) -> Made:
    made = arn(cloud, "sns", inputs["name"])
    return made, {"arn": made, "owner": cloud.place.account}


def _subscription(cloud: Cloud, inputs: Inputs) -> Made:  # noqa: ARG001
    made = f"{inputs['topic']}:{hashlib.sha256(str(inputs['endpoint']).encode()).hexdigest()[:12]}"
    return made, {"arn": made, "pendingConfirmation": True}


KINDS = {
    "aws:sns/topic:Topic": Kind(_topic, longest=256, replaced_by=frozenset({"name"})),
    "aws:sns/topicPolicy:TopicPolicy": Kind(attached_to("arn"), named=None, replaced_by=frozenset({"arn"})),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        _subscription, named=None, replaced_by=frozenset({"endpoint", "protocol", "topic"})
    ),
}
