"""Secrets of a task: `valueFrom` resolved with the execution role's credentials, as the Fargate agent does.

Forms of `valueFrom`: AmazonECS/latest/developerguide/secrets-envvar-secrets-manager (ARN with optional
`:json-key:version-stage:version-id`) and secrets-envvar-ssm-paramstore (name or ARN of a parameter).
Texts of failures: AmazonECS/latest/developerguide/resource-initialization-error and AWS re:Post
"ecs-unable-to-pull-secrets".
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.identity.authority import Credentials
from rehearsal.world import said
from rehearsal.world.cloud import Cloud

PREFIX = (
    "ResourceInitializationError: unable to pull secrets or registry auth: "
    "execution resource retrieval failed:"
)

_SECRET_PARTS = 7
"""`arn:aws:secretsmanager:region:account:secret:name-suffix`."""

_PARAMETERS = (0, 3)
"""How many parts may follow the ARN: none, or key, stage and version, of which the unused keep their colons."""


class SecretsUnavailable(Exception):
    """A secret can't be had; the text is the task's stopped reason."""


def resolved(
    cloud: Cloud, credentials: Credentials | None, secrets: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Environment variables of one container's `secrets`; SecretsUnavailable with AWS's reason."""
    if secrets and credentials is None:
        raise SecretsUnavailable(f"{PREFIX} the task definition has secrets but no executionRoleArn")
    return {str(secret["name"]): _value(cloud, credentials, str(secret["valueFrom"])) for secret in secrets}


def _value(cloud: Cloud, credentials: Credentials | None, source: str) -> str:
    if ":secretsmanager:" in source:
        return _from_secrets_manager(cloud, credentials, source)
    return _from_parameter_store(cloud, credentials, source)


def _from_secrets_manager(cloud: Cloud, credentials: Credentials | None, source: str) -> str:
    parts = source.split(":")
    arn, more = ":".join(parts[:_SECRET_PARTS]), parts[_SECRET_PARTS:]
    if len(parts) < _SECRET_PARTS or len(more) not in _PARAMETERS:
        raise SecretsUnavailable(
            f"{PREFIX} unexpected ARN format with parameters when trying to retrieve ASM secret: {source}"
        )
    key, stage, version = more or ("", "", "")
    wanted = (
        {"SecretId": arn}
        | ({"VersionStage": stage} if stage else {})
        | ({"VersionId": version} if version else {})
    )
    failed = f"{PREFIX} unable to retrieve secret from asm: service call has been retried 1 time(s):"
    try:
        text: str = _client(cloud, "secretsmanager", credentials, arn).get_secret_value(**wanted)[
            "SecretString"
        ]
    except ClientError as error:
        raise SecretsUnavailable(
            f"{failed} failed to fetch secret {arn} from secrets manager: {said.whole(error)}"
        ) from error
    if not key:
        return text
    try:
        fields: Any = json.loads(text)
        return str(fields[key])
    except (json.JSONDecodeError, KeyError, TypeError):
        raise SecretsUnavailable(
            f"{failed} retrieved secret from Secrets Manager did not contain json key {key}"
        ) from None


def _from_parameter_store(cloud: Cloud, credentials: Credentials | None, source: str) -> str:
    names = _parameter_names(source)
    account = source.split(":")[4] if source.startswith("arn:") else cloud.place.account
    if account != cloud.place.account:
        # In the words of ECS as public reports have them (awsdocs/amazon-ecs-developer-guide#167).
        raise SecretsUnavailable(
            f"{PREFIX} The Systems Manager parameter ARN has a different account ID than the current account. The current "
            f"account ID is {cloud.place.account} and the ARN account ID is {account}. "
            "Cross-account access for ARNs is not currently supported."
        )
    failed = f"{PREFIX} unable to retrieve secrets from ssm: service call has been retried 1 time(s):"
    try:
        ssm = _client(cloud, "ssm", credentials, source)
        answer = ssm.get_parameters(Names=names, WithDecryption=True)
    except ClientError as error:
        raise SecretsUnavailable(f"{failed} {said.whole(error)}") from error
    if not answer["Parameters"]:
        raise SecretsUnavailable(
            f"{PREFIX} unable to retrieve secrets from ssm: invalid parameters: {source}"
        )
    return str(answer["Parameters"][0]["Value"])


def _client(cloud: Cloud, service: str, credentials: Credentials | None, source: str) -> Any:
    """The agent asks in the Region that an ARN names, and in the task's for a name."""
    region = source.split(":")[3] if source.startswith("arn:") else ""
    return cloud.client(service, credentials, region)


def _parameter_names(source: str) -> list[str]:
    """List the names a `valueFrom` may mean: the ARN of `/db` and of `db` is the same, `...:parameter/db`."""
    if not source.startswith("arn:"):
        return [source]
    path = source.split(":parameter", 1)[1]
    return [path, path[1:]] if path.count("/") == 1 else [path]
