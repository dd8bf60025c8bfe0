"""Which calls the endpoint answers truly: those of services whose resources are stored behind it.

The others (CodePipeline, CodeDeploy, CodeBuild, Elastic Load Balancing, EventBridge, CloudWatch, IAM, SNS's topics and ECS's services and
tasks) are played by the rehearsal's own code. The emulator would answer their calls too, with an account in which nothing exists.
"""

from rehearsal.endpoint.request import Request

STORED = frozenset({"ecr", "s3", "secretsmanager", "ssm", "kms", "sts", "logs", "sqs"})
"""Signing names of services that are stored as a whole."""

TASK_DEFINITIONS = "TaskDefinition"
"""What the names of ECS's calls about task definitions have in them; only those are stored of ECS."""

IN_WORDS = f"{', '.join(sorted(STORED))} ECS's task definitions and SNS's Publish"


def holds(request: Request) -> bool:
    """Whether the endpoint has the truth about what a request asks."""
    if request.service == "sns":
        return request.operation == "Publish"
    if request.service == "ecs":
        return TASK_DEFINITIONS in request.operation
    return request.service in STORED
