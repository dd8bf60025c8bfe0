"""Who hears of releases: a topic, its subscribers, and the rule that fills it."""

from typing import TypedDict

import pulumi
from pulumi_aws import codestarnotifications, sns

from components.json_text import json_text
from documents.names import Names, Place
from documents.notifications import RELEASE_EVENTS, topic_policy
from settings.release import Notify


class NotificationsArgs(TypedDict):
    """What the notifications need from the rest of the stack."""

    notify: Notify
    names: Names
    place: Place
    pipeline_arn: pulumi.Input[str]


class Notifications(pulumi.ComponentResource):
    """A topic that hears of failed, succeeded and waiting releases."""

    topic_arn: pulumi.Output[str]
    """ARN of the topic."""
    alarm_topic_arns: list[pulumi.Output[str]]
    """Topics that hear of alarms: this one, and the operator's own if there is one."""

    def __init__(
        self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare topic, policy, subscriptions and rule."""
        super().__init__("delivery:index:Notifications", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        names = args["names"]
        topic = sns.Topic(f"{name}-topic", name=f"{names.pipeline}-releases", opts=inside)
        may_publish = sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=topic.arn,
            policy=json_text(topic_policy(topic.arn, args["place"].account)),
            opts=inside,
        )
        for address in args["notify"].emails:
            sns.TopicSubscription(
                f"{name}-{address}", topic=topic.arn, protocol="email", endpoint=address, opts=inside
            )
        codestarnotifications.NotificationRule(
            f"{name}-rule",
            name=f"{names.pipeline}-releases",
            resource=args["pipeline_arn"],
            detail_type="FULL",
            event_type_ids=list(RELEASE_EVENTS),
            targets=[{"address": topic.arn}],
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[may_publish])),
        )
        self.topic_arn = topic.arn
        theirs = args["notify"].alarm_topic_arn
        self.alarm_topic_arns = [topic.arn, *([pulumi.Output.from_input(theirs)] if theirs else [])]
        self.register_outputs({"topicArn": self.topic_arn, "alarmTopicArns": self.alarm_topic_arns})
