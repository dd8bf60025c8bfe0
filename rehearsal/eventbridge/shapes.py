"""Rules and targets in the shapes of EventBridge's API. Pure.

AWS documents: eventbridge/latest/APIReference, API_Rule and API_Target.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.world.cloud import Declared
from rehearsal.world.declared_blocks import block


def rule(declared: Declared) -> dict[str, Any]:
    """A rule of the default bus."""
    inputs = declared.inputs
    told = {
        "Name": name_of(declared),
        "Arn": declared.arn,
        "EventPattern": inputs.get("eventPattern"),
        "State": str(inputs.get("state") or "ENABLED"),
        "Description": inputs.get("description"),
        "RoleArn": inputs.get("roleArn"),
        "EventBusName": "default",
    }
    return {name: str(value) for name, value in told.items() if value is not None}


def target(declared: Declared) -> dict[str, Any]:
    """A rule's target."""
    inputs = declared.inputs
    told: dict[str, Any] = {
        "Id": str(inputs.get("targetId") or declared.id),
        "Arn": str(inputs["arn"]),
        "RoleArn": inputs.get("roleArn"),
        "Input": inputs.get("input"),
        "InputTransformer": _transformer(block(inputs.get("inputTransformer"))),
        "DeadLetterConfig": _renamed(block(inputs.get("deadLetterConfig")), Arn="arn"),
        "RetryPolicy": _renamed(
            block(inputs.get("retryPolicy")),
            MaximumRetryAttempts="maximumRetryAttempts",
            MaximumEventAgeInSeconds="maximumEventAgeInSeconds",
        ),
    }
    return {name: value for name, value in told.items() if value}


def name_of(declared: Declared) -> str:
    """A rule's own name."""
    return str(declared.outputs.get("name") or declared.inputs.get("name") or declared.name)


def _transformer(declared: Mapping[str, Any]) -> dict[str, Any]:
    if not declared:
        return {}
    paths = {str(name): str(path) for name, path in (declared.get("inputPaths") or {}).items()}
    return {"InputPathsMap": paths, "InputTemplate": str(declared["inputTemplate"])}


def _renamed(declared: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {to: declared[of] for to, of in names.items() if declared.get(of) is not None}
