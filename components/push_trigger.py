"""What starts the pipeline: a push under the stack's tag, with the pushed digest pinned."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
from pulumi_aws import cloudwatch, sqs

from components.json_text import json_text
from components.role import granted_role
from documents import events, grants
from documents.names import Names
from documents.place import Place
from documents.policy import trust_account


class PushTriggerArgs(TypedDict):
    """What the trigger needs from the rest of the stack."""

    names: Names
    place: Place
    repository: str
    tag: str
    pipeline_arn: pulumi.Input[str]
    alarm_topic_arns: Sequence[pulumi.Input[str]]
    """Topics that hear of pushes that could not be delivered."""


class PushTrigger(pulumi.ComponentResource):
    """An EventBridge rule on the push event, and a queue for what it could not deliver."""

    rule_name: pulumi.Output[str]
    """Name of the rule."""
    dead_letter_queue_url: pulumi.Output[str]
    """Queue with the pushes that started nothing."""

    def __init__(self, name: str, args: PushTriggerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare rule, target, role, queue and alarm."""
        super().__init__("delivery:index:PushTrigger", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        names = args["names"]
        rule = cloudwatch.EventRule(
            f"{name}-rule",
            name=f"{names.pipeline}-push",
            description=f"A push of {args['repository']}:{args['tag']} starts {names.pipeline}",
            event_pattern=json_text(events.push_pattern(args["repository"], args["tag"])),
            opts=inside,
        )
        queue = sqs.Queue(
            f"{name}-undelivered",
            name=f"{names.pipeline}-undelivered-pushes",
            message_retention_seconds=14 * 24 * 3600,
            sqs_managed_sse_enabled=True,
            opts=inside,
        )
        may_send = sqs.QueuePolicy(
            f"{name}-undelivered-policy",
            queue_url=queue.url,
            policy=json_text(events.dead_letter_policy(queue.arn, rule.arn)),
            opts=inside,
        )
        trust = trust_account("events.amazonaws.com", args["place"].account)
        statements = [grants.start_pipeline(args["pipeline_arn"])]
        role = granted_role(name, f"{names.pipeline}-start", trust, statements, inside)
        cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=args["pipeline_arn"],
            role_arn=role.arn,
            input_transformer={
                "input_paths": events.push_input_paths(),
                "input_template": events.push_input_template(),
            },
            retry_policy={
                "maximum_event_age_in_seconds": events.MAXIMUM_AGE_SECONDS,
                "maximum_retry_attempts": 10,
            },
            dead_letter_config={"arn": queue.arn},
            opts=pulumi.ResourceOptions.merge(
                inside, pulumi.ResourceOptions(depends_on=[*role.policies, may_send])
            ),
        )
        cloudwatch.MetricAlarm(
            f"{name}-undelivered-alarm",
            name=f"{names.pipeline}-undelivered-pushes",
            alarm_description=f"A push of {args['repository']}:{args['tag']} started nothing; the queue says why",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": queue.name},
            statistic="Maximum",
            period=60,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=args["alarm_topic_arns"],
            opts=inside,
        )
        self.rule_name = rule.name
        self.dead_letter_queue_url = queue.url
        self.register_outputs({"ruleName": self.rule_name, "deadLetterQueueUrl": self.dead_letter_queue_url})
