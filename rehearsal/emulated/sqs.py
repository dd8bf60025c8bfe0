"""Queues: real ones, so that what is sent can be read."""

from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Inputs, Kind, Made, arn


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


KINDS = {
    "aws:sqs/queue:Queue": Kind(_queue, _remove_queue, longest=80, replaced_by=frozenset({"name"})),
    "aws:sqs/queuePolicy:QueuePolicy": Kind(
        _queue_policy, _remove_queue_policy, named=None, replaced_by=frozenset({"queueUrl"})
    ),
}
