"""EventBridge: the declared rules on the default bus, their targets, and the ECR event that starts it all.

AWS documents: eventbridge/latest/userguide/eb-rule-dlq.md, eb-rule-retry-policy.md,
eb-transform-target-input.md; codepipeline/latest/userguide/create-cwe-ecr-source-cli.md (the target role).
Pipelines and SNS topics are played as targets; `rehearsal/eventbridge/kinds.py` refuses every other kind when it is
declared. The matcher is ministack's, used as a library.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import ClientError

from rehearsal.endpoint.emulator import configure
from rehearsal.errors import AwsRefusal, StackError
from rehearsal.eventbridge.transformer import reserved_variables, transform
from rehearsal.identity.authority import AccessDenied
from rehearsal.identity.service_policy import service_may
from rehearsal.sns.service import NoTopic, PublishDenied, Topics
from rehearsal.world.cloud import Cloud, Declared

RULE_TYPE = "aws:cloudwatch/eventRule:EventRule"
"""Pulumi type token of a rule."""
TARGET_TYPE = "aws:cloudwatch/eventTarget:EventTarget"
"""Pulumi type token of a target."""
DEFAULT_MAX_AGE_SECONDS = 24 * 60 * 60
"""How old an event may be when nothing is declared (eb-rule-retry-policy.md)."""

_SERVICE = "events.amazonaws.com"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class StartPipeline(Protocol):
    """StartPipelineExecution, as a rule's target is invoked."""

    def __call__(self, asked: Mapping[str, Any], *, rule: str) -> str:
        """Answer the execution's id; `asked` is of the API's shape, `rule` the ARN of the rule. Raises AwsRefusal."""
        ...


