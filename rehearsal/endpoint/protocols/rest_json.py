"""AWS REST JSON: the operation in method and path, members in path, query, headers and body."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.models import Model, Operation
from rehearsal.endpoint.protocols.values import given, read_json, taken
from rehearsal.endpoint.request import Request

_OK = 200
_JSON = "application/json"


def operation_of(request: Request, model: Model) -> str:
    """The operation whose method and path these are."""
    for name in model.operation_names:
        http = model.operation_model(name).http
        if http["method"] == request.method and _path(http["requestUri"]).fullmatch(request.path):
            return str(name)
    return ""


@cache
def _path(template: str) -> re.Pattern[str]:
    """A path with its labels as groups; a greedy label (`{name+}`) holds slashes."""
    parts = re.split(r"\{(\w+)(\+?)\}", template.partition("?")[0].rstrip("/"))
    found = re.escape(parts[0])
    for label, greedy, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        found += f"(?P<{label}>{'.+' if greedy else '[^/]+'})" + re.escape(literal)
    return re.compile(found + "/?")


def asked(request: Request, operation: Operation) -> dict[str, Any]:
    """The members from wherever each travels."""
    shape = operation.input_shape
    if shape is None:
        return {}
    labels = _path(operation.http["requestUri"]).fullmatch(request.path)
    payload = shape.serialization.get("payload")
    found: dict[str, Any] = {}
    body: dict[str, Any] = {}
    if payload and shape.members[payload].type_name in {"blob", "string"}:
        if request.body:
            found[payload] = (
                request.body if shape.members[payload].type_name == "blob" else request.body.decode()
            )
    else:
        body = read_json(request.body)
    for name, inner in shape.members.items():
        key = str(inner.serialization.get("name", name))
        where = inner.serialization.get("location")
        if where == "uri" and labels is not None:
            found[name] = unquote(labels[key])
        elif where == "querystring" and key in request.query:
            values = list(request.query[key])
            found[name] = taken(
                inner, values if inner.type_name == "list" else _typed(inner.type_name, values[-1])
            )
        elif where == "header" and key.lower() in request.headers:
            found[name] = taken(inner, _typed(inner.type_name, request.headers[key.lower()]))
    if payload and body:
        return {**found, payload: taken(shape.members[payload], body)}
    located = {name for name, inner in shape.members.items() if "location" in inner.serialization}
    rest = {name: one for name, one in taken(shape, body).items() if name not in located}
    return {**found, **rest}


def _typed(kind: str, text: str) -> Any:
    """A text of a path, a query or a header as a document would have it."""
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind in {"integer", "long"} and text.lstrip("-").isdecimal():
        return int(text)
    return text


def answered(operation: Operation, answer: Mapping[str, Any]) -> Answer:
    """The members to wherever each travels."""
    shape = operation.output_shape
    status = int(operation.http.get("responseCode", _OK))
    if shape is None:
        return Answer(status, {})
    headers: dict[str, str] = {}
    payload = shape.serialization.get("payload")
    body: dict[str, Any] = {}
    for name, one in answer.items():
        inner = shape.members[name]
        where = inner.serialization.get("location")
        if where == "statusCode":
            status = int(one)
        elif where == "header":
            headers[str(inner.serialization.get("name", name)).lower()] = str(one)
        elif name != payload:
            body[name] = one
    if payload is None:
        return Answer(status, {"content-type": _JSON, **headers}, json.dumps(given(shape, body)).encode())
    raw = answer.get(payload, b"")
    if shape.members[payload].type_name == "structure":
        raw = json.dumps(given(shape.members[payload], raw or {})).encode()
    return Answer(
        status, {"content-type": _JSON, **headers}, raw if isinstance(raw, bytes) else str(raw).encode()
    )


def refused(model: Model, code: str, message: str, status: int) -> Answer:
    """The code in a header."""
    del model
    headers = {"content-type": _JSON, "x-amzn-errortype": code}
    return Answer(status, headers, json.dumps({"Message": message, "message": message}).encode())
