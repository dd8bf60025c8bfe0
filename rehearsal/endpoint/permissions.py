"""What a request needs: (action, resource, context) for each permission AWS would check, in AWS's order.

Pure functions of the request. ministack's own derivation is used where it is right; the table at the end replaces
it where AWS checks something else. A request nobody can derive is refused, never let through.

AWS documents: service-authorization/latest/reference/list_amazon<service>.md, and the ones beside each rule.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ministack.core import iam_actions

from documents.place import Place
from rehearsal.endpoint.request import Request


class Underivable(Exception):
    """The rehearsal does not know which permissions AWS would check for this request."""


class Needed(NamedTuple):
    """One permission that a request needs."""

    action: str
    resource: str
    context: Mapping[str, Any] = {}


def needed(request: Request, place: Place, secret_arn: str | None = None) -> list[Needed]:
    """Every permission the request needs; Underivable when that is unknown.

    `secret_arn` is the full ARN of the secret that the request names, which only the store knows
    (secretsmanager/latest/userguide/whats-in-a-secret.md: six random characters end it).
    """
    if request.service == "secretsmanager":
        return _secret(request, place, secret_arn)
    rule = _RULES.get(f"{request.service}:{request.operation}") or _RULES.get(request.service, _as_ministack)
    return rule(request, place)


_PREFIXES = {"monitoring": "cloudwatch"}
"""What a service's actions begin with, where that is not its signing name."""


def on(request: Request, resource: str, context: Mapping[str, Any] | None = None) -> list[Needed]:
    """The action of the operation's own name on one resource."""
    prefix = _PREFIXES.get(request.service, request.service)
    return [Needed(f"{prefix}:{request.operation}", resource, context or {})]


def on_each(request: Request, resources: Sequence[str], otherwise: str = "*") -> list[Needed]:
    """The action of the operation's own name on each resource, on `otherwise` where there is none."""
    return [one for resource in (resources or [otherwise]) for one in on(request, resource)]


def anywhere(request: Request, _: Place) -> list[Needed]:
    """The action of the operation's own name, for which AWS knows no resources."""
    return on(request, "*")


def _as_ministack(request: Request, place: Place) -> list[Needed]:
    query = {name: list(values) for name, values in request.parameters.items()}
    headers = dict(request.headers)
    service, method, path, body = request.service, request.method, request.path, request.body
    action = iam_actions.extract_iam_action(service, method, path, headers, body, query)
    if not action:
        raise Underivable(f"no action is known for {service} {method} {path}")
    resource = iam_actions.extract_resource_arn(
        service, method, path, headers, body, query, place.region, place.account
    )
    named = re.sub(r"^arn:aws:", f"arn:{place.partition}:", resource)  # ministack knows one partition
    return [Needed(action, named, iam_actions.request_tag_context(service, action, body, query))]


# S3: AmazonS3/latest/userguide/using-with-s3-policy-actions.md


def _s3(request: Request, place: Place) -> list[Needed]:
    query = {name: list(values) for name, values in request.query.items()}
    (first,) = _as_ministack(request, place)
    found = [Needed(first.action, first.resource, _s3_context(first.action, request))]
    further = iam_actions.s3_additional_checks(
        request.method, request.path, dict(request.headers), request.body, query
    )
    return found + [
        Needed(action, re.sub(r"^arn:aws:", f"arn:{place.partition}:", resource))
        for action, resource in further
    ]


def _s3_context(action: str, request: Request) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if action in ("s3:ListBucket", "s3:ListBucketVersions"):
        for name in ("prefix", "delimiter", "max-keys"):
            if name in request.query:
                context[f"s3:{name}"] = request.query[name][0]
    if action == "s3:PutObject":
        for name in (
            "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id",
            "x-amz-acl",
        ):
            if name in request.headers:
                context[f"s3:{name}"] = request.headers[name]
    return context


# Systems Manager: systems-manager/latest/userguide/sysman-paramstore-access.md


def parameter_arn(place: Place, name: str) -> str:
    """ARN of the parameter that a request names by name, by `name:version` or by ARN."""
    if name.startswith("arn:"):
        head, slash, rest = name.partition("parameter/")
        return head + slash + rest.partition(":")[0]
    return place.arn("ssm", f"parameter/{name.partition(':')[0].removeprefix('/')}")


def _parameters(request: Request, place: Place) -> list[Needed]:
    asked = request.document
    names = asked.get("Names") or [asked.get("Name") or asked.get("Path") or asked.get("ResourceId") or ""]
    context = iam_actions.request_tag_context("ssm", f"ssm:{request.operation}", request.body, {})
    if request.operation == "GetParametersByPath":
        context["ssm:Recursive"] = str(asked.get("Recursive", False)).lower()
    return [one for name in names for one in on(request, parameter_arn(place, name), context)]


