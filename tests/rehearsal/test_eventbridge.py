"""Rules, transformers, target roles and dead-letter queues, as EventBridge's user guide documents them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.ecr.events import push_event
from rehearsal.ecr.registry_rules import Push
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.evaluation.kinds import KINDS
from rehearsal.eventbridge.service import RULE_TYPE, TARGET_TYPE, EventBridge, matches
from rehearsal.eventbridge.transformer import InvalidTransformer, reserved_variables, transform
from rehearsal.identity.authority import Authority
from rehearsal.sns.service import POLICY, SUBSCRIPTION, TOPIC, Topics
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
ROLE = "arn:aws:iam::123456789012:role/trigger"
PIPELINE = "arn:aws:codepipeline:us-east-1:123456789012:release"
RULE = "arn:aws:events:us-east-1:123456789012:rule/push"
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

    def _start(self, request: Mapping[str, Any], *, trigger: str) -> str:
        if self.refusal:
            raise self.refusal
        self.started.append({**request, "trigger": trigger})
        return "execution-1"


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
            "trigger": "CloudWatchEvent",
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


EC2 = {
    "id": "7bf73129",
    "time": "2015-11-11T21:29:54Z",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
    "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "size": 3, "by": {"name": "x"}},
}
PATHS = {
    "instance": "$.detail.instance-id",
    "state": "$.detail.state",
    "resource": "$.resources[0]",
    "size": "$.detail.size",
    "detail": "$.detail.by",
    "gone": "$.detail.gone",
}


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        (r'"instance \"<instance>\" is in <state>"', r'"instance \"i-0123456789\" is in RUNNING"'),
        ('{"instance" : <instance>, "state": <state>}', '{"instance" : "i-0123456789", "state": "RUNNING"}'),
        (
            '{"instance" : <instance>, "state": "<state>"}',
            '{"instance" : "i-0123456789", "state": "RUNNING"}',
        ),
        ('{"state": [ 9, <state>, true ]}', '{"state": [ 9, "RUNNING", true ]}'),
        ('{"first": <resource>}', '{"first": "arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"}'),
        ('{"size": <size>, "text": "<size>"}', '{"size": 3, "text": "3"}'),
        ('{"by": <detail>}', '{"by": {"name": "x"}}'),
        ('"by <detail>"', '"by {name: x}"'),
        ('"<aws.events.rule-name> triggered"', '"push triggered"'),
        ('{"arn": <aws.events.rule-arn>}', f'{{"arn": "{RULE}"}}'),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at": "2026-05-04T12:00:00Z"}'),
        ('"[<gone>]"', '"[]"'),
        ('"a" \n"<state>"', '"a" \n"RUNNING"'),
    ],
)
def test_the_transformer_follows_the_documents_examples(template: str, output: str) -> None:
    known = reserved_variables("push", RULE, "2026-05-04T12:00:00Z", EC2)
    assert transform(PATHS, template, EC2, known) == output, "eb-transform-target-input.md"


def test_the_whole_event_and_the_event_without_detail_can_be_inserted() -> None:
    known = reserved_variables("push", RULE, "now", EC2)
    template = '{"all": <aws.events.event.json>, "head": <aws.events.event>}'
    result = json.loads(transform({}, template, EC2, known))
    assert result["all"] == EC2
    assert "detail" not in result["head"]


def test_values_are_not_escaped() -> None:
    event = {"detail": {"text": 'a "quoted" word'}}
    assert transform({"t": "$.detail.text"}, '{"t": <t>}', event, {}) == '{"t": "a "quoted" word"}'


@pytest.mark.parametrize(
    "paths",
    [
        {"aws.events.rule-name": "$.id"},
        {"x": "detail.state"},
        {"x": "$.detail[?(@.a)]"},
        {str(i): "$" for i in range(101)},
    ],
)
def test_paths_that_eventbridge_does_not_take_are_refused(paths: dict[str, str]) -> None:
    with pytest.raises(InvalidTransformer):
        transform(paths, "{}", EC2, {})


NEWS = "arn:aws:sns:us-east-1:123456789012:news"
SENTENCE = {"inputPaths": {"tag": "$.detail.image-tag"}, "inputTemplate": '"A push under <tag>."'}
LETS_IN = statement(
    "sns:Publish",
    NEWS,
    Principal={"Service": "events.amazonaws.com"},
    Condition={"ArnEquals": {"aws:SourceArn": RULE}},
)


def telling(scratch: Path, policy: Any = LETS_IN, **target: Any) -> Account:
    """An account whose rule tells a topic with one subscriber."""
    account = Account(scratch, **{"arn": NEWS, "roleArn": None, "inputTransformer": SENTENCE, **target})
    add = account.cloud.add
    add(Declared("urn:topic", TOPIC, "news", NEWS, {"name": "news"}, {"name": "news", "arn": NEWS}))
    subscribed = {"topic": NEWS, "protocol": "email", "endpoint": "a@b.io"}
    add(Declared("urn:subscription", SUBSCRIPTION, "mail", "mail", subscribed, subscribed))
    if policy is not None:
        given = {"arn": NEWS, "policy": json.dumps(policy)}
        add(Declared("urn:policy", POLICY, "policy", NEWS, given, given))
    return account


def test_a_topic_is_told_the_sentence_that_the_transformer_makes(tmp_path: Path) -> None:
    """eb-use-resource-based.md, "Amazon SNS permissions"."""
    account = telling(tmp_path)
    assert account.push() == [], "it starts nothing"
    [message] = account.bus.topics.messages
    assert (message.text, message.subscribers) == ('"A push under stg."', ["a@b.io"])
    assert account.cloud.queue.messages == [], "what was delivered is not buried"
    [entry] = account.cloud.journal.entries("SNS")
    assert entry.message == 'told a@b.io: "A push under stg."'


@pytest.mark.parametrize(
    "policy",
    [
        None,
        statement("sns:Publish", NEWS, Principal={"Service": "cloudwatch.amazonaws.com"}),
        statement(
            "sns:Publish",
            NEWS,
            Principal={"Service": "events.amazonaws.com"},
            Condition={"ArnEquals": {"aws:SourceArn": RULE + "-other"}},
        ),
        statement("sns:Publish", NEWS + "2", Principal={"Service": "events.amazonaws.com"}),
    ],
    ids=["none", "other service", "other rule", "other topic"],
)
def test_a_topic_whose_policy_does_not_let_the_rule_in_is_told_nothing_and_that_shows(
    tmp_path: Path, policy: Any
) -> None:
    account = telling(tmp_path, policy)
    account.push()
    assert account.bus.topics.messages == []
    assert account.attributes()["ERROR_CODE"] == "NO_PERMISSIONS"
    said = [entry.message for entry in account.cloud.journal.entries("EventBridge")]
    assert any(f"does not let events.amazonaws.com publish for {RULE}" in line for line in said), said


def test_a_topic_that_is_not_there_is_no_resource(tmp_path: Path) -> None:
    account = telling(tmp_path, arn=NEWS + "2")
    account.push()
    assert account.attributes()["ERROR_CODE"] == "NO_RESOURCE"


@pytest.mark.parametrize(
    ("template", "valid"),
    [('"<tag>"', True), ('"a"\n"b"', True), ("a push under <tag>", False), ('{"tag": "<tag>"', False)],
)
def test_a_sentence_needs_its_quotes(tmp_path: Path, template: str, *, valid: bool) -> None:
    """eb-transform-target-input.md: "For Strings, quotes are required." """
    account = telling(tmp_path, inputTransformer={**SENTENCE, "inputTemplate": template})
    account.push()
    assert bool(account.bus.topics.messages) is valid
    if not valid:
        assert account.attributes()["ERROR_CODE"] == "INVALID_JSON"


def test_without_a_transformer_a_topic_gets_the_event_and_a_constant_input_as_it_is(tmp_path: Path) -> None:
    account = telling(tmp_path, inputTransformer=None)
    account.push()
    assert json.loads(account.bus.topics.messages[0].text)["detail"]["image-tag"] == "stg"
    account = telling(tmp_path, inputTransformer=None, input='"always this"')
    account.push()
    assert account.bus.topics.messages[0].text == '"always this"'


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
        (
            TARGET_TYPE,
            {"rule": "r", "arn": NEWS, "inputPath": "$.detail"},
            "has inputPath, which is not played",
        ),
    ],
)
def test_a_rule_or_input_that_is_not_played_is_refused_by_name(
    account: Account, type_: str, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(RehearsalError, match=re.escape(said)):
        KINDS[type_].make(account.cloud, inputs)
