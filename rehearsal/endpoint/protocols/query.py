"""AWS Query: parameters of a form, numbered and dotted, and XML back."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.models import Model, Operation, Shape
from rehearsal.endpoint.protocols.query_codes import fault, query_code
from rehearsal.endpoint.protocols.values import iso, taken, unreadable
from rehearsal.endpoint.request import Request

_OK = 200
_XML = {"content-type": "text/xml"}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_Parameters = Mapping[str, Sequence[str]]


def operation_of(request: Request, model: Model) -> str:
    """The parameter `Action`."""
    return request.operation if request.operation in model.operation_names else ""


def asked(request: Request, operation: Operation) -> dict[str, Any]:
    """The input in its parameters."""
    if operation.input_shape is None:
        return {}
    return _structure(operation.input_shape, request.parameters, "")


def _structure(shape: Shape, parameters: _Parameters, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in shape.members.items():
        key = prefix + str(inner.serialization.get("name", name))
        if key in parameters or any(one.startswith(f"{key}.") for one in parameters):
            found[name] = _value(inner, parameters, key)
    return found


def _value(shape: Shape, parameters: _Parameters, key: str) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, parameters, f"{key}.")
    if shape.type_name == "list":
        flat = shape.serialization.get("flattened")
        base = key if flat else f"{key}.{shape.member.serialization.get('name', 'member')}"
        return [_value(shape.member, parameters, f"{base}.{number}") for number in _numbers(parameters, base)]
    if shape.type_name == "map":
        return _map(shape, parameters, key if shape.serialization.get("flattened") else f"{key}.entry")
    return _scalar(shape, parameters.get(key, [""])[-1])


def _map(shape: Shape, parameters: _Parameters, base: str) -> dict[str, Any]:
    name, value = (str(one.serialization.get("name", default)) for one, default in _sides(shape))
    return {
        parameters.get(f"{base}.{number}.{name}", [""])[-1]: _value(
            shape.value, parameters, f"{base}.{number}.{value}"
        )
        for number in _numbers(parameters, base)
    }


def _sides(shape: Shape) -> tuple[tuple[Shape, str], tuple[Shape, str]]:
    return (shape.key, "key"), (shape.value, "value")


def _numbers(parameters: _Parameters, base: str) -> list[int]:
    """The numbers that follow a name, in order; an empty list is sent as the name alone."""
    following = (
        one.removeprefix(f"{base}.").partition(".")[0] for one in parameters if one.startswith(f"{base}.")
    )
    return sorted({int(one) for one in following if one.isdecimal()})


def _scalar(shape: Shape, text: str) -> Any:
    if shape.type_name == "boolean":
        if text.lower() not in {"true", "false"}:
            raise unreadable(f"{text!r} can not be converted to boolean")
        return text.lower() == "true"
    if shape.type_name in {"integer", "long", "float", "double"}:
        if not _NUMBER.fullmatch(text):
            raise unreadable(f"{text!r} can not be converted to {shape.type_name}")
        return taken(shape, float(text) if shape.type_name in {"float", "double"} else _whole(text))
    return taken(shape, text)


def _whole(text: str) -> int | float:
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def answered(operation: Operation, answer: Mapping[str, Any]) -> Answer:
    """The output inside the operation's response, with the request's id."""
    root = Element(
        f"{operation.name}Response", xmlns=str(operation.service_model.metadata.get("xmlNamespace", ""))
    )
    shape = operation.output_shape
    if shape is not None:
        wrapper = SubElement(root, str(shape.serialization.get("resultWrapper", f"{operation.name}Result")))
        _members(wrapper, shape, answer)
    SubElement(SubElement(root, "ResponseMetadata"), "RequestId").text = str(uuid.uuid4())
    return Answer(_OK, _XML, tostring(root))


def _members(parent: Element, shape: Shape, value: Mapping[str, Any]) -> None:
    for name, one in value.items():
        if one is not None:
            inner = shape.members[name]
            _element(parent, str(inner.serialization.get("name", name)), inner, one)


def _element(parent: Element, name: str, shape: Shape, value: Any) -> None:
    if shape.type_name == "list":
        flat = shape.serialization.get("flattened")
        holder = parent if flat else SubElement(parent, name)
        for one in value:
            _element(
                holder,
                name if flat else str(shape.member.serialization.get("name", "member")),
                shape.member,
                one,
            )
    elif shape.type_name == "map":
        holder = SubElement(parent, name)
        for key, one in value.items():
            entry = SubElement(holder, "entry")
            SubElement(entry, str(shape.key.serialization.get("name", "key"))).text = key
            _element(entry, str(shape.value.serialization.get("name", "value")), shape.value, one)
    elif shape.type_name == "structure":
        _members(SubElement(parent, name), shape, value)
    else:
        SubElement(parent, name).text = _text(shape, value)


def _text(shape: Shape, value: Any) -> str:
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        return iso(value)
    return str(value)


def refused(model: Model, code: str, message: str, status: int) -> Answer:
    """An ErrorResponse."""
    root = Element("ErrorResponse", xmlns=str(model.metadata.get("xmlNamespace", "")))
    error = SubElement(root, "Error")
    for name, text in (("Type", fault(status)), ("Code", query_code(model, code)), ("Message", message)):
        SubElement(error, name).text = text
    SubElement(root, "RequestId").text = str(uuid.uuid4())
    return Answer(status, _XML, tostring(root))
