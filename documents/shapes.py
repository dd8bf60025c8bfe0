"""Holds a document against the AWS API's own model: unknown keys, missing ones, types, enums, patterns, lengths.

The model's file comes with botocore and is read by itself: every evaluation would have to wait for the rest of botocore.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Shapes = Mapping[str, Mapping[str, Any]]
"""A service's shapes by their names, as the model has them."""

_KINDS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "a text"),
    "integer": (int, "a whole number"),
    "long": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "boolean": (bool, "true or false"),
    "structure": (Mapping, "an object"),
    "map": (Mapping, "an object"),
    "list": (list, "a list"),
}
"""What each type of the model is in JSON; bytes and times have no form of their own there and are not judged."""


class ShapeError(ValueError):
    """A document that the AWS API would refuse; the text names each place."""


def check_input(service: str, operation: str, value: Mapping[str, Any]) -> None:
    """Raise ShapeError unless `value` is an input that the operation's model admits."""
    found = findings(service, operation, value)
    if found:
        raise ShapeError(
            f"{operation} would refuse this: {'; '.join(found)}; correct the setting it comes from"
        )


def findings(service: str, operation: str, value: Mapping[str, Any]) -> list[str]:
    """What the operation's model does not admit in an input, with its place; LookupError for one that takes no input."""
    model = _model(service)
    taken = model["operations"][operation].get("input")
    if taken is None:
        raise LookupError(f"{operation} takes no input")
    return list(_findings(value, taken["shape"], model["shapes"], ""))


@cache
def _model(service: str) -> Mapping[str, Any]:
    """The newest model of a service."""
    botocore = find_spec("botocore")
    if botocore is None or not botocore.submodule_search_locations:
        raise LookupError(
            "the models of AWS's APIs come with botocore, which is not installed: run make setup"
        )
    folder = Path(botocore.submodule_search_locations[0]) / "data" / service
    newest = max(folder.iterdir())
    packed = newest / "service-2.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else packed.with_suffix("").read_bytes()
    return json.loads(text)


def _findings(value: Any, name: str, shapes: Shapes, path: str) -> Iterator[str]:
    shape = shapes[name]
    if shape["type"] not in _KINDS:
        return
    kind, said = _KINDS[shape["type"]]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{path} is {value!r}, not {said}"
        return
    yield from _limits(value, shape, path)
    yield from {"structure": _structure, "map": _map, "list": _list}.get(shape["type"], _text)(
        value, shape, shapes, path
    )


def _structure(value: Any, shape: Mapping[str, Any], shapes: Shapes, path: str) -> Iterator[str]:
    before = f"{path}." if path else ""
    members = shape["members"]
    for key in shape.get("required", ()):
        if key not in value:
            yield f"{before}{key} is missing"
    for key, inner in value.items():
        if key in members:
            yield from _findings(inner, members[key]["shape"], shapes, f"{before}{key}")
        else:
            yield f"unknown key {before}{key}"


def _map(value: Any, shape: Mapping[str, Any], shapes: Shapes, path: str) -> Iterator[str]:
    for key, inner in value.items():
        yield from _findings(key, shape["key"]["shape"], shapes, f"{path}.{key}")
        yield from _findings(inner, shape["value"]["shape"], shapes, f"{path}.{key}")


def _list(value: Any, shape: Mapping[str, Any], shapes: Shapes, path: str) -> Iterator[str]:
    for index, inner in enumerate(value):
        yield from _findings(inner, shape["member"]["shape"], shapes, f"{path}[{index}]")


def _text(value: Any, shape: Mapping[str, Any], _shapes: Shapes, path: str) -> Iterator[str]:
    allowed = shape.get("enum")
    if allowed and value not in allowed:
        yield f"{path} is {value!r}, not one of {', '.join(allowed)}"
    if "pattern" in shape and isinstance(value, str) and not re.search(shape["pattern"], value):
        yield f"{path} is {value!r}, which does not match {shape['pattern']}"


def _limits(value: Any, shape: Mapping[str, Any], path: str) -> Iterator[str]:
    """The least only, as AWS's own SDKs do: what a model has as the most may be less than the service takes by now."""
    least = shape.get("min")
    if least is None or isinstance(value, bool):
        return
    size = value if isinstance(value, int | float) else len(value)
    if size < least:
        yield f"{path} is {value!r}, below the least that is taken, {least}"
