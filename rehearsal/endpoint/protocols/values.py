"""Values between a document on the wire and the botocore-shaped values that services take and give."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from rehearsal.endpoint.models import Shape
from rehearsal.errors import AwsRefusal

_WHOLE = {"integer", "long"}
_BROKEN = {"float", "double"}


def read_json(body: bytes) -> dict[str, Any]:
    """A body that is one JSON object; none at all is an empty one."""
    try:
        value: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise unreadable("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise unreadable("the body is not a JSON object")
    return value  # pyright: ignore[reportUnknownVariableType]


def unreadable(message: str) -> AwsRefusal:
    """What AWS's services answer to a request that they cannot read."""
    return AwsRefusal("SerializationException", message)


def taken(shape: Shape, value: Any) -> Any:
    """A document's value as its shape has it; members that the API does not know are passed over, as AWS does."""
    kind = str(shape.type_name)
    if shape.metadata.get("document"):
        return value
    if kind == "structure" and isinstance(value, Mapping):
        given: Mapping[str, Any] = value
        named = {str(inner.serialization.get("name", name)): name for name, inner in shape.members.items()}
        return {
            named[key]: taken(shape.members[named[key]], one)
            for key, one in given.items()
            if key in named and one is not None
        }
    if kind == "list" and isinstance(value, list):
        return [taken(shape.member, one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    if kind == "map" and isinstance(value, Mapping):
        entries: Mapping[str, Any] = value
        return {key: taken(shape.value, one) for key, one in entries.items() if one is not None}
    return _scalar(kind, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "timestamp":
        return _time(value)
    if kind == "blob" and isinstance(value, str | bytes):
        return _bytes(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        **dict.fromkeys(_WHOLE, is_number and value == int(value)),
        **dict.fromkeys(_BROKEN, is_number),
    }
    if not fits.get(kind, False):
        raise unreadable(f"{type(value).__name__} {value!r} can not be converted to {kind}")
    return int(value) if kind in _WHOLE else value


def _time(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, bool):
        raise unreadable("a boolean can not be converted to a timestamp")
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            found = datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise unreadable(f"{value!r} can not be converted to a timestamp") from None


def _bytes(value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise unreadable("a blob is not valid base64") from None


def given(shape: Shape, value: Any, *, native: bool = False) -> Any:
    """A value as a document has it; `native` documents hold bytes and times as such."""
    kind = str(shape.type_name)
    if shape.metadata.get("document"):
        return value
    if kind == "structure":
        return {
            str(shape.members[name].serialization.get("name", name)): given(
                shape.members[name], one, native=native
            )
            for name, one in value.items()
            if one is not None
        }
    if kind == "list":
        return [given(shape.member, one, native=native) for one in value]
    if kind == "map":
        return {key: given(shape.value, one, native=native) for key, one in value.items()}
    if kind in {"timestamp", "blob"} and not native:
        return _written(shape, value) if kind == "timestamp" else base64.b64encode(value).decode()
    return value


def _written(shape: Shape, moment: datetime) -> float | str:
    """A moment in the format that the model asks for, seconds since 1970 where it asks for none."""
    if shape.serialization.get("timestampFormat") == "iso8601":
        return iso(moment)
    return round(moment.timestamp(), 3)


def iso(moment: datetime) -> str:
    """A moment in ISO 8601, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
