"""The policies of whoever runs `pulumi up`, made from what the declared types take."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from documents.names import Names, fitting
from documents.place import Place
from documents.policy import Statement, allow, document
from documents.provider_calls import ANY, TYPES

MANAGED_POLICY_CHARACTERS = 6144
"""Characters of a managed policy, white space not counted (IAM User Guide, reference_iam-quotas)."""

PASSED_TO = (
    "codebuild.amazonaws.com",
    "codedeploy.amazonaws.com",
    "codepipeline.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "ecs.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
)
"""Services that the stack's roles are handed to when what uses them is made."""

SERVICE_LINKED = {
    "AWSServiceRoleForECS": "ecs.amazonaws.com",
    "AWSServiceRoleForElasticLoadBalancing": "elasticloadbalancing.amazonaws.com",
}
"""Roles that AWS makes in the caller's name with an account's first service and load balancer.

Amazon ECS Developer Guide, using-service-linked-roles; Elastic Load Balancing User Guide, elb-service-linked-roles.
"""


@dataclass(frozen=True)
class Deployed:
    """What is deployed, as far as the policies have to name it."""

    place: Place
    names: Names
    repository: str
    """Name of the ECR repository."""
    services: Sequence[str]
    """Names of the services in the settings."""
    key_arn: str | None = None
    """Customer key of the artifact bucket: whoever writes templates into it uses the key."""


def policies(deployed: Deployed, types: Iterable[str]) -> list[dict[str, Any]]:
    """Managed policies that together let somebody run `pulumi up` and `destroy` for these types, each within IAM's size.

    Raises KeyError for a type nobody has looked up yet.
    """
    needed: dict[str, set[str]] = {}
    for type_ in types:
        for kind, actions in TYPES[type_].items():
            needed.setdefault(kind, set()).update(actions)
    resources = _resources(deployed)
    statements = [
        *(allow(*sorted(needed[kind]), on=resources[kind]) for kind in sorted(needed)),
        *_of_roles(deployed),
        *([allow("kms:Decrypt", "kms:GenerateDataKey", on=deployed.key_arn)] if deployed.key_arn else []),
    ]
    return [document(some) for some in _parted(statements)]


def _resources(deployed: Deployed) -> dict[str, Any]:
    place, base = deployed.place, deployed.names.pipeline
    elb = "elasticloadbalancing"
    bucket = place.bucket_arn(f"{base[:26]}-artifacts-*")
    log_groups = place.arn("logs", f"log-group:{deployed.names.log_group('*')}")
    # Pulumi makes a target group's name from the service's; a listener may be on a load balancer of somebody else's.
    groups = [f"{fitting(f'{service}-{number}')}-*" for service in deployed.services for number in (1, 2)]
    return {
        ANY: "*",
        "rule": place.arn("events", f"rule/{base}-*"),
        "log-group": [log_groups, f"{log_groups}:*"],
        "alarm": place.arn("cloudwatch", f"alarm:{base}-*"),
        "project": place.arn("codebuild", f"project/{base}-*"),
        "codedeploy": [
            place.arn("codedeploy", f"application:{base}-*"),
            place.arn("codedeploy", f"deploymentgroup:{base}-*"),
        ],
        "deployment-configuration": place.arn("codedeploy", f"deploymentconfig:{base}-*"),
        "pipeline": place.arn("codepipeline", base),
        "function": place.arn("lambda", f"function:{base}-*"),
        "repository": place.arn("ecr", f"repository/{deployed.repository}"),
        "service": place.arn("ecs", f"service/*/{base}-*"),
        "task-definition": place.arn("ecs", f"task-definition/{base}-*"),
        "role": _roles(deployed),
        "load-balancer": place.arn(elb, "loadbalancer/app/*"),
        "listener": place.arn(elb, "listener/app/*"),
        "listener-rule": place.arn(elb, "listener-rule/app/*"),
        "target-group": [place.arn(elb, f"targetgroup/{group}") for group in groups],
        "bucket": bucket,
        "object": f"{bucket}/*",
        "topic": place.arn("sns", deployed.names.topic),
        "queue": place.arn("sqs", deployed.names.undelivered),
        "parameter": place.arn("ssm", f"parameter{deployed.names.descriptor}"),
    }


def _roles(deployed: Deployed) -> list[str]:
    iam = deployed.place.iam_arn("role")
    return [f"{iam}/{deployed.names.pipeline}", f"{iam}/{deployed.names.pipeline}-*"]


def _of_roles(deployed: Deployed) -> list[Statement]:
    iam = deployed.place.iam_arn("role")
    linked = [f"{iam}/aws-service-role/{service}/{name}" for name, service in SERVICE_LINKED.items()]
    return [
        allow(
            "iam:PassRole",
            on=_roles(deployed),
            when={"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        ),
        allow(
            "iam:CreateServiceLinkedRole",
            on=linked,
            when={"StringEquals": {"iam:AWSServiceName": list(SERVICE_LINKED.values())}},
        ),
    ]


def _parted(statements: Sequence[Statement]) -> list[list[Statement]]:
    """The statements in order, in as few documents as their sizes allow."""
    parts: list[list[Statement]] = [[]]
    for statement in statements:
        if parts[-1] and _characters([*parts[-1], statement]) > MANAGED_POLICY_CHARACTERS:
            parts.append([])
        parts[-1].append(statement)
    return parts


def _characters(statements: Sequence[Statement]) -> int:
    return len(json.dumps(document(statements), separators=(",", ":")))
