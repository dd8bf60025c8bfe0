"""The emulator makes every ARN in partition `aws`; in another partition its answers name that one, its requests `aws`.

Only names that the emulator itself makes or looks things up by are changed. What somebody stores (a task definition's
roles, a secret's value, an object, a log line) keeps the partition it was written with, right or wrong.
"""

import json
from typing import Any

from rehearsal.endpoint.asgi import Answer

_EMULATOR = "arn:aws:"

MADE = frozenset({
    "ARN", "Arn", "arn", "clusterArn", "logGroupArn", "QueueArn", "registeredBy", "repositoryArn", "taskDefinitionArn",
    "taskDefinitionArns",
})  # fmt: skip
"""Keys of answers that hold an ARN the emulator made."""

ASKED = frozenset({
    "Name", "Names", "ResourceId", "SecretId", "cluster", "logGroupIdentifier", "resourceArn", "taskDefinition",
})  # fmt: skip
"""Keys of requests that hold an ARN to look something up by."""


def asked(body: bytes, partition: str) -> bytes:
    """A JSON request as the emulator must see it; an ARN of another partition than the cloud's names nothing in it."""
    if partition == "aws":
        return body
    hidden = _changed(body, ASKED, _EMULATOR, "arn:another-partition:")
    return _changed(hidden, ASKED, f"arn:{partition}:", _EMULATOR)


def answered(answer: Answer, partition: str) -> Answer:
    """A JSON answer as the partition's own services give it."""
    body = _changed(answer.body, MADE, _EMULATOR, f"arn:{partition}:")
    if body == answer.body:
        return answer
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    return Answer(answer.status, kept, body)


def _changed(body: bytes, keys: frozenset[str], old: str, new: str) -> bytes:
    if old == new or old.encode() not in body:
        return body
    try:
        document: Any = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_renamed(document, keys, old, new)).encode()


def _renamed(value: Any, keys: frozenset[str], old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _begun(inner, old, new) if key in keys else _renamed(inner, keys, old, new)
            for key, inner in value.items()  # pyright: ignore[reportUnknownVariableType]
        }
    if isinstance(value, list):
        return [_renamed(one, keys, old, new) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _begun(value: Any, old: str, new: str) -> Any:
    """One ARN or a list of them with another beginning; anything else as it is."""
    if isinstance(value, list):
        return [_begun(one, old, new) for one in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, str) and value.startswith(old):
        return f"{new}{value.removeprefix(old)}"
    return value
