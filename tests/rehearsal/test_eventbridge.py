"""Rules, target roles and dead-letter queues, as EventBridge's user guide documents them."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.ecr.events import push_event
from rehearsal.ecr.registry_rules import Push
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.evaluation.kinds import KINDS
from rehearsal.eventbridge.service import RULE_TYPE, TARGET_TYPE, matches
from tests.rehearsal.rule_world import (
    DIGEST,
    NOW,
    PATTERN,
    PIPELINE,
    QUEUE,
    ROLE,
    RULE,
    Account,
    statement,
    trust,
)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_a_push_starts_the_pipeline_with_the_pushed_digest(account: Account) -> None:
    assert account.push() == ["execution-1"]
    assert account.started == [
        {
            "name": "release",
            "sourceRevisions": [
                {"actionName": "Image", "revisionType": "IMAGE_DIGEST", "revisionValue": DIGEST}
            ],
            "variables": [{"name": "TRIGGER", "value": "push"}],
            "rule": RULE,
        }
    ], "pipeline ARNs have no 'pipeline/' in them"


@pytest.mark.parametrize("tag", ["prd", "", "stg-1"])
def test_another_tag_starts_nothing(account: Account, tag: str) -> None:
    assert account.push(tag) == []
    assert account.cloud.queue.messages == [], "an event that no rule matches is nobody's failure"


def test_a_disabled_rule_matches_nothing(account: Account) -> None:
    account.rule({"eventPattern": json.dumps(PATTERN), "state": "DISABLED"})
    assert account.push() == []


def test_the_push_event_is_the_documented_one() -> None:
    push = Push("app", "", DIGEST, "123456789012", "eu-west-1")
    event = push_event(push, at=NOW, id_="event-1")
    detail = event.pop("detail")
    assert event == {
        "version": "0",
        "id": "event-1",
        "detail-type": "ECR Image Action",
        "source": "aws.ecr",
        "account": "123456789012",
        "time": "2026-05-04T12:00:00Z",
        "region": "eu-west-1",
        "resources": [],
    }, "AmazonECR/latest/userguide/ecr-eventbridge.md"
    assert detail["image-tag"] == "", "an untagged manifest has an empty tag in newer events"
    assert {"manifest-media-type", "artifact-media-type"} <= set(detail)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (PATTERN, True),
        ({**PATTERN, "detail": {**PATTERN["detail"], "action-type": ["DELETE"]}}, False),  # type: ignore[dict-item]
        ({"detail": {"image-tag": [{"prefix": "st"}]}}, True),
        ({"detail": {"image-tag": [{"anything-but": ["stg"]}]}}, False),
        ({"resources": ["arn:aws:ecr:us-east-1:123456789012:repository/app"]}, False),
    ],
)
def test_the_matcher_of_the_pinned_emulator_decides_as_eventbridge_does(
    pattern: Mapping[str, Any], *, expected: bool
) -> None:
    event = push_event(Push("app", "stg", DIGEST, "123456789012", "us-east-1"), at=NOW)
    assert matches(json.dumps(pattern), event) is expected


def test_an_invalid_pattern_is_refused_with_the_reason() -> None:
    with pytest.raises(RehearsalError, match="prefixx"):
        matches('{"source": [{"prefixx": "aws"}]}', push_event(Push("a", "b", DIGEST, "1", "r"), at=NOW))


def test_a_missing_permission_goes_straight_to_the_dead_letter_queue(account: Account) -> None:
    account.authority.remove_policy(ROLE, "start")
    assert account.push() == []
    attributes = account.attributes()
    assert set(attributes) == {"RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE"}, "eb-rule-dlq.md"
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (RULE, PIPELINE)
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert "is not authorized to perform: codepipeline:StartPipelineExecution" in attributes["ERROR_MESSAGE"]
    assert f"on resource: {PIPELINE}" in attributes["ERROR_MESSAGE"]
    assert json.loads(account.cloud.queue.messages[0]["MessageBody"])["detail"]["image-digest"] == DIGEST


def test_a_role_that_does_not_trust_this_rule_is_not_assumed(account: Account) -> None:
    account.authority.put_role(ROLE, trust({"ArnEquals": {"aws:SourceArn": RULE + "-other"}}))
    assert account.push() == []
    assert account.attributes()["ERROR_CODE"] == "FAILED_TO_ASSUME_ROLE"


def test_a_target_without_role_starts_nothing(tmp_path: Path) -> None:
    account = Account(tmp_path, roleArn=None)
    assert account.push() == []
    assert account.attributes()["ERROR_CODE"] == "NO_PERMISSIONS"


@pytest.mark.parametrize(("age", "delivered"), [(900, True), (901, False)])
def test_an_event_older_than_declared_is_not_delivered(
    account: Account, age: int, *, delivered: bool
) -> None:
    assert bool(account.push(at=NOW - timedelta(seconds=age))) is delivered
    if not delivered:
        assert account.attributes()["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [("PipelineNotFoundException", "NO_RESOURCE"), ("ValidationException", "ERROR_FROM_TARGET")],
)
def test_a_start_that_is_refused_is_kept_in_the_queue(account: Account, refusal: str, code: str) -> None:
    account.refusal = AwsRefusal(refusal, "no")
    assert account.push() == []
    assert account.attributes()["ERROR_CODE"] == code


def test_a_transformer_that_makes_no_json_is_told(tmp_path: Path) -> None:
    account = Account(tmp_path, inputTransformer={"inputPaths": {}, "inputTemplate": '{"a": <missing>}'})
    assert account.push() == []
    assert account.attributes()["ERROR_CODE"] == "INVALID_JSON"


@pytest.mark.parametrize(
    "policy",
    [
        None,
        statement("sqs:SendMessage", QUEUE, Principal={"Service": "sns.amazonaws.com"}),
        statement(
            "sqs:SendMessage",
            QUEUE,
            Principal={"Service": "events.amazonaws.com"},
            Condition={"ArnEquals": {"aws:SourceArn": PIPELINE}},
        ),
        statement("sqs:ReceiveMessage", QUEUE, Principal={"Service": "events.amazonaws.com"}),
        statement("sqs:SendMessage", QUEUE + "2", Principal={"Service": "events.amazonaws.com"}),
    ],
    ids=["none", "other service", "pipeline as source", "other action", "other queue"],
)
def test_a_queue_whose_policy_does_not_name_the_rule_gets_nothing(account: Account, policy: Any) -> None:
    account.authority.remove_policy(ROLE, "start")
    account.cloud.queue.policy = policy
    account.push()
    assert account.cloud.queue.messages == [], "the queue's policy names events.amazonaws.com and the rule"
    assert any("is lost" in entry.message for entry in account.cloud.journal.entries("EventBridge"))


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:us-east-1:123456789012:function:tell",
        "arn:aws:sqs:us-east-1:123456789012:queue",
        "arn:aws:states:us-east-1:123456789012:stateMachine:s",
        "arn:aws:events:us-east-1:123456789012:event-bus/other",
    ],
)
def test_a_target_that_is_not_played_is_refused_by_name_and_never_buried(account: Account, arn: str) -> None:
    with pytest.raises(
        RehearsalError, match="the rehearsal plays targets in codepipeline and sns"
    ) as refused:
        KINDS[TARGET_TYPE].make(account.cloud, {"rule": "push", "arn": arn})
    assert arn in str(refused.value)


@pytest.mark.parametrize(
    ("type_", "inputs", "said"),
    [
        (RULE_TYPE, {"name": "nightly", "scheduleExpression": "rate(1 day)"}, "rule nightly: has a schedule"),
        (RULE_TYPE, {"name": "r", "eventBusName": "orders", "eventPattern": "{}"}, "is on event bus orders"),
    ],
)
def test_a_rule_that_is_not_played_is_refused_by_name(
    account: Account, type_: str, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(RehearsalError, match=re.escape(said)):
        KINDS[type_].make(account.cloud, inputs)
