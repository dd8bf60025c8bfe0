"""A declared function as typed values, refused where CreateFunction would refuse it.

Which properties are played is in `evaluation/properties.py`, as of every type.

AWS documents: lambda/latest/api/API_CreateFunction.md, lambda/latest/dg/configuration-envvars.md (names, size),
configuration-function-zip.md, lambda-runtimes.md, configuration-concurrency.md, monitoring-logs.md.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from documents.place import Place
from rehearsal.world.cloud import Declared
from rehearsal.world.declared_blocks import block

FUNCTION = "aws:lambda/function:Function"
"""Pulumi type token of a function."""

RUNTIMES = ("python3.10", "python3.11", "python3.12", "python3.13", "python3.14")
"""Python runtimes that functions can be created with (lambda-runtimes.md)."""
ARCHITECTURES = ("x86_64", "arm64")

MOST_RESERVED = 900
"""Concurrency that an account of the default quota of 1,000 can reserve; a new account has less (gettingstarted-limits.md)."""
MOST_ENVIRONMENT = 4 * 1024
"""Bytes of all environment variables together."""

RESERVED = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN",
})  # fmt: skip
"""Variables that a function cannot be given (configuration-envvars.md, "Reserved environment variables")."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HANDLER = re.compile(r"\S{1,128}")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
_ROLE = re.compile(r"arn:aws[A-Za-z-]*:iam::\d{12}:role/?[A-Za-z0-9_+=,.@/-]+")
_GROUP = re.compile(r"[A-Za-z0-9_/.#-]{1,512}")
_APPLICATION_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SYSTEM_LEVELS = ("DEBUG", "INFO", "WARN")


class FunctionInvalid(ValueError):
    """CreateFunction would refuse this declaration, or the rehearsal has no such runtime; the text says which."""


@dataclass(frozen=True)
class Logging:
    """Where a function's log goes, and in what form."""

    group: str
    json: bool = False
    application_level: str | None = None
    """Least level of the function's own lines; heeded with `json` only."""
    system_level: str = "INFO"
    """Least level of Lambda's own lines; heeded with `json` only."""


@dataclass(frozen=True)
class Function:
    """One declared function."""

    name: str
    arn: str
    role_arn: str
    runtime: str
    handler: str
    code_sha256: str
    """Base64, as GetFunction tells it."""
    logging: Logging
    timeout: int = 3
    """Seconds."""
    memory: int = 128
    """MiB."""
    ephemeral_storage: int = 512
    """MiB."""
    architecture: str = "x86_64"
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    reserved: int | None = None
    """Invocations at a time, when it has concurrency of its own; 0 lets none run."""
    description: str = ""
    code_size: int = 0
    """Bytes of the zip."""
    last_modified: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


def arn_of(place: Place, name: str) -> str:
    """ARN of a function, unqualified."""
    return place.arn("lambda", f"function:{name}")


def read(declared: Declared) -> Function:
    """The function that a program declared and the local cloud made."""
    return function(declared.inputs, declared.outputs)


