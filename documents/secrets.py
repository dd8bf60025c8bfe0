"""References to secrets, where a value is kept and never the value, as each service takes them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SECRET_ARN = re.compile(
    r"(?P<arn>arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6})"
    r"(?::(?P<key>[^:]*)(?::(?P<stage>[^:]*)(?::(?P<version>[^:]*))?)?)?"
)
_PARAMETER_ARN = re.compile(r"arn:aws[\w-]*:ssm:[\w-]+:\d{12}:parameter(?P<name>/[\w./-]+)")
_PARAMETER_NAME = re.compile(r"/[\w.-]+(/[\w.-]+)*")


@dataclass(frozen=True)
class Reference:
    """A parsed reference to a Secrets Manager secret or an SSM parameter."""

    arn: str | None
    """Full ARN of the secret, or of the parameter when it was given by ARN."""
    parameter: str | None
    """Name of the SSM parameter; None for a secret."""
    json_key: str = ""
    stage: str = ""
    version: str = ""


def parse(value: str) -> Reference:
    """Parse a secret's reference as ECS's `valueFrom` takes it.

    ECS takes a Secrets Manager secret by full ARN with an optional `:json-key:stage:version`, and an SSM parameter by
    ARN, or by name in the same Region (Amazon ECS Developer Guide, secrets-envvar-secrets-manager and
    secrets-envvar-ssm-paramstore). Raises ValueError, which never repeats the value: it may be the secret itself,
    pasted in the wrong place.
    """
    if match := _SECRET_ARN.fullmatch(value):
        key, stage, version = (match[name] or "" for name in ("key", "stage", "version"))
        if stage and version:
            message = "names a version stage and a version id; Secrets Manager takes one of the two: leave one empty"
            raise ValueError(message)
        return Reference(match["arn"], None, key, stage, version)
    if match := _PARAMETER_ARN.fullmatch(value):
        return Reference(value, match["name"])
    if _PARAMETER_NAME.fullmatch(value):
        return Reference(None, value)
    message = (
        "is neither the full ARN of a Secrets Manager secret (arn:aws:secretsmanager:…:secret:NAME-AbCdEf, "
        "optionally :json-key::), nor an SSM parameter's ARN or its name beginning with /; "
        "store the value in one of the two and name it here (the value seen is not repeated, it may be a secret)"
    )
    raise ValueError(message)


def keys_of(references: Iterable[str]) -> tuple[list[str], list[str]]:
    """What a role must read for these references: secret ARNs, and SSM parameters by name or ARN."""
    parsed = [parse(reference) for reference in references]
    secrets = [one.arn for one in parsed if one.parameter is None and one.arn is not None]
    parameters = [one.arn or one.parameter for one in parsed if one.parameter]
    return sorted(set(secrets)), sorted(set(parameters))


def codebuild_variable(reference: str) -> tuple[str, str]:
    """Type and value of a CodeBuild environment variable (CodeBuild User Guide, build-spec-ref, env).

    CodeBuild takes a parameter by name, and a secret by ARN with the optional parts ECS takes too.
    """
    one = parse(reference)
    if one.parameter is not None:
        return "PARAMETER_STORE", one.parameter
    parts = [one.arn or "", one.json_key, one.stage, one.version]
    return "SECRETS_MANAGER", ":".join(parts).rstrip(":")
