"""The program in a function's process: what Lambda's Python runtime does between Lambda and the handler.

It runs alone: nothing of this project can be imported beside the function's package and the SDK, so it knows the standard
library only.

AWS documents: lambda/latest/dg/python-handler.md (handlers, answers), python-context.md, python-logging.md (lines, levels),
lambda-runtime-environment.md.
"""

import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Handler = Callable[[Any, Any], Any]
Failure = dict[str, Any]
"""The error object that Lambda answers with."""

_current = {"id": ""}
"""The request that runs."""

_real_time, _real_nanoseconds = time.time, time.time_ns
_ahead = {"seconds": 0.0}
"""What the rehearsal's clock is before this machine's: AWS waits between two invocations, and here it hardly does."""


class CognitoIdentity:
    """Who calls through Amazon Cognito: nobody here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """What a handler is told about its invocation."""

    def __init__(self, call: Mapping[str, Any]) -> None:
        """Read the call and the environment."""
        environment = os.environ
        self._deadline = float(call["deadline"])
        self.aws_request_id: str = call["id"]
        self.invoked_function_arn: str = call["arn"]
        self.function_name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = CognitoIdentity()
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation is ended; never below nothing."""
        return max(int((self._deadline - _real_time()) * 1000), 0)


class TextLines(logging.Formatter):
    """One line as plain text."""

    def format(self, record: logging.LogRecord) -> str:
        """Level, time, request, and what was said."""
        record.aws_request_id = _current["id"]
        return super().format(record)


class JsonLines(logging.Formatter):
    """One line as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """What was said, and whatever was given as `extra`."""
        line: dict[str, Any] = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": {"WARNING": "WARN", "CRITICAL": "FATAL"}.get(record.levelname, record.levelname),
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": _current["id"],
        }
        line.update((key, value) for key, value in vars(record).items() if key not in _USUAL)
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            line["stackTrace"] = traceback.format_tb(trace)
            line["errorType"], line["errorMessage"] = kind.__name__, str(error)
        return json.dumps(line, default=str, ensure_ascii=False)


_USUAL = frozenset([*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "aws_request_id"])
_LEVELS: Mapping[str, int] = {"TRACE": 5, "WARN": logging.WARNING, "FATAL": logging.CRITICAL}


def set_up_logging(form: str, level: str) -> None:
    """Send the root logger's lines to the log, as the runtime does before it loads the function."""
    handler = logging.StreamHandler(sys.stdout)
    logging.Formatter.converter = time.gmtime
    if form == "JSON":
        handler.setFormatter(JsonLines())
        logging.root.setLevel(_LEVELS.get(level, level or "INFO"))
    else:
        text = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
        handler.setFormatter(TextLines(text, "%Y-%m-%dT%H:%M:%S"))
    logging.root.addHandler(handler)


def found(name: str) -> Handler | Failure:
    """The handler of this name, or why there is none."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        return _failure(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return _failure("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        return _failure(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [where]
        )
    except Exception as error:  # noqa: BLE001  (whatever a module raises while it is loaded)
        return _raised(error)
    handler: Handler | None = getattr(module, function_name, None)
    if handler is None:
        return _failure(
            "Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'"
        )
    return handler


def follow_the_rehearsals_clock() -> None:
    """Let the function see the time that would have passed on AWS, as it was when the invocation began."""
    time.time = lambda: _real_time() + _ahead["seconds"]
    time.time_ns = lambda: _real_nanoseconds() + int(_ahead["seconds"] * 1e9)


def answered(handler: Handler, call: Mapping[str, Any]) -> dict[str, Any]:
    """What one invocation answers: its result as JSON text, or the error object."""
    _current["id"], _ahead["seconds"] = call["id"], float(call["ahead"])
    os.environ["_X_AMZN_TRACE_ID"] = call["trace"]
    try:
        event = json.loads(call["event"])
    except ValueError as error:
        return {"error": _failure("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}")}
    try:
        result = handler(event, Context(call))
    except Exception as error:  # noqa: BLE001  (whatever a handler raises)
        return {"error": _raised(error)}
    try:
        return {"result": json.dumps(result, ensure_ascii=False)}
    except (TypeError, ValueError) as error:
        return {"error": _failure("Runtime.MarshalError", f"Unable to marshal response: {error}")}


def serve(descriptor: int, form: str, level: str) -> None:
    """Load the handler, then answer invocations, one JSON text a line, until there are no more."""
    set_up_logging(form, level)
    follow_the_rehearsals_clock()
    with (
        socket.socket(fileno=descriptor) as channel,
        channel.makefile("rw", encoding="utf-8", newline="\n") as lines,
    ):

        def send(message: Mapping[str, Any]) -> None:
            if "error" in message:
                _tell(message["error"])
            sys.stdout.flush()
            sys.stderr.flush()
            lines.write(json.dumps(message) + "\n")
            lines.flush()

        handler = found(os.environ["_HANDLER"])
        if isinstance(handler, dict):
            send({"error": handler})
            return
        send({"ready": time.monotonic()})
        for line in lines:
            send(answered(handler, json.loads(line)))


def _failure(kind: str, message: str, trace: Sequence[str] = ()) -> Failure:
    return {
        "errorMessage": message,
        "errorType": kind,
        "requestId": _current["id"],
        "stackTrace": list(trace),
    }


def _raised(error: Exception) -> Failure:
    """The error object of an exception of the function's own: its frames, not ours."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename != __file__]
    return _failure(type(error).__name__, str(error), traceback.format_list(frames))


def _tell(error: Failure) -> None:
    """Write an error to the log."""
    text, trace = f"[ERROR] {error['errorType']}: {error['errorMessage']}", "".join(error["stackTrace"])
    sys.stdout.write(f"{text}\nTraceback (most recent call last):\n{trace}\n" if trace else f"{text}\n")


if __name__ == "__main__":
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], sys.argv[4]]
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3])
