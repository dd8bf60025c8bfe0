"""Property values as the engine sends them over gRPC, and as plain Python."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.rpc import UNKNOWN

from rehearsal.evaluation.program import plain


def from_struct(struct: Struct) -> dict[str, Any]:
    """Plain values of a message."""
    return {key: plain(_value(value)) for key, value in struct.fields.items()}


def to_struct(values: Mapping[str, Any]) -> Struct:
    """A message with these values."""
    return json_format.ParseDict(dict(values), Struct())


def unknown(value: Any) -> bool:
    """Whether a value, or something inside it, will be known only after something else has been made."""
    if isinstance(value, Mapping):
        return any(unknown(inner) for inner in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(unknown(inner) for inner in value)
    return value == UNKNOWN


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {key: _value(inner) for key, inner in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_value(inner) for inner in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)
