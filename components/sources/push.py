"""A push under the stack's tag starts a release of the pushed digest."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, sqs

from components.image_repository import ImageRepository
from components.kit.json_text import json_text
from components.kit.role import granted_role
from components.kit.stack import Stack
from documents import action_grants, events, grants
from documents.actions import Released, Stage, ecr_source_action
from documents.policy import trust_account
from documents.variables import TRIGGER
from settings import Settings

_ARTIFACT, _NAMESPACE = "ImageArtifact", "Image"


class PushSource:
    """The pushed image, as a pipeline takes it."""

    def __init__(self, stack: Stack, repository: ImageRepository) -> None:
        self._stack = stack
        self._repository = repository
        self.tag = self.tag_of(stack.settings)
        self.released = Released(digest=f"#{{{_NAMESPACE}.ImageDigest}}", artifact=_ARTIFACT)

    @staticmethod
    def tag_of(settings: Settings) -> str:
        """The tag whose push starts a release; the repository must let it move."""
        return settings.source.push.tag

    @property
    def stages(self) -> Sequence[Stage]:
        """What brings the image into the pipeline."""
        action = ecr_source_action(
            name=events.SOURCE_ACTION,
            repository=self._repository.name,
            tag=self.tag,
            artifact=_ARTIFACT,
            namespace=_NAMESPACE,
            needs=[grants.read_tags(self._repository.arn)],
            variables=(TRIGGER,),
        )
        return (Stage(name="Source", actions=(action,)),)

    def trigger(
        self, pipeline_arn: pulumi.Input[str], alarm_topic_arns: Sequence[pulumi.Input[str]]
    ) -> "PushTrigger":
        """Declare what starts the pipeline."""
        args = PushTriggerArgs(
            stack=self._stack, pipeline_arn=pipeline_arn, alarm_topic_arns=alarm_topic_arns
        )
        return PushTrigger("push", args)


@dataclass(frozen=True, kw_only=True)
class PushTriggerArgs:
    """What the trigger needs from the rest of the stack."""

    stack: Stack
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
        names, repository = args.stack.names, args.stack.settings.image.repository
        tag = PushSource.tag_of(args.stack.settings)
        trust = trust_account("events.amazonaws.com", args.stack.place.account)
        statements = [action_grants.start_pipeline(args.pipeline_arn)]
        role = granted_role(name, names.start_role, trust, statements, inside)
        # EventBridge and SQS give a rule or queue of a name that is there to whoever asks last, without a word; IAM refuses.
        after = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[role.role]))
        rule = cloudwatch.EventRule(
            f"{name}-rule",
            name=names.push,
            description=f"A push of {repository}:{tag} starts {names.pipeline}",
            event_pattern=json_text(events.push_pattern(repository, tag)),
            opts=after,
        )
        queue = sqs.Queue(
            f"{name}-undelivered",
            name=names.undelivered,
            message_retention_seconds=14 * 24 * 3600,
            sqs_managed_sse_enabled=True,
            opts=after,
        )
        may_send = sqs.QueuePolicy(
            f"{name}-undelivered-policy",
            queue_url=queue.url,
            policy=json_text(events.dead_letter_policy(queue.arn, rule.arn)),
            opts=inside,
        )
        cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=args.pipeline_arn,
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
            name=names.undelivered,
            alarm_description=f"A push of {repository}:{tag} started nothing; the queue says why",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": queue.name},
            statistic="Maximum",
            period=60,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=args.alarm_topic_arns,
            opts=inside,
        )
        self.rule_name = rule.name
        self.dead_letter_queue_url = queue.url
        self.register_outputs({"ruleName": self.rule_name, "deadLetterQueueUrl": self.dead_letter_queue_url})
