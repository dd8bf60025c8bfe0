"""Whether every secret that a release reads is there. Values are looked into and never shown."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from documents import secrets
from release.aws import code_of, is_denied, message_of
from release.findings import Finding, Refusal, Unseen
from release.subject import Subject
from release.template_files import containers_of

Definitions = Mapping[str, Mapping[str, Any]]
"""Task definition templates by their services."""

_KEPT_AS = frozenset({"SECRETS_MANAGER", "PARAMETER_STORE"})
"""Types of a build's variable whose value is a reference (CodeBuild API Reference, EnvironmentVariable)."""


def missing(subject: Subject, definitions: Definitions) -> Iterator[Finding]:
    """Secrets, versions, JSON keys and parameters that are not there, each once, with what reads it.

    What this function may not read, a task's role may: another account's secret, a key whose policy names roles.
    """
    for reference, readers in sorted(_references(subject, definitions).items()):
        try:
            one = secrets.parse(reference)
        except ValueError:
            yield Refusal(
                f"the secret of {' and '.join(sorted(readers))}",
                "what stands there is no reference to one",
                "run pulumi up, which writes it again, then start the release again; nothing was migrated",
                "ConfigurationError",
            )
            continue
        what = f"{_named(one)} (read by {' and '.join(sorted(readers))})"
        yield from _parameter(subject, one, what) if one.parameter else _secret(subject, one, what)


def _references(subject: Subject, definitions: Definitions) -> dict[str, set[str]]:
    """Who reads which reference: containers of the tasks by their templates, the migration by its project."""
    found: dict[str, set[str]] = {}
    for service, definition in definitions.items():
        for container in containers_of(definition):
            for secret in container.get("secrets") or ():
                reader = f"services.{service}, container {container.get('name')}, {secret.get('name')}"
                found.setdefault(str(secret.get("valueFrom")), set()).add(reader)
    projects = subject.aws.client("codebuild").batch_get_projects(names=[subject.stack.project])["projects"]
    for project in projects:
        for variable in project["environment"].get("environmentVariables", ()):
            if variable.get("type") in _KEPT_AS:
                found.setdefault(str(variable["value"]), set()).add("migration")
    return found


def _named(one: secrets.Reference) -> str:
    if one.parameter:
        return f"parameter {one.arn or one.parameter}"
    return f"secret {one.value_from}"


def _parameter(subject: Subject, one: secrets.Reference, what: str) -> Iterator[Finding]:
    """Asked for without being decrypted: that it is there is all that can be known of it."""
    name = one.arn or one.parameter
    try:
        answer = subject.aws.client("ssm", one.region).get_parameters(Names=[name], WithDecryption=False)
    except ClientError as error:
        if not is_denied(error):
            raise
        yield Unseen(what, message_of(error))
        return
    if answer.get("InvalidParameters"):
        yield _refused(what, "there is no such parameter", "make it, or correct the setting")


def _secret(subject: Subject, one: secrets.Reference, what: str) -> Iterator[Finding]:
    version = {"VersionStage": one.stage} if one.stage else {"VersionId": one.version} if one.version else {}
    not_there = _refused(
        what,
        "there is no such secret, or no such version of it",
        "make it, give it a value, or correct the setting",
    )
    try:
        answer = subject.aws.client("secretsmanager", one.region).get_secret_value(
            SecretId=one.arn, **version
        )
    except ParamValidationError:  # the id of a version has at least 32 characters
        yield not_there
        return
    except ClientError as error:
        code = code_of(error)
        if code == "ResourceNotFoundException":
            yield not_there
        elif code == "InvalidRequestException":
            yield _refused(
                what,
                "it has no value that could be read now, or is to be deleted",
                "restore it or give it a value",
            )
        elif is_denied(error) or code == "DecryptionFailure":
            yield Unseen(what, message_of(error))
        else:
            raise
        return
    if one.json_key and (wrong := _without_key(answer.get("SecretString"), one.json_key)):
        yield _refused(what, wrong, "put the key into the secret's JSON, or correct the setting")


def _without_key(value: str | None, key: str) -> str:
    """What is wrong with a value that is to have a JSON key, without anything of the value; empty when nothing is."""
    try:
        held = json.loads(value or "")
    except ValueError:
        return "its value is no JSON, and a key of it is asked for"
    if not isinstance(held, dict):
        return "its value is no JSON object, and a key of it is asked for"
    return "" if key in held else f"its value has no JSON key {key!r}"


def _refused(what: str, rule: str, remedy: str) -> Refusal:
    return Refusal(
        what, rule, f"{remedy}, then start the release again; nothing was migrated", "ConfigurationError"
    )
