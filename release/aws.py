"""This function's way to AWS: one client for each service and Region, with its patience measured in seconds."""

import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from documents.nested import within

_PATIENCE = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
"""Seconds and attempts: with boto3's own of 60 seconds, one lost answer would outlast the function."""

_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_PASSING = frozenset(
    {
        "InternalServerError",
        "RequestLimitExceeded",
        "ServerException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""What may go by itself (Amazon ECS API Reference, Common Errors, and those of the operations)."""

_MOST_BYTES = 8 * 1024 * 1024
"""Of a blob that is read whole: the configuration of an image has some kilobytes."""


class Aws:
    """The clients of one execution environment, kept for the next call as Lambda keeps the environment."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], Any] = {}

    def ready(self, *services: str) -> None:
        """Make clients ahead of the first call: Lambda gives more processor while it starts a function than it does later."""
        for service in services:
            self.client(service)

    def client(self, service: str, region: str = "") -> Any:
        """The client of a service, in another Region than this function's if one is named."""
        if (service, region) not in self._clients:
            made = boto3.client(service, region_name=region or None, config=_PATIENCE)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            self._clients[service, region] = made
        return self._clients[service, region]

    def fetch(self, url: str) -> bytes:
        """What lies behind an address that AWS has signed for this one reading."""
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  (the address is an answer of ECR's)
            return answer.read(_MOST_BYTES)


def code_of(error: ClientError) -> str:
    """The code of what a service answered."""
    return str(within(_answer(error), "Error").get("Code", ""))


def message_of(error: ClientError) -> str:
    """The sentence of what a service answered; it may name what was asked for, and never what is kept there."""
    return str(within(_answer(error), "Error").get("Message", ""))


def is_denied(error: ClientError) -> bool:
    """Whether a service answered that the caller may not."""
    return code_of(error) in _DENIED


def is_passing(error: Exception) -> bool:
    """Whether the same call may go well a little later."""
    if isinstance(error, ClientError):
        status = int(within(_answer(error), "ResponseMetadata").get("HTTPStatusCode") or 0)
        return code_of(error) in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, BotoCoreError | OSError) and not isinstance(error, ParamValidationError)


def operation_of(error: ClientError) -> str:
    """The operation that a service answered to."""
    return str(error.operation_name)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _answer(error: ClientError) -> Mapping[str, Any]:
    return error.response