def _secret(request: Request, place: Place, secret_arn: str | None) -> list[Needed]:
    if request.operation in ("ListSecrets", "GetRandomPassword"):
        return on(request, "*")
    if request.operation == "BatchGetSecretValue":
        raise Underivable(
            "BatchGetSecretValue needs GetSecretValue on secrets that the request does not name"
        )
    asked = request.document
    named = asked.get("SecretId") or asked.get("Name") or ""
    arn = secret_arn or (
        named if named.startswith("arn:") else place.arn("secretsmanager", f"secret:{named}")
    )
    context = {"secretsmanager:SecretId": arn}
    if request.operation == "GetSecretValue":
        context["secretsmanager:VersionStage"] = asked.get("VersionStage", "AWSCURRENT")
    return on(request, arn, context)


# CloudWatch Logs: AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.md


def _log_group(request: Request, place: Place) -> list[Needed]:
    group = request.document.get("logGroupName") or request.document.get("logGroupIdentifier")
    if not group:
        return on(request, "*")
    arn = group if group.startswith("arn:") else place.arn("logs", f"log-group:{group}")
    context = iam_actions.request_tag_context("logs", f"logs:{request.operation}", request.body, {})
    return on(request, arn.removesuffix(":*"), context)


def _log_stream(request: Request, place: Place) -> list[Needed]:
    (group,) = _log_group(request, place)
    return on(request, f"{group.resource}:log-stream:{request.document.get('logStreamName', '')}")


# ECR is documented in service-authorization/latest/reference/list_amazonelasticcontainerregistry.md


def repository_arn(place: Place, repository: str) -> str:
    """ARN of a repository."""
    return place.arn("ecr", f"repository/{repository}")


def _repository(request: Request, place: Place) -> list[Needed]:
    asked = request.document
    named = asked.get("repositoryNames") or [asked[key] for key in ("repositoryName",) if asked.get(key)]
    if request.operation == "DescribeRepositories" and not named:
        named = ["*"]
    arns = [repository_arn(place, name) for name in named]
    return on_each(request, arns, otherwise=str(asked.get("resourceArn", "*")))


# ECS is documented in AmazonECS/latest/developerguide: task-iam-roles.md and in its supported-iam-actions-tagging.md


def _register(request: Request, place: Place) -> list[Needed]:
    asked = request.document
    # The revision does not exist yet, so what AWS checks is the family with any revision.
    family = place.arn("ecs", f"task-definition/{asked.get('family', '')}:*")
    context: dict[str, Any] = dict(_tag_context(asked.get("tags")))
    for key, name in (("ecs:task-cpu", "cpu"), ("ecs:task-memory", "memory")):
        if asked.get(name) is not None:
            context[key] = str(asked[name])
    if asked.get("requiresCompatibilities"):
        context["ecs:compute-compatibility"] = list(asked["requiresCompatibilities"])
    found = on(request, family, context)
    for role in ("executionRoleArn", "taskRoleArn"):
        if asked.get(role):
            found.append(
                Needed("iam:PassRole", asked[role], {"iam:PassedToService": "ecs-tasks.amazonaws.com"})
            )
    if asked.get("tags"):
        created = {**_tag_context(asked["tags"]), "ecs:CreateAction": "RegisterTaskDefinition"}
        found.append(Needed("ecs:TagResource", family, created))
    return found


def _tag_context(tags: Sequence[Mapping[str, str]] | None) -> dict[str, Any]:
    if not tags:
        return {}
    named = {tag["key"]: tag.get("value", "") for tag in tags}
    return {f"aws:RequestTag/{key}": value for key, value in named.items()} | {"aws:TagKeys": list(named)}


def _ecs(request: Request, _: Place) -> list[Needed]:
    raise Underivable(
        f"{request.service}:{request.operation} is not among the operations whose permissions are known"
    )


def _free(_: Request, __: Place) -> list[Needed]:
    return []  # no permission is needed: STS/latest/APIReference/API_GetCallerIdentity.md


Rule = Callable[[Request, Place], list[Needed]]


def _rows(service: str, operations: str, rule: Rule) -> Iterator[tuple[str, Rule]]:
    return ((f"{service}:{operation}", rule) for operation in operations.split())


_RULES: Mapping[str, Rule] = dict(
    [
        ("s3", _s3),
        ("ssm", _parameters),
        *_rows("ssm", "DescribeParameters", anywhere),
        ("logs", _log_group),
        *_rows("logs", "CreateLogStream DeleteLogStream PutLogEvents GetLogEvents", _log_stream),
        *_rows("logs", "DescribeLogGroups", anywhere),
        ("ecr", _repository),
        ("ecs", _ecs),
        *_rows("ecs", "RegisterTaskDefinition", _register),
        *_rows("ecs", "DescribeTaskDefinition DeregisterTaskDefinition ListTaskDefinitions", anywhere),
        *_rows("ecs", "ListTaskDefinitionFamilies", anywhere),
        *_rows("sts", "GetCallerIdentity GetSessionToken", _free),
    ]
)
