"""Who hears of releases: a topic, its subscribers, and the rules that fill it."""

from typing import TypedDict

import pulumi
from pulumi_aws import cloudwatch, sns

from components.json_text import json_text
from documents.names import Names
from documents.notifications import NOTICES, Notice, topic_policy
from documents.place import Place
from settings.release import Notify


class NotificationsArgs(TypedDict):
    """What the notifications need from the rest of the stack."""

    notify: Notify
    names: Names
    place: Place


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
        names = args["names"]
        topic = sns.Topic(f"{name}-topic", name=f"{names.pipeline}-releases", opts=inside)
        for address in args["notify"].emails:
            sns.TopicSubscription(
                f"{name}-{address}", topic=topic.arn, protocol="email", endpoint=address, opts=inside
            )
        rules = [_rule(name, args, notice, inside) for notice in NOTICES]
        may_publish = sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=topic.arn,
            policy=json_text(topic_policy(topic.arn, args["place"].account, [rule.arn for rule in rules])),
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
        theirs = args["notify"].alarm_topic_arn
        self.alarm_topic_arns = [topic.arn, *([pulumi.Output.from_input(theirs)] if theirs else [])]
        self.register_outputs({"topicArn": self.topic_arn, "alarmTopicArns": self.alarm_topic_arns})


def _rule(
    name: str, args: NotificationsArgs, notice: Notice, inside: pulumi.ResourceOptions
) -> cloudwatch.EventRule:
    pipeline = args["names"].pipeline
    return cloudwatch.EventRule(
        f"{name}-{notice.name}",
        name=f"{pipeline}-{notice.name}",
        description=f"Tells of {notice.about} of {pipeline}",
        event_pattern=json_text(notice.pattern(pipeline)),
        opts=inside,
    )
