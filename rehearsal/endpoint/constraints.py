"""Values held against an API's own shapes, in the words of AWS's services.

AWS document: each API reference's "Length Constraints", "Pattern", "Valid Values" and "Required" of a member; the words are
those of `ValidationException` (codepipeline/latest/APIReference/CommonErrors.md).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from rehearsal.endpoint.models import Shape, model_of

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "structure": Mapping,
    "map": Mapping,
    "list": (list, tuple),
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": datetime,
    "blob": bytes,
}


class WrongShape(AssertionError):
    """An answer of ours that is none of the API's: a fault of the rehearsal."""


def broken(shape: Shape, value: Any) -> str:
    """What a service says of an input that breaks its API's constraints; empty when it breaks none."""
    found = list(_broken(shape, value, ""))
    if not found:
        return ""
    count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
    return f"{count}: {'; '.join(found)}"


def shaped(service: str, operation: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer, if it is an output of the operation; WrongShape says each place where it is not."""
    shape = model_of(service).operation_model(operation).output_shape
    if shape is None:
        found = [f"{operation} answers nothing, not {dict(answer)!r}"] if answer else []
    else:
        found = [*_foreign(shape, answer, ""), *_broken(shape, answer, "", empty=True)]
    if found:
        raise WrongShape(f"{service} {operation}: {'; '.join(found)}")
    return answer


def _broken(shape: Shape, value: Any, path: str, *, empty: bool = False) -> Iterator[str]:
    """Each broken constraint; with `empty`, lists may be so: AWS answers such where its own model has a least length."""
    if shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{_below(path, name)}' failed to satisfy constraint: Member must not be null"
    for rule in () if empty and value == [] else _rules(shape, value):
        shown = "" if shape.metadata.get("sensitive") else f" '{value}'"
        yield f"Value{shown} at '{path}' failed to satisfy constraint: Member must {rule}"
    for below, inner, part in _parts(shape, value, path):
        yield from _broken(below, part, inner, empty=empty)


def _parts(shape: Shape, value: Any, path: str) -> Iterator[tuple[Shape, str, Any]]:
    """The values inside a value: shape, path in AWS's form, value; without those that the shape does not have."""
    kind = shape.type_name
    if shape.metadata.get("document"):  # any JSON, of which the model says nothing
        return
    if kind == "structure":
        for name, inner in value.items():
            if name in shape.members and inner is not None:
                yield shape.members[name], _below(path, name), inner
    elif kind == "list":
        for number, inner in enumerate(value, 1):
            yield shape.member, f"{path}.{number}.member", inner
    elif kind == "map":
        for key, inner in value.items():
            yield shape.key, f"{path}.{key}.key", key
            yield shape.value, f"{path}.{key}.member", inner


def _rules(shape: Shape, value: Any) -> Iterator[str]:
    kind, limits = shape.type_name, shape.metadata
    number = kind in {"integer", "long", "float", "double"}
    size = value if number else len(value) if kind in {"string", "list", "map", "blob"} else None
    what = "value" if number else "length"
    if size is not None and "min" in limits and size < limits["min"]:
        yield f"have {what} greater than or equal to {limits['min']}"
    if size is not None and "max" in limits and size > limits["max"]:
        yield f"have {what} less than or equal to {limits['max']}"
    if kind == "string" and shape.enum and value not in shape.enum:
        yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
    if kind == "string" and limits.get("pattern") and not _matches(limits["pattern"], value):
        yield f"satisfy regular expression pattern: {limits['pattern']}"


def _matches(pattern: str, value: str) -> bool:
    found = _compiled(pattern)
    return found is None or found.fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A model's pattern; None for one in a dialect that only Java reads."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _foreign(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What is of another type than the shape, or not in it at all."""
    kind: str = shape.type_name
    if shape.metadata.get("document"):
        return
    if not _is(kind, value):
        yield f"{path or 'the answer'} is {value!r}, no {kind}"
        return
    if kind == "structure":
        yield from _unknown(shape, value, path)
    for below, inner, part in _parts(shape, value, path):
        yield from _foreign(below, part, inner)


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _unknown(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in value:
        if name not in shape.members:
            yield f"{_below(path, name)} is not in the API; there are {', '.join(shape.members)}"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
