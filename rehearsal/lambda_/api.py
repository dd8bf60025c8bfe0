"""Lambda's API, in its own shapes.

AWS documents: lambda/latest/api/API_Invoke.md, API_GetFunction.md, API_GetFunctionConfiguration.md, API_ListFunctions.md;
service-authorization/latest/reference/list_awslambda.md. Not here: tags.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from documents.place import Place
from rehearsal.endpoint.operations import operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import Needed, anywhere
from rehearsal.endpoint.request import Request
from rehearsal.errors import AwsRefusal
from rehearsal.lambda_.declared import Function, arn_of
from rehearsal.lambda_.service import Functions

LARGEST_PAYLOAD = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
"""Bytes of an event by the way it comes (lambda/latest/dg/gettingstarted-limits.md)."""
TAIL = 4 * 1024
"""Bytes of the log that come with an answer."""

_PAGES = Paging(
    most=50,
    token="Marker",  # noqa: S106  (a member's name)
    next_token="NextMarker",  # noqa: S106
    limit="MaxItems",
    wrong="InvalidParameterValueException",
    said="Invalid marker",
)

Asked = Mapping[str, Any]
Answered = Mapping[str, Any]


def on_function(request: Request, place: Place) -> list[Needed]:
    """The action on the function; on its version or alias where one is named."""
    asked = request.document
    name, _, within = str(asked["FunctionName"]).rpartition("function:")[2].partition(":")
    qualifier = str(asked.get("Qualifier") or within)
    action = "InvokeFunction" if request.operation == "Invoke" else request.operation
    return [Needed(f"lambda:{action}", arn_of(place, name) + (f":{qualifier}" if qualifier else ""))]


class LambdaApi:
    """The operations that others than this project's code ask for."""

    def __init__(self, service: Functions, download: Callable[[str], str]) -> None:
        """Answer for this service; `download` is an address for the package of a SHA-256."""
        self._service = service
        self._download = download

    @operation(on_function)
    def invoke(self, asked: Asked) -> Answered:
        """Run a function and wait, put an event in its queue, or only look whether it could be asked."""
        function = self._function(asked)
        kind = str(asked.get("InvocationType") or "RequestResponse")
        if asked.get("ClientContext"):
            raise AwsRefusal("NotImplemented", "ClientContext is not played by the rehearsal; leave it out")
        if kind == "DryRun":
            return {"StatusCode": 204}
        payload: bytes = asked.get("Payload") or b"{}"
        _refuse_payload(payload, LARGEST_PAYLOAD[kind])
        if kind == "Event":
            self._service.queue(function, payload)
            return {"StatusCode": 202}
        invocation = self._service.invoke(function, payload)
        answer: dict[str, Any] = {
            "StatusCode": 200,
            "ExecutedVersion": "$LATEST",
            "Payload": invocation.payload,
        }
        if invocation.error is not None:
            answer["FunctionError"] = "Unhandled"
        if asked.get("LogType") == "Tail":
            answer["LogResult"] = base64.b64encode(invocation.log.encode()[-TAIL:]).decode()
        return answer

    @operation(on_function)
    def get_function(self, asked: Asked) -> Answered:
        """A function's configuration, an address to read its package at, and its own concurrency."""
        function = self._function(asked)
        code = {"RepositoryType": "S3", "Location": self._download(function.code_sha256)}
        answer: dict[str, Any] = {"Configuration": configuration(function), "Code": code}
        if function.reserved is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
        return answer

    @operation(on_function)
    def get_function_configuration(self, asked: Asked) -> Answered:
        """A function's configuration."""
        return configuration(self._function(asked))

    @operation(anywhere)
    def list_functions(self, asked: Asked) -> Answered:
        """Every function's configuration."""
        return _PAGES.page(asked, "Functions", [configuration(one) for one in self._service.functions()])

    def _function(self, asked: Asked) -> Function:
        return self._service.function(str(asked["FunctionName"]), asked.get("Qualifier"))


def configuration(function: Function) -> dict[str, Any]:
    """A function as API FunctionConfiguration."""
    found: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Runtime": function.runtime,
        "Role": function.role_arn,
        "Handler": function.handler,
        "CodeSize": function.code_size,
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory,
        "LastModified": function.last_modified,
        "CodeSha256": function.code_sha256,
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [function.architecture],
        "EphemeralStorage": {"Size": function.ephemeral_storage},
        "LoggingConfig": {
            "LogFormat": "JSON" if function.logging.json else "Text",
            "LogGroup": function.logging.group,
        },
    }
    if function.environment:
        found["Environment"] = {"Variables": dict(function.environment)}
    if function.logging.json:
        found["LoggingConfig"]["ApplicationLogLevel"] = function.logging.application_level or "INFO"
        found["LoggingConfig"]["SystemLogLevel"] = function.logging.system_level
    return found


def _refuse_payload(payload: bytes, largest: int) -> None:
    if len(payload) > largest:
        raise AwsRefusal(
            "RequestTooLargeException",
            f"Request must be smaller than {largest} bytes for the InvokeFunction operation",
        )
    try:
        json.loads(payload)
    except ValueError as error:
        raise AwsRefusal(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from None
