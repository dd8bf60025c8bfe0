"""What is notified, and who may publish it."""

from typing import Any

RELEASE_EVENTS = (
    "codepipeline-pipeline-pipeline-execution-failed",
    "codepipeline-pipeline-pipeline-execution-succeeded",
    "codepipeline-pipeline-manual-approval-needed",
)
"""Event ids of a pipeline (Developer Tools console User Guide, concepts, Events for notification rules)."""


def topic_policy(topic_arn: Any, account: str) -> dict[str, Any]:
    """Lets notification rules and this account's alarms publish.

    Developer Tools console User Guide, set-up-sns; Amazon SNS Developer Guide, sns-access-policy-use-cases.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "codestar-notifications.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic_arn,
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
        ],
    }
