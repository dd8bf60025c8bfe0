"""The variables a build starts with, references resolved by the build role's own calls.

AWS document: codebuild/latest/userguide/build-spec-ref.md ("env/parameter-store", "env/secrets-manager"). The
texts in front of the SDK's own error are those that CodeBuild's logs show in public reports; they are not
documented.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.codebuild.buildspec import EnvironmentVariable
from rehearsal.identity.authority import Credentials
from rehearsal.world import said
from rehearsal.world.cloud import Cloud

_PER_CALL = 10
_ARN_PARTS = 7


class VariableUnavailable(Exception):
    """A referenced parameter or secret can't be had; names it and the variable, never a value."""


@dataclass(frozen=True)
class Reference:
    """A Secrets Manager reference: `secret-id:json-key:version-stage:version-id`."""

    secret: str
    json_key: str = ""
    stage: str = ""
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Take a reference apart; an ARN's own colons belong to the secret id."""
        parts = text.split(":")
        size = _ARN_PARTS if parts[0] == "arn" else 1
        rest = [*parts[size:], "", "", ""]
        return cls(":".join(parts[:size]), *rest[:3])


def resolve(
    cloud: Cloud, credentials: Credentials, variables: Iterable[EnvironmentVariable]
) -> tuple[dict[str, str], set[str]]:
    """Every variable's value by name, and the values that must never be shown.

    Raises VariableUnavailable for a parameter or secret that is missing or refused.
    """
    kinds: dict[str, list[EnvironmentVariable]] = {}
    for variable in variables:
        kinds.setdefault(variable.type, []).append(variable)
    plain = {variable.name: variable.value for variable in kinds.pop("PLAINTEXT", [])}
    hidden: dict[str, str] = {}
    if wanted := kinds.pop("PARAMETER_STORE", []):
        hidden.update(_parameters(cloud.client("ssm", credentials), wanted))
    if wanted := kinds.pop("SECRETS_MANAGER", []):
        hidden.update(_secrets(cloud.client("secretsmanager", credentials), wanted))
    if kinds:
        raise VariableUnavailable(
            f"variable {next(iter(kinds.values()))[0].name} has type {next(iter(kinds))!r}; CodeBuild has no such type"
        )
    return {**plain, **hidden}, {value for value in hidden.values() if value}


def _parameters(ssm: Any, wanted: list[EnvironmentVariable]) -> dict[str, str]:
    for variable in wanted:
        if variable.value.startswith("arn:"):
            raise VariableUnavailable(
                "Decrypted Variables Error Message: CodeBuild takes the name of a parameter, and nobody has documented what it "
                f"does with an ARN: {variable.value} (for {variable.name})"
            )
    names = sorted({variable.value for variable in wanted})
    found: dict[str, str] = {}
    for start in range(0, len(names), _PER_CALL):
        part = names[start : start + _PER_CALL]
        try:
            answer: Mapping[str, Any] = ssm.get_parameters(Names=part, WithDecryption=True)
        except ClientError as error:
            affected = ", ".join(v.name for v in wanted if v.value in part)
            raise VariableUnavailable(
                f"Decrypted Variables Error Message: {said.whole(error)} (for {affected})"
            ) from None
        found.update({p["Name"]: p["Value"] for p in answer["Parameters"]})
    for variable in wanted:
        if variable.value not in found:
            raise VariableUnavailable(
                f"Decrypted Variables Error Message: parameter does not exist: {variable.value} (for {variable.name})"
            )
    return {variable.name: found[variable.value] for variable in wanted}


def _secrets(manager: Any, wanted: list[EnvironmentVariable]) -> dict[str, str]:
    answers: dict[tuple[str, str, str], str] = {}
    values: dict[str, str] = {}
    for variable in wanted:
        asked = Reference.parse(variable.value)
        key = (asked.secret, asked.stage, asked.version)
        if key not in answers:
            answers[key] = _secret(manager, asked, variable)
        values[variable.name] = _member(answers[key], asked, variable) if asked.json_key else answers[key]
    return values


def _secret(manager: Any, asked: Reference, variable: EnvironmentVariable) -> str:
    version = {"VersionStage": asked.stage} if asked.stage else {}
    version |= {"VersionId": asked.version} if asked.version else {}
    try:
        return str(manager.get_secret_value(SecretId=asked.secret, **version)["SecretString"])
    except ClientError as error:
        raise VariableUnavailable(
            f"Secrets Manager Error Message: {said.whole(error)} (secret {asked.secret} for {variable.name})"
        ) from None


def _member(text: str, asked: Reference, variable: EnvironmentVariable) -> str:
    try:
        document: Any = json.loads(text)
        value = document[asked.json_key]
    except (ValueError, LookupError, TypeError):
        where = f"secret {asked.secret} for {variable.name}"
        raise VariableUnavailable(
            f"Secrets Manager Error Message: no value for key {asked.json_key!r} ({where})"
        ) from None
    return value if isinstance(value, str) else json.dumps(value)
