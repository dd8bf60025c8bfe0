"""Smithy RPC v2 CBOR, in which SDKs speak to CloudWatch: the operation in the path, CBOR in the bodies."""

from collections.abc import Mapping
from typing import Any

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.models import Model, Operation
from rehearsal.endpoint.protocols.cbor_data import decoded, encoded
from rehearsal.endpoint.protocols.query_codes import query_error
from rehearsal.endpoint.protocols.values import given, taken, unreadable
from rehearsal.endpoint.request import Request

_OK = 200
_HEADERS = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}


def operation_of(request: Request, model: Model) -> str:
    """What the path ends in."""
    return request.operation if request.operation in model.operation_names else ""


def asked(request: Request, operation: Operation) -> dict[str, Any]:
    """The body, which is a map."""
    if not request.body or operation.input_shape is None:
        return {}
    try:
        value = decoded(request.body)
    except ValueError:
        raise unreadable("the body is not valid CBOR") from None
    if not isinstance(value, Mapping):
        raise unreadable("the body is not a map")
    return taken(operation.input_shape, value)


def answered(operation: Operation, answer: Mapping[str, Any]) -> Answer:
    """The output as a map."""
    body = given(operation.output_shape, answer, native=True) if operation.output_shape else {}
    return Answer(_OK, _HEADERS, encoded(body))


def refused(model: Model, code: str, message: str, status: int) -> Answer:
    """The code in the body, and the query protocol's in a header."""
    headers = {**_HEADERS, **query_error(model, code, status)}
    return Answer(status, headers, encoded({"__type": code, "message": message}))
