"""How requests and answers of imitated services travel: one file for each of AWS's protocols.

Each has `operation_of`, `asked`, `answered` and `refused`. AWS document: the Smithy specification, "AWS protocols".
"""

from collections.abc import Mapping
from typing import Any, Protocol

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.models import Model, Operation
from rehearsal.endpoint.protocols import cbor, json_rpc, query, rest_json
from rehearsal.endpoint.request import Request


class Wire(Protocol):
    """One protocol."""

    def operation_of(self, request: Request, model: Model) -> str:
        """The operation that is asked for; empty when the request names none of the API's."""
        ...

    def asked(self, request: Request, operation: Operation) -> dict[str, Any]:
        """The operation's input; AwsRefusal for what cannot be read as one."""
        ...

    def answered(self, operation: Operation, answer: Mapping[str, Any]) -> Answer:
        """The operation's output as a response."""
        ...

    def refused(self, model: Model, code: str, message: str, status: int) -> Answer:
        """An error, by its code on the wire."""
        ...


def spoken_in(request: Request) -> Wire:
    """The protocol of a request: its own headers tell, for some services take several."""
    if "smithy-protocol" in request.headers:
        return cbor
    if "x-amz-target" in request.headers:
        return json_rpc
    if "x-www-form-urlencoded" in request.headers.get("content-type", "") or "Action" in request.query:
        return query
    return rest_json
