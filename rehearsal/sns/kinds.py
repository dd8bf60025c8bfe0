"""Queues for real, so that what is sent can be read; topics on record, for the rehearsal's SNS to read."""

import hashlib

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn, attached_to


def _queue(cloud: Cloud, inputs: Inputs) -> Made:
    url = cloud.client("sqs").create_queue(QueueName=inputs["name"])["QueueUrl"]
    return url, {"arn": arn(cloud, "sqs", inputs["name"]), "url": url}


def _remove_queue(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    cloud.client("sqs").delete_queue(QueueUrl=resource_id)


def _queue_policy(cloud: Cloud, inputs: Inputs) -> Made:
    url = str(inputs["queueUrl"])
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": str(inputs["policy"])})
    return url, {}


def _remove_queue_policy(cloud: Cloud, resource_id: str, inputs: Inputs) -> None:  # noqa: ARG001
    cloud.client("sqs").set_queue_attributes(QueueUrl=resource_id, Attributes={"Policy": ""})


def _topic(cloud: Cloud, inputs: Inputs) -> Made:
    made = arn(cloud, "sns", inputs["name"])
    return made, {"arn": made, "owner": cloud.account}


def _subscription(cloud: Cloud, inputs: Inputs) -> Made:  # noqa: ARG001
    made = f"{inputs['topic']}:{hashlib.sha256(str(inputs['endpoint']).encode()).hexdigest()[:12]}"
    return made, {"arn": made, "pendingConfirmation": True}


KINDS = {
    "aws:sqs/queue:Queue": Kind(_queue, _remove_queue, longest=80, replaced_by=frozenset({"name"})),
    "aws:sqs/queuePolicy:QueuePolicy": Kind(
        _queue_policy, _remove_queue_policy, named=None, replaced_by=frozenset({"queueUrl"})
    ),
    "aws:sns/topic:Topic": Kind(_topic, longest=256, replaced_by=frozenset({"name"})),
    "aws:sns/topicPolicy:TopicPolicy": Kind(attached_to("arn"), named=None, replaced_by=frozenset({"arn"})),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        _subscription, named=None, replaced_by=frozenset({"endpoint", "protocol", "topic"})
    ),
}