class _NotDelivered(Exception):
    def __init__(self, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.attributes = {"ERROR_CODE": code, "ERROR_MESSAGE": message, **more}


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class EventBridge:
    """The account's default event bus."""

    cloud: Cloud
    start_pipeline: StartPipeline
    topics: Topics
    now: Callable[[], datetime] = _utc_now

    def put(self, event: Mapping[str, Any]) -> list[str]:
        """Deliver an event to all targets of enabled rules that match; ids of started executions.

        Returns when all is delivered or given up. What can't be delivered goes to the target's dead-letter
        queue. Calls the local cloud, so never call it from the thread that serves the cloud's endpoint.
        """
        started: list[str] = []
        for rule in self.cloud.declared(RULE_TYPE):
            if rule.inputs.get("state", "ENABLED") != "ENABLED" or not matches(
                rule.inputs["eventPattern"], event
            ):
                continue
            self.cloud.journal.record(
                "EventBridge", f"rule {rule.outputs['name']} matched", event=event["id"]
            )
            for target in self.targets(rule):
                started += self._deliver(rule, target, event)
        return started

    def targets(self, rule: Declared) -> list[Declared]:
        """A rule's targets, in the order of declaration."""
        named = (rule.outputs["name"], rule.id)
        return [one for one in self.cloud.declared(TARGET_TYPE) if one.inputs["rule"] in named]

    def _deliver(self, rule: Declared, target: Declared, event: Mapping[str, Any]) -> list[str]:
        try:
            self._check_age(target, event)
            if str(target.inputs["arn"]).split(":")[2] == "sns":
                self._publish(rule, target, event)
                return []
            execution = self._start(rule, target, event)
        except _NotDelivered as failure:
            self.cloud.journal.record(
                "EventBridge", f"target {target.inputs['arn']} not invoked: {failure}", **failure.attributes
            )
            self._bury(rule, target, event, failure.attributes)
            return []
        self.cloud.journal.record("EventBridge", f"started {target.inputs['arn']}", execution=execution)
        return [execution]

    def _publish(self, rule: Declared, target: Declared, event: Mapping[str, Any]) -> None:
        """Publish to a topic, whose own policy decides (eb-use-resource-based.md, "Amazon SNS permissions")."""
        text = self._text(rule, target, event) or json.dumps(event)
        if not _is_json_or_quoted_lines(text):
            raise _NotDelivered(
                "INVALID_JSON", f"the transformed input is neither JSON nor quoted text: {text}"
            )
        topic = str(target.inputs["arn"])
        try:
            self.topics.publish(topic, text, service=_SERVICE, source_arn=rule.arn)
        except NoTopic as missing:
            raise _NotDelivered("NO_RESOURCE", str(missing)) from missing
        except PublishDenied as denied:
            raise _NotDelivered("NO_PERMISSIONS", str(denied)) from denied

    def _start(self, rule: Declared, target: Declared, event: Mapping[str, Any]) -> str:
        arn = str(target.inputs["arn"])
        request = self._request(rule, target, event)
        self._authorize(rule, target)
        try:
            return self.start_pipeline({**request, "name": arn.rpartition(":")[2]}, rule=rule.arn)
        except AwsRefusal as refused:
            raise _NotDelivered(
                "NO_RESOURCE" if refused.code == "PipelineNotFoundException" else "ERROR_FROM_TARGET",
                f"{refused.code}: {refused}",
            ) from refused

    def _check_age(self, target: Declared, event: Mapping[str, Any]) -> None:
        policy: Mapping[str, Any] = target.inputs.get("retryPolicy") or {}
        limit = policy.get("maximumEventAgeInSeconds") or DEFAULT_MAX_AGE_SECONDS
        sent = datetime.strptime(event["time"], _TIME).replace(tzinfo=UTC)
        age = (self.now() - sent).total_seconds()
        if age > limit:
            text = f"the event is {age:.0f} s old and may be at most {limit}"
            more = {"EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds", "RETRY_ATTEMPTS": "0"}
            raise _NotDelivered("TIMEOUT", text, **more)

    def _authorize(self, rule: Declared, target: Declared) -> None:
        """Missing permissions are never retried (eb-rule-dlq.md)."""
        authority = self.cloud.authority
        role, arn = target.inputs.get("roleArn"), str(target.inputs["arn"])
        if not role:
            raise _NotDelivered(
                "NO_PERMISSIONS", f"target {arn} has no role; a pipeline target needs roleArn"
            )
        context = {"aws:SourceArn": rule.arn, "aws:SourceAccount": self.cloud.place.account}
        try:
            authority.assume(role, _SERVICE, context)
        except AccessDenied as refused:
            raise _NotDelivered("FAILED_TO_ASSUME_ROLE", str(refused)) from refused
        try:
            authority.authorize(role, "codepipeline:StartPipelineExecution", arn)
        except AccessDenied as refused:
            raise _NotDelivered("NO_PERMISSIONS", str(refused)) from refused

    def _request(self, rule: Declared, target: Declared, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a pipeline is started with; an untransformed event carries nothing that a pipeline reads."""
        text = self._text(rule, target, event)
        if text is None:
            return {}
        try:
            request: Any = json.loads(text)
        except ValueError as error:
            raise _NotDelivered(
                "INVALID_JSON", f"the transformed input is no JSON ({error}): {text}"
            ) from error
        if not isinstance(request, dict):
            raise _NotDelivered("INVALID_PARAMETER", f"the transformed input is no JSON object: {text}")
        return request  # pyright: ignore[reportUnknownVariableType]

    def _text(self, rule: Declared, target: Declared, event: Mapping[str, Any]) -> str | None:
        """The target's constant or transformed input; None when it gets the event itself."""
        declared: Mapping[str, Any] | None = target.inputs.get("inputTransformer")
        if not declared:
            return target.inputs.get("input")
        known = reserved_variables(str(rule.outputs["name"]), rule.arn, f"{self.now():{_TIME}}", event)
        return transform(declared.get("inputPaths") or {}, declared["inputTemplate"], event, known)

    def _bury(
        self, rule: Declared, target: Declared, event: Mapping[str, Any], attributes: Mapping[str, str]
    ) -> None:
        """Send the event to the dead-letter queue, when there is one and its policy lets us."""
        queue = (target.inputs.get("deadLetterConfig") or {}).get("arn")
        if not queue:
            self.cloud.journal.record(
                "EventBridge", "the event is dropped: no dead-letter queue", event=event["id"]
            )
            return
        described = {"RULE_ARN": rule.arn, "TARGET_ARN": str(target.inputs["arn"]), **attributes}
        sqs = self.cloud.client("sqs")
        try:
            url = sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
            policy = (
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
                .get("Attributes", {})
                .get("Policy")
            )
            if not service_may(policy, _SERVICE, "sqs:SendMessage", queue, rule.arn):
                text = f"the event is lost: the policy of {queue} does not let {_SERVICE} send for {rule.arn}"
                self.cloud.journal.record("EventBridge", text, event=event["id"])
                return
            sqs.send_message(
                QueueUrl=url,
                MessageBody=json.dumps(event),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in described.items()
                },
            )
        except ClientError as error:
            self.cloud.journal.record(
                "EventBridge", f"the event is lost: {queue}: {error}", event=event["id"]
            )
            return
        self.cloud.journal.record("EventBridge", f"event sent to {queue}", **described)


def _is_json_or_quoted_lines(text: str) -> bool:
    """Whether a template's output is one of the two forms there are (eb-transform-target-input.md, "Common issues")."""
    return _is_json(text) or all(_is_json(one) and one.strip().startswith('"') for one in text.splitlines())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Whether a pattern (JSON text) matches; RehearsalError with AWS's reason if it is invalid."""
    configure()
    from ministack.services.eventbridge import (  # noqa: PLC0415  (loads 60 ms of services)
        _test_event_pattern,  # pyright: ignore[reportPrivateUsage, reportUnknownVariableType]
    )

    answer: Any = _test_event_pattern({"Event": json.dumps(event), "EventPattern": pattern})
    status, _, body = answer
    result: dict[str, Any] = json.loads(body)
    if status != 200:  # noqa: PLR2004  (HTTP)
        raise StackError(f"event pattern {pattern}", str(result.get("message")), "correct the rule's pattern")
    return bool(result["Result"])
