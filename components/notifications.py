"""Who hears of releases: a topic, its subscribers, and the rules that fill it."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, sns

from components.kit.json_text import json_text
from components.kit.stack import Stack
from documents.notifications import NOTICES, Notice, topic_policy


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """What the notifications need to know."""

    stack: Stack


class Notifications(pulumi.ComponentResource):
    """A topic that hears how releases end, and when one waits for consent."""

    topic_arn: pulumi.Output[str]
    """ARN of the topic."""
    alarm_topic_arns: list[pulumi.Output[str]]
    """Topics that hear of alarms: this one, and the operator's own if there is one."""

    def __init__(
        self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare topic, subscriptions, rules, policy and targets."""
        super().__init__("delivery:index:Notifications", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        names, notify = args.stack.names, args.stack.settings.notify
        topic = sns.Topic(f"{name}-topic", name=names.topic, opts=inside)
        for address in notify.emails:
            sns.TopicSubscription(
                f"{name}-{address}", topic=topic.arn, protocol="email", endpoint=address, opts=inside
            )
        rules = [_rule(name, args.stack, notice, inside) for notice in NOTICES]
        may_publish = sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=topic.arn,
            policy=json_text(topic_policy(topic.arn, args.stack.place.account, [rule.arn for rule in rules])),
            opts=inside,
        )
        allowed = pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[may_publish]))
        for notice, rule in zip(NOTICES, rules, strict=True):
            cloudwatch.EventTarget(
                f"{name}-{notice.name}-target",
                rule=rule.name,
                arn=topic.arn,
                input_transformer={
                    "input_paths": dict(notice.paths),
                    "input_template": notice.template(names.pipeline),
                },
                opts=allowed,
            )
        self.topic_arn = topic.arn
        theirs = notify.alarm_topic_arn
        self.alarm_topic_arns = [topic.arn, *([pulumi.Output.from_input(theirs)] if theirs else [])]
        self.register_outputs({"topicArn": self.topic_arn, "alarmTopicArns": self.alarm_topic_arns})


def _rule(name: str, stack: Stack, notice: Notice, inside: pulumi.ResourceOptions) -> cloudwatch.EventRule:
    pipeline = stack.names.pipeline
    return cloudwatch.EventRule(
        f"{name}-{notice.name}",
        name=stack.names.notice(notice.name),
        description=f"Tells of {notice.about} of {pipeline}",
        event_pattern=json_text(notice.pattern(pipeline)),
        opts=inside,
    )
