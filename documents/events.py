"""The EventBridge side of a push: which event starts the pipeline, and what it is started with."""

import json
from typing import Any

from documents.variables import TRIGGER

SOURCE_ACTION = "Source"
"""Name of the pipeline's source action, which a revision override refers to."""

MAXIMUM_AGE_SECONDS = 15 * 60
"""How long EventBridge may try to deliver a push: its default of 24 hours could start a release of yesterday."""


def push_pattern(repository: str, tag: str) -> dict[str, Any]:
    """Event pattern of an image's arrival under one tag (CodePipeline User Guide, create-cwe-ecr-source-cfn).

    In the Region and account that a repository is replicated to, an image arrives by a replication, which is an event of
    its own (Amazon ECR User Guide, ecr-eventbridge). `resources` is empty in a push event, so nothing filters on it.
    """
    return {
        "source": ["aws.ecr"],
        "detail-type": ["ECR Image Action", "ECR Replication Action"],
        "detail": {
            "action-type": ["PUSH", "REPLICATE"],
            "result": ["SUCCESS"],
            "repository-name": [repository],
            "image-tag": [tag],
        },
    }


def push_input_paths() -> dict[str, str]:
    """What the transformer takes from the event (CodePipeline User Guide, create-cwe-ecr-source-console)."""
    return {"digest": "$.detail.image-digest"}


def push_input_template() -> str:
    """Input of StartPipelineExecution: the pushed digest as the source's revision, and that a push started it.

    The revision pins what is released: another push between this event and the source action cannot swap the image.
    """
    revision = {"actionName": SOURCE_ACTION, "revisionType": "IMAGE_DIGEST", "revisionValue": "<digest>"}
    return json.dumps({"sourceRevisions": [revision], "variables": [{"name": TRIGGER.name, "value": "push"}]})


def dead_letter_policy(queue_arn: Any, rule_arn: Any) -> dict[str, Any]:
    """Queue policy that lets this one rule leave undelivered events (EventBridge User Guide, eb-rule-dlq)."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
            }
        ],
    }
