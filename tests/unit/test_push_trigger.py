"""PushTrigger alone: which event starts the pipeline, and with what."""

import json
from typing import Any

import pytest

from components.sources.push import PushTrigger, PushTriggerArgs
from rehearsal.ecr.events import push_event
from rehearsal.ecr.registry_rules import Push
from rehearsal.eventbridge.service import matches
from rehearsal.eventbridge.transformer import transform
from tests.replicated import replication_event
from tests.unit.harness import PLACE, Graph, deployed, remembered, stack

PIPELINE = "arn:aws:codepipeline:us-east-1:123456789012:shop-stg"
DIGEST = "sha256:" + "7f" * 32
PUSHED = push_event(Push("shop", "stg", DIGEST, PLACE.account, PLACE.region))


@remembered
def _trigger() -> Graph:
    return deployed(
        lambda: PushTrigger(
            "push",
            PushTriggerArgs(stack=stack(), pipeline_arn=PIPELINE, alarm_topic_arns=["topic-1", "topic-2"]),
        )
    )


REPLICATED = replication_event(Push("shop", "stg", DIGEST, PLACE.account, PLACE.region), source="eu-west-1")


def _event(**detail: Any) -> dict[str, Any]:
    return {**PUSHED, "detail": {**PUSHED["detail"], **detail}}


def _pattern() -> str:
    return _trigger().one("EventRule").inputs["eventPattern"]


def test_the_documented_push_event_matches() -> None:
    documented = {
        "version": "0",
        "id": "13cde686-328b-6117-af20-0e5566167482",
        "detail-type": "ECR Image Action",
        "source": "aws.ecr",
        "account": "123456789012",
        "time": "2019-11-16T01:54:34Z",
        "region": "us-west-2",
        "resources": [],
        "detail": {
            "result": "SUCCESS",
            "repository-name": "shop",
            "image-digest": DIGEST,
            "action-type": "PUSH",
            "image-tag": "stg",
        },
    }
    assert matches(_pattern(), documented), "Amazon ECR User Guide, ecr-eventbridge"
    assert matches(_pattern(), PUSHED), "newer events carry media types too"


def test_an_image_that_arrives_by_replication_starts_a_release_of_its_digest() -> None:
    """Amazon ECR User Guide, ecr-eventbridge, "Event for a completed image replication"."""
    documented = {
        "version": "0",
        "id": "c8b133b1-6029-ee73-e2a1-4f466b8ba999",
        "detail-type": "ECR Replication Action",
        "source": "aws.ecr",
        "account": "123456789012",
        "time": "2024-05-08T20:44:54Z",
        "region": "us-east-1",
        "resources": ["arn:aws:ecr:us-east-1:123456789012:repository/shop"],
        "detail": {
            "result": "SUCCESS",
            "repository-name": "shop",
            "image-digest": DIGEST,
            "source-account": "123456789012",
            "action-type": "REPLICATE",
            "source-region": "us-west-2",
            "image-tag": "stg",
        },
    }
    assert matches(_pattern(), documented)
    assert matches(_pattern(), REPLICATED)
    failed = json.loads(json.dumps(documented).replace("SUCCESS", "FAILED"))
    assert not matches(_pattern(), failed), "a replication that failed brought no image"


@pytest.mark.parametrize(
    "other",
    [
        _event(**{"image-tag": "prd"}),
        _event(**{"image-tag": "stg-2"}),
        _event(**{"image-tag": ""}),
        _event(**{"action-type": "DELETE"}),
        _event(**{"action-type": "UPDATE_STORAGE_CLASS"}),
        _event(result="FAILURE"),
        _event(**{"repository-name": "shop-prd"}),
        {**PUSHED, "source": "custom.ecr"},
        {**PUSHED, "detail-type": "ECR Image Scan"},
    ],
)
def test_nothing_else_starts_a_release(other: dict[str, Any]) -> None:
    assert not matches(_pattern(), other)


def test_the_pushed_digest_is_pinned() -> None:
    transformer = _trigger().one("EventTarget").inputs["inputTransformer"]
    text = transform(transformer["inputPaths"], transformer["inputTemplate"], PUSHED, {})
    assert json.loads(text) == {
        "sourceRevisions": [
            {"actionName": "Source", "revisionType": "IMAGE_DIGEST", "revisionValue": DIGEST}
        ],
        "variables": [{"name": "TRIGGER", "value": "push"}],
    }, "CodePipeline User Guide, create-cwe-ecr-source-console"


def test_a_push_of_yesterday_starts_nothing() -> None:
    target = _trigger().one("EventTarget").inputs
    assert target["retryPolicy"]["maximumEventAgeInSeconds"] == 900, "the default is 24 hours"
    assert 0 < target["retryPolicy"]["maximumRetryAttempts"] <= 185


def test_what_could_not_be_delivered_stays_in_a_queue_with_an_alarm() -> None:
    graph = _trigger()
    queue, rule = graph.one("Queue"), graph.one("EventRule")
    arn = graph.outputs(queue)["arn"]
    assert graph.one("EventTarget").inputs["deadLetterConfig"] == {"arn": arn}
    [statement] = json.loads(graph.one("QueuePolicy").inputs["policy"])["Statement"]
    assert statement["Resource"] == arn
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == graph.outputs(rule)["arn"], (
        "the rule, not the pipeline"
    )
    assert not queue.inputs.get("fifoQueue"), "EventBridge takes standard queues only"
    alarm = graph.one("MetricAlarm").inputs
    assert alarm["dimensions"] == {"QueueName": "shop-stg-undelivered-pushes"}
    assert alarm["alarmActions"] == ["topic-1", "topic-2"]
    assert (alarm["threshold"], alarm["evaluationPeriods"]) == (1, 1), "one lost push is one too many"


def test_the_rules_role_may_start_this_one_pipeline() -> None:
    graph = _trigger()
    [statement] = json.loads(graph.one("RolePolicy").inputs["policy"])["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["codepipeline:StartPipelineExecution"],
        "Resource": PIPELINE,
    }
    [trust] = json.loads(graph.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}


def test_the_target_waits_for_role_and_queue_policy() -> None:
    graph = _trigger()
    needed = {graph.one("RolePolicy").urn, graph.one("QueuePolicy").urn}
    assert needed <= graph.one("EventTarget").depends_on, "a missing permission is never retried"
