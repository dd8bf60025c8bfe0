"""The push: the rule that starts the pipeline, and the queue of what could not start it."""

import json

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from names import ACCOUNT, NAME


class Push:
    """What hears of pushes; mixed into the stack, which has pipeline and topic."""

    def _trigger(self) -> None:
        """The construct library's ECR source makes a rule of its own, which doesn't pin the digest; this one does."""
        queue = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{NAME}-undelivered-pushes",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=Duration.days(14),
        )
        alarm = self._alarm(
            "UndeliveredAlarm",
            queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
            1,
            1,
            "A push started nothing",
        )
        alarm.add_alarm_action(cloudwatch_actions.SnsAction(self.topic))
        start = iam.Role(
            self,
            "Start",
            role_name=f"{NAME}-start",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT}}
            ),
        )
        start.add_to_policy(
            iam.PolicyStatement(
                actions=["codepipeline:StartPipelineExecution"], resources=[self.pipeline.pipeline_arn]
            )
        )
        rule = events.CfnRule(
            self,
            "PushRule",
            name=f"{NAME}-push",
            event_pattern={
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Action", "ECR Replication Action"],
                "detail": {
                    "action-type": ["PUSH", "REPLICATE"],
                    "result": ["SUCCESS"],
                    "repository-name": ["shop"],
                    "image-tag": ["stg"],
                },
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="pipeline",
                    arn=self.pipeline.pipeline_arn,
                    role_arn=start.role_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=queue.queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=900, maximum_retry_attempts=10
                    ),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={"digest": "$.detail.image-digest"},
                        input_template=json.dumps(
                            {
                                "sourceRevisions": [
                                    {
                                        "actionName": "Source",
                                        "revisionType": "IMAGE_DIGEST",
                                        "revisionValue": "<digest>",
                                    }
                                ],
                                "variables": [{"name": "TRIGGER", "value": "push"}],
                            }
                        ),
                    ),
                )
            ],
        )
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )
        self.queue = queue
