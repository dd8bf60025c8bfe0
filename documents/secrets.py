"""References to secrets, where a value is kept and never the value, as each service takes them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from documents import arns

_SECRET_ARN = re.compile(
    r"(?P<arn>arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]{1,512}-[A-Za-z0-9]{6})"
    r"(?::(?P<key>[^:]*)(?::(?P<stage>[^:]*)(?::(?P<version>[^:]*))?)?)?"
)
"""Names hold letters, digits and /_+=.@- (Secrets Manager API Reference, CreateSecret); those of secrets that another
service manages hold ! as well (Secrets Manager User Guide, service-linked-secrets)."""

_PARAMETER_ARN = re.compile(
    r"arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:parameter(?P<name>(?:/[A-Za-z0-9_.-]+)+)"
)
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.-]+|(?:/[A-Za-z0-9_.-]+)+")
_RESERVED = re.compile(r"(?:aws|ssm).*|/(?:aws|ssm)/.*", re.IGNORECASE)

DEEPEST_PARAMETER = 15
"""Levels of a parameter's path (Systems Manager API Reference, PutParameter)."""


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

    @property
    def region(self) -> str:
        """Region that the ARN names; empty for a parameter by name, which is in the reader's."""
        return arns.parse(self.arn).region if self.arn else ""

    @property
    def value_from(self) -> str:
        """The reference as ECS takes it: the ARN alone, or with all three colons of key, stage and version.

        Amazon ECS Developer Guide, secrets-envvar-secrets-manager: what is not used still needs its colon.
        """
        if self.parameter is not None or not (self.json_key or self.stage or self.version):
            return self.arn or self.parameter or ""
        return f"{self.arn}:{self.json_key}:{self.stage}:{self.version}"


def parse(value: str) -> Reference:
    """Parse a reference as ECS's `valueFrom` or CodeBuild's `secret-id:json-key:version-stage:version-id`.

    ECS takes a Secrets Manager secret by full ARN with an optional `:json-key:stage:version`, and an SSM parameter by
    ARN, or by name in the same Region (Amazon ECS Developer Guide, secrets-envvar-secrets-manager and
    secrets-envvar-ssm-paramstore); CodeBuild lets closing colons away (CodeBuild User Guide, build-spec-ref).
    Raises ValueError, which never repeats the value: it may be the secret itself, pasted in the wrong place.
    """
    if match := _SECRET_ARN.fullmatch(value):
        key, stage, version = (match[name] or "" for name in ("key", "stage", "version"))
        if stage and version:
            raise ValueError(
                "names a version stage and a version id; Secrets Manager takes one of the two: leave one empty"
            )
        return Reference(match["arn"], None, key, stage, version)
    if match := _PARAMETER_ARN.fullmatch(value):
        return Reference(value, _parameter(match["name"]))
    if _PARAMETER_NAME.fullmatch(value):
        return Reference(None, _parameter(value))
    raise ValueError(
        "is neither the full ARN of a Secrets Manager secret (arn:aws:secretsmanager:…:secret:NAME-AbCdEf, "
        "optionally :json-key:: or :json-key:version-stage:version-id), nor an SSM parameter's ARN or name "
        "(shop-database, /shop/database); "
        "store the value in one of the two and name it here (the value seen is not repeated, it may be a secret)"
    )


def _parameter(name: str) -> str:
    """The name, when AWS would let somebody create a parameter of it (Systems Manager API Reference, PutParameter)."""
    if _RESERVED.fullmatch(name):
        raise ValueError(
            "names an SSM parameter that begins with aws or ssm, which AWS keeps for itself: "
            "keep the secret in a parameter of your own"
        )
    if name.count("/") > DEEPEST_PARAMETER:
        raise ValueError(
            f"names an SSM parameter of {name.count('/')} levels; Systems Manager takes {DEEPEST_PARAMETER}: use a shorter path"
        )
    return name


def keys_of(references: Iterable[str]) -> tuple[list[str], list[str]]:
    """What a role must read for these references: secret ARNs, and SSM parameters by name or ARN."""
    parsed = [parse(reference) for reference in references]
    secrets = [one.arn for one in parsed if one.parameter is None and one.arn is not None]
    parameters = [one.arn or one.parameter for one in parsed if one.parameter]
    return sorted(set(secrets)), sorted(set(parameters))


def codebuild_variable(reference: str) -> tuple[str, str]:
    """Type and value of a CodeBuild environment variable (CodeBuild User Guide, build-spec-ref, env).

    CodeBuild takes a parameter by its name in the build's own account and Region, and a secret by ARN with the optional
    parts ECS takes too. Raises ValueError for a parameter whose name its ARN does not tell: that of `/db` and that of
    `db` are the same.
    """
    one = parse(reference)
    if one.parameter is not None:
        if one.arn is not None and one.parameter.count("/") == 1:
            raise ValueError(
                f"is the ARN of two possible SSM parameters, {one.parameter[1:]} and {one.parameter}, and CodeBuild takes a "
                "parameter by name only: write the name you mean instead of the ARN"
            )
        return "PARAMETER_STORE", one.parameter
    parts = [one.arn or "", one.json_key, one.stage, one.version]
    return "SECRETS_MANAGER", ":".join(parts).rstrip(":")
