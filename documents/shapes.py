"""Holds a document against the AWS API's own model: unknown keys, wrong types, enums, patterns, lengths.

The model comes with botocore. Nothing is sent, no session is made; only the model's file is read, once.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator


class ShapeError(ValueError):
    """A document that the AWS API would refuse; the text names each place."""


@cache
def _input_shape(service: str, operation: str) -> Shape:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service_name=service)
    shape = cast("Shape | None", model.operation_model(operation).input_shape)
    if shape is None:
        message = f"{operation} takes no input"
        raise LookupError(message)
    return shape


def check_input(service: str, operation: str, value: Mapping[str, Any]) -> None:
    """Raise ShapeError unless `value` is an input that the operation's model admits."""
    shape = _input_shape(service, operation)
    findings: list[str] = []
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        findings.extend(report.generate_report().split("\n"))
    findings.extend(_strings(value, shape, operation))
    if findings:
        message = f"{operation} would refuse this: {'; '.join(findings)}; correct the setting it comes from"
        raise ShapeError(message)


def _strings(  # noqa: C901  (one branch for each kind of shape)
    value: Any, shape: Shape, path: str
) -> Iterator[str]:
    """Botocore checks keys and types, but neither enums nor patterns."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = cast("dict[str, Shape]", shape.members)
        for key, inner in value.items():
            if key in members:
                yield from _strings(inner, members[key], f"{path}.{key}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _strings(inner, cast("Shape", shape.member), f"{path}[{index}]")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _strings(inner, cast("Shape", shape.value), f"{path}.{key}")
    elif isinstance(shape, StringShape) and isinstance(value, str):
        allowed = cast("list[str]", shape.enum)
        if allowed and value not in allowed:
            yield f"{path} is {value!r}, which is none of {', '.join(allowed)}"
        pattern = cast("dict[str, str]", shape.metadata).get("pattern")
        if pattern and not re.search(pattern, value):
            yield f"{path} is {value!r}, which does not match {pattern}"
