"""Why tasks of a failed deployment stopped, and what they said last.

A pipeline's error is read by more people than a log group is, and travels by e-mail. So the values of the task's own secrets
are struck out of the lines, and where one of them cannot be read, no line leaves the log.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError, ParamValidationError

from documents import secrets
from documents.descriptor import ServiceDescriptor
from documents.nested import NOTHING, is_list, is_map, within
from release import service_deployments
from release.aws import Aws
from release.template_files import containers_of

LINES, WIDTH = 5, 200
"""How many lines are told, and characters of each."""

_SHORTEST = 4
"""Characters of what is struck out: shorter ones would garble every line, and keep nothing secret."""

_SCALED = "Scaling activity initiated by"
"""How ECS words what it stops itself (Amazon ECS Developer Guide, stopped-task-error-codes)."""


def said(aws: Aws, service: ServiceDescriptor[str], revision: str) -> str:
    """One clause about the last task of a revision that stopped by itself; empty when there is none.

    ECS shows stopped tasks for an hour (Amazon ECS API Reference, DescribeTasks).
    """
    stopped = [
        one
        for one in service_deployments.tasks(aws, service, "STOPPED")
        if one.get("taskDefinitionArn") == revision
        and not str(one.get("stoppedReason", "")).startswith(_SCALED)
    ]
    if not stopped:
        return ""
    task = max(stopped, key=lambda one: str(one.get("stoppedAt") or one.get("createdAt") or ""))
    reasons = [str(task.get("stoppedReason") or "no reason is given"), *_of_containers(task)]
    definition = aws.client("ecs").describe_task_definition(taskDefinition=revision)["taskDefinition"]
    return f"a new task stopped: {', '.join(reasons)}{_log(aws, service, task, definition)}"


def _of_containers(task: Mapping[str, Any]) -> Iterator[str]:
    for one in task.get("containers", ()):
        said = [f"exit code {one['exitCode']}"] if one.get("exitCode") is not None else []
        said += [str(one["reason"])] if one.get("reason") else []
        if said and one.get("exitCode") != 0:
            yield f"container {one.get('name')}: {', '.join(said)}"


def _log(
    aws: Aws, service: ServiceDescriptor[str], task: Mapping[str, Any], definition: Mapping[str, Any]
) -> str:
    """Where the container wrote, and its last lines."""
    mine: Mapping[str, Any] = next(
        (one for one in containers_of(definition) if one.get("name") == service.container), NOTHING
    )
    options = within(within(mine, "logConfiguration"), "options")
    group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
    if not group or not prefix:
        return ""
    stream = f"{prefix}/{service.container}/{str(task['taskArn']).rpartition('/')[2]}"
    where = f"log group {group}, stream {stream}"
    try:
        events = aws.client("logs", str(options.get("awslogs-region") or "")).get_log_events(
            logGroupName=group, logStreamName=stream, limit=LINES, startFromHead=False
        )["events"]
        hidden = _hidden(aws, definition)
    except (
        ClientError,
        ParamValidationError,
        ValueError,
    ):  # no line was written, or a secret may not be read here
        return f"; {where}"
    lines = [_struck(str(one.get("message", "")), hidden)[:WIDTH] for one in events]
    return f"; last lines in {where}: {' | '.join(lines)}" if lines else f"; {where}"


def _hidden(aws: Aws, definition: Mapping[str, Any]) -> list[str]:
    """What no line may show, the longest first; ClientError or ValueError when a secret cannot be read."""
    references = {
        str(one.get("valueFrom"))
        for container in containers_of(definition)
        for one in container.get("secrets") or ()
    }
    values = [_value(aws, secrets.parse(one)) for one in sorted(references)]
    parts = {part for value in values for part in _parts(value) if len(part) >= _SHORTEST}
    return sorted(parts, key=len, reverse=True)


def _value(aws: Aws, one: secrets.Reference) -> str:
    if one.parameter:
        answer = aws.client("ssm", one.region).get_parameters(
            Names=[one.arn or one.parameter], WithDecryption=True
        )
        return "\n".join(str(found.get("Value", "")) for found in answer.get("Parameters", ()))
    version = {"VersionStage": one.stage} if one.stage else {"VersionId": one.version} if one.version else {}
    answer = aws.client("secretsmanager", one.region).get_secret_value(SecretId=one.arn, **version)
    return str(answer.get("SecretString", ""))


def _parts(value: str) -> Iterator[str]:
    """A secret's value, its lines, what stands in its JSON, and the passwords in its addresses."""
    yield from (value, *value.splitlines())
    try:
        leaves = list(_leaves(json.loads(value)))
    except ValueError:
        leaves = [value]
    for leaf in leaves:
        yield leaf
        yield json.dumps(leaf)[1:-1]
        try:
            password = urlsplit(leaf).password or ""
        except ValueError:
            continue
        yield from (password, unquote(password))


def _leaves(value: Any) -> Iterator[str]:
    if is_map(value):
        for inner in value.values():
            yield from _leaves(inner)
    elif is_list(value):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _struck(line: str, hidden: list[str]) -> str:
    for one in hidden:
        line = line.replace(one, "***")
    return line
