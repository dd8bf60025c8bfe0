"""AWS JSON 1.0 and 1.1: an operation in X-Amz-Target, documents in the bodies."""

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.models import Model, Operation
from rehearsal.endpoint.protocols.query_codes import query_error
from rehearsal.endpoint.protocols.values import given, read_json, taken
from rehearsal.endpoint.request import Request

_OK = 200


def operation_of(request: Request, model: Model) -> str:
    """What the target names after its dot."""
    return request.operation if request.operation in model.operation_names else ""


def asked(request: Request, operation: Operation) -> dict[str, Any]:
    """The body, which is an object."""
    value = read_json(request.body)
    return taken(operation.input_shape, value) if operation.input_shape else {}


def answered(operation: Operation, answer: Mapping[str, Any]) -> Answer:
    """The output as an object; empty where the API has none."""
    version = operation.service_model.metadata.get("jsonVersion", "1.1")
    body = given(operation.output_shape, answer) if operation.output_shape else None
    headers = {"content-type": f"application/x-amz-json-{version}"}
    return Answer(_OK, headers, b"" if body is None else json.dumps(body).encode())


def refused(model: Model, code: str, message: str, status: int) -> Answer:
    """The code in the body and in a header."""
    headers = {
        "content-type": f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}",
        "x-amzn-errortype": code,
        **query_error(model, code, status),
    }
    return Answer(status, headers, json.dumps({"__type": code, "message": message}).encode())