def function(inputs: Mapping[str, Any], made: Mapping[str, Any]) -> Function:
    """Read inputs and what the cloud added; FunctionInvalid."""
    name, handler, runtime = (str(inputs.get(key) or "") for key in ("name", "handler", "runtime"))
    role = str(inputs.get("role") or "")
    _match("name", name, _NAME, "has 1 to 64 letters, digits, hyphens and underscores")
    _match("handler", handler, _HANDLER, "has 1 to 128 characters and no space")
    _match("role", role, _ROLE, "is the ARN of a role")
    _among("runtime", runtime, RUNTIMES, "the rehearsal plays Lambda's current Python runtimes only")
    architectures = list(inputs.get("architectures") or ("x86_64",))
    if len(architectures) != 1:
        raise FunctionInvalid(f"architectures {architectures}: a function has one")
    _among("architectures", architectures[0], ARCHITECTURES, "Lambda has no other")
    reserved = inputs.get("reservedConcurrentExecutions")
    storage = block(inputs.get("ephemeralStorage")).get("size")
    return Function(
        name=name,
        arn=str(made["arn"]),
        role_arn=role,
        runtime=runtime,
        handler=handler,
        code_sha256=str(made["codeSha256"]),
        logging=_logging(name, block(inputs.get("loggingConfig"))),
        timeout=_number("timeout", inputs.get("timeout"), 3, 1, 900),
        memory=_number("memorySize", inputs.get("memorySize"), 128, 128, 10240),
        ephemeral_storage=_number("ephemeralStorage.size", storage, 512, 512, 10240),
        architecture=architectures[0],
        environment=_environment(block(inputs.get("environment")).get("variables") or {}),
        reserved=None
        if reserved in (None, -1)
        else _number("reservedConcurrentExecutions", reserved, 0, 0, 10**6),
        description=str(inputs.get("description") or ""),
        code_size=int(made["sourceCodeSize"]),
        last_modified=str(made["lastModified"]),
        tags=dict(inputs.get("tagsAll") or inputs.get("tags") or {}),
    )


def _logging(name: str, given: Mapping[str, Any]) -> Logging:
    form = str(given.get("logFormat") or "Text")
    _among("loggingConfig.logFormat", form, ("Text", "JSON"), "Lambda has no other")
    levels = (given.get("applicationLogLevel"), given.get("systemLogLevel"))
    if form == "Text" and any(levels):
        raise FunctionInvalid(
            "loggingConfig: applicationLogLevel and systemLogLevel need logFormat JSON (lambda/latest/dg, monitoring-cloudwatchlogs-log-level)"
        )
    if levels[0]:
        _among("loggingConfig.applicationLogLevel", levels[0], _APPLICATION_LEVELS, "Lambda has no other")
    if levels[1]:
        _among("loggingConfig.systemLogLevel", levels[1], _SYSTEM_LEVELS, "Lambda has no other")
    group = str(given.get("logGroup") or f"/aws/lambda/{name}")
    _match("loggingConfig.logGroup", group, _GROUP, "is a log group's name of 1 to 512 characters")
    return Logging(group, form == "JSON", levels[0], str(levels[1] or "INFO"))


def _environment(variables: Mapping[str, Any]) -> dict[str, str]:
    for name, value in variables.items():
        if name in RESERVED:
            raise FunctionInvalid(
                f"environment {name}: Lambda was unable to configure your environment variables because the environment "
                "variables you have provided contains reserved keys that are currently not supported for modification"
            )
        _match(
            "environment",
            name,
            _VARIABLE,
            "begins with a letter and has letters, digits and underscores, two at least",
        )
        if not isinstance(value, str):
            raise FunctionInvalid(f"environment {name}: its value is a text")
    size = len(json.dumps(dict(variables), ensure_ascii=False, separators=(",", ":")).encode())
    if variables and size > MOST_ENVIRONMENT:
        raise FunctionInvalid(
            f"environment: Lambda was unable to configure your environment variables because the environment variables "
            f"you have provided exceeded the 4KB limit ({size} bytes)"
        )
    return dict(variables)


def _number(what: str, given: Any, default: int, least: int, most: int) -> int:
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or given != int(given):
        raise FunctionInvalid(f"{what} {given!r}: is a whole number")
    if not least <= given <= most:
        raise FunctionInvalid(f"{what} {given:g}: is from {least} to {most}")
    return int(given)


def _match(what: str, value: str, pattern: re.Pattern[str], rule: str) -> None:
    if not pattern.fullmatch(value):
        raise FunctionInvalid(f"{what} {value!r}: {rule}")


def _among(what: str, value: Any, known: tuple[str, ...], rule: str) -> None:
    if value not in known:
        raise FunctionInvalid(f"{what} {value!r}: {rule}: {', '.join(known)}")
