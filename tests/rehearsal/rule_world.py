"""One declared rule with one target, and a queue for what could not be delivered."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rehearsal.ecr.events import push_event
from rehearsal.ecr.registry_rules import Push
from rehearsal.eventbridge.service import RULE_TYPE, TARGET_TYPE, EventBridge
from rehearsal.identity.authority import Authority
from rehearsal.sns.service import Topics
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
ROLE = "arn:aws:iam::123456789012:role/trigger"
PIPELINE = "arn:aws:codepipeline:us-east-1:123456789012:release"
RULE = "arn:aws:events:us-east-1:123456789012:rule/push"
NEWS = "arn:aws:sns:us-east-1:123456789012:news"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"
PATTERN = {
    "source": ["aws.ecr"],
    "detail-type": ["ECR Image Action"],
    "detail": {
        "action-type": ["PUSH"],
        "result": ["SUCCESS"],
        "repository-name": ["app"],
        "image-tag": ["stg"],
    },
}
TRANSFORMER = {
    "inputPaths": {"digest": "$.detail.image-digest"},
    "inputTemplate": json.dumps(
        {
            "sourceRevisions": [
                {"actionName": "Image", "revisionType": "IMAGE_DIGEST", "revisionValue": "<digest>"}
            ],
            "variables": [{"name": "TRIGGER", "value": "push"}],
        }
    ),
}


def statement(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def trust(condition: Mapping[str, Any]) -> dict[str, Any]:
    principal = {"Service": "events.amazonaws.com"}
    return {
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
        ]
    }


class Queue:
    """Stands for SQS with one queue."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy
        self.messages: list[dict[str, Any]] = []

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": "http://dead"}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"Policy": json.dumps(self.policy)}} if self.policy else {}

    def send_message(self, **message: Any) -> None:
        self.messages.append(message)


class CloudWithQueue(Cloud):
    """A cloud whose only service is the queue."""

    queue: Queue

    def client(self, service: str, credentials: Any = None, region: str = "") -> Any:
        assert service == "sqs"
        return self.queue


class Account:
    """One declared rule with one target; remembers what was started."""

    def __init__(self, scratch: Path, **target: Any) -> None:
        self.authority = Authority()
        self.cloud = CloudWithQueue("http://127.0.0.1:1", self.authority, Journal(), scratch)
        self.cloud.queue = Queue(
            statement(
                "sqs:SendMessage",
                QUEUE,
                Principal={"Service": "events.amazonaws.com"},
                Condition={"ArnEquals": {"aws:SourceArn": RULE}},
            )
        )
        self.authority.put_role(ROLE, trust({"ArnEquals": {"aws:SourceArn": RULE}}))
        self.authority.put_policy(ROLE, "start", statement("codepipeline:StartPipelineExecution", PIPELINE))
        self.started: list[dict[str, Any]] = []
        self.refusal: Exception | None = None
        inputs = {
            "rule": "push",
            "arn": PIPELINE,
            "roleArn": ROLE,
            "inputTransformer": TRANSFORMER,
            "retryPolicy": {"maximumEventAgeInSeconds": 900},
            "deadLetterConfig": {"arn": QUEUE},
            **target,
        }
        self.rule({"eventPattern": json.dumps(PATTERN)})
        self.cloud.add(Declared("urn:target", TARGET_TYPE, "target", "target", inputs, inputs))
        self.bus = EventBridge(self.cloud, self._start, Topics(self.cloud), now=lambda: NOW)

    def rule(self, inputs: dict[str, Any]) -> None:
        outputs = {**inputs, "arn": RULE, "name": "push"}
        self.cloud.add(Declared("urn:rule", RULE_TYPE, "rule", "push", inputs, outputs))

    def push(self, tag: str = "stg", at: datetime = NOW) -> list[str]:
        return self.bus.put(push_event(Push("app", tag, DIGEST, "123456789012", "us-east-1"), at=at))

    def attributes(self) -> dict[str, str]:
        (message,) = self.cloud.queue.messages
        return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}

    def _start(self, asked: Mapping[str, Any], *, rule: str) -> str:
        if self.refusal:
            raise self.refusal
        self.started.append({**asked, "rule": rule})
        return "execution-1"
