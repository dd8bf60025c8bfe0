"""What people are told about releases: which event is told, in which sentence, and who may publish it.

EventBridge rules need no service-linked role, so the first `pulumi up` of an account makes them like any other; a
notification rule of the Developer Tools console fails there until its role exists (Developer Tools console User Guide,
using-service-linked-roles).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_OF_PIPELINES = "CodePipeline Pipeline Execution State Change"
_OF_ACTIONS = "CodePipeline Action Execution State Change"


@dataclass(frozen=True)
class Notice:
    """One kind of news.

    Events and their fields: CodePipeline User Guide, detect-state-changes-cloudwatch-events.
    """

    name: str
    """End of the rule's name."""
    about: str
    """What it tells of, for the rule's description."""
    detail_type: str
    detail: Mapping[str, Any]
    """What `detail` must hold beside the pipeline."""
    paths: Mapping[str, str]
    """What the sentence takes from the event."""
    sentence: str
    """With `{pipeline}` for its name, and the paths' names in angle brackets.

    Only values without quotes and line breaks may be taken: EventBridge does not escape what it puts in
    (EventBridge User Guide, eb-transform-target-input).
    """

    def pattern(self, pipeline: str) -> dict[str, Any]:
        """Event pattern of this news about one pipeline."""
        return {
            "source": ["aws.codepipeline"],
            "detail-type": [self.detail_type],
            "detail": {"pipeline": [pipeline], **self.detail},
        }

    def template(self, pipeline: str) -> str:
        """Input template: one JSON string, since a template that is text needs its quotes (same page)."""
        return json.dumps(self.sentence.format(pipeline=pipeline), ensure_ascii=False)


_EXECUTION = {"execution": "$.detail.execution-id"}
_ACTIONS = "aws codepipeline list-action-executions --pipeline-name {pipeline} --filter pipelineExecutionId=<execution>"

NOTICES = (
    Notice(
        "failed",
        "failed releases",
        _OF_PIPELINES,
        {"state": ["FAILED"]},
        _EXECUTION,
        f"A release of {{pipeline}} failed: execution <execution>. Which action, and why, says: {_ACTIONS}",
    ),
    Notice(
        "succeeded",
        "releases that went through",
        _OF_PIPELINES,
        {"state": ["SUCCEEDED"]},
        _EXECUTION,
        "A release of {pipeline} went through: execution <execution>.",
    ),
    Notice(
        "ended",
        "releases that ended before their end",
        _OF_PIPELINES,
        {"state": ["STOPPED", "CANCELED", "SUPERSEDED"]},
        {**_EXECUTION, "state": "$.detail.state"},
        "A release of {pipeline} ended before its end: execution <execution> is <state> (STOPPED by somebody, CANCELED by an "
        "edit of the pipeline, SUPERSEDED by a newer release).",
    ),
    Notice(
        "approval",
        "releases that wait for consent",
        _OF_ACTIONS,
        {"state": ["STARTED"], "type": {"category": ["Approval"]}},
        {**_EXECUTION, "stage": "$.detail.stage", "action": "$.detail.action"},
        "A release of {pipeline} waits for somebody's consent: action <action> of stage <stage>, execution <execution>. Answer it "
        "in the console, or with aws codepipeline put-approval-result; the token is in: aws codepipeline get-pipeline-state "
        "--name {pipeline}",
    ),
)
"""How a release may end, and what it may wait for."""


def topic_policy(topic_arn: Any, account: str, rule_arns: Sequence[Any]) -> dict[str, Any]:
    """Lets these rules and this account's alarms publish.

    A topic that is a rule's target needs a policy for events.amazonaws.com (EventBridge User Guide, eb-use-resource-based);
    for a target of a rule, aws:SourceArn is the rule's ARN (same guide, cross-service-confused-deputy-prevention). Alarms:
    Amazon SNS Developer Guide, sns-access-policy-use-cases.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": list(rule_arns)}},
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
