"""EventBridge's input transformer. Pure.

AWS document: eventbridge/latest/userguide/eb-transform-target-input.md. Supported JSON paths are dots,
dashes, underscores, alphanumerics, array indices and wildcards; wildcards are refused here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_PATHS = 100
_RESERVED = "aws.events."
_PATH = re.compile(r"\$(?:\.[\w/-]+|\[\d+\])*")
_STEP = re.compile(r"\.([\w/-]+)|\[(\d+)\]")
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|<([\w.-]+)>')
_PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_ABSENT = object()


class InvalidTransformer(ValueError):
    """PutTargets would refuse these paths."""


def transform(
    paths: Mapping[str, str], template: str, event: Mapping[str, Any], reserved: Mapping[str, Any]
) -> str:
    """The text a target receives.

    `paths` maps variables to JSON paths into the event, `reserved` holds the `aws.events.*` variables. A
    variable of a string is quoted where it stands alone and inserted as it is inside quotes; values are never
    escaped; an object or array inside quotes loses its own quotes; a path that finds nothing leaves nothing
    behind.
    """
    if len(paths) > MAX_PATHS:
        raise InvalidTransformer(f"{len(paths)} input paths; at most {MAX_PATHS} are allowed")
    values = {name: _find(name, path, event) for name, path in paths.items()}
    values.update(reserved)

    def inside(match: re.Match[str]) -> str:
        return _in_string(values.get(match[1], _ABSENT))

    def anywhere(match: re.Match[str]) -> str:
        if match[1] is None:
            return _PLACEHOLDER.sub(inside, match[0])
        return _alone(values.get(match[1], _ABSENT))

    return _TOKEN.sub(anywhere, template)


def reserved_variables(
    rule_name: str, rule_arn: str, ingested: str, event: Mapping[str, Any]
) -> dict[str, Any]:
    """The predefined variables of one delivery ("Predefined variables")."""
    return {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": ingested,
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": dict(event),
    }


def _find(name: str, path: str, event: Mapping[str, Any]) -> Any:
    if name.startswith(_RESERVED):
        raise InvalidTransformer(f"input path {name!r}: names beginning with {_RESERVED} are reserved")
    if not _PATH.fullmatch(path):
        raise InvalidTransformer(f"input path {name!r}: {path!r} is not $ followed by .name or [index] steps")
    value: Any = event
    for key, index in _STEP.findall(path):
        try:
            value = value[int(index)] if index else value[key]
        except (LookupError, TypeError):
            return _ABSENT
    return value


def _in_string(value: Any) -> str:
    if value is _ABSENT:
        return ""
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")


def _alone(value: Any) -> str:
    if value is _ABSENT:
        return ""
    return f'"{value}"' if isinstance(value, str) else json.dumps(value)
