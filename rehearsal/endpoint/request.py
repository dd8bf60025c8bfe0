"""A request to an AWS endpoint, taken apart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

from rehearsal.endpoint.signature import Signature


@dataclass(frozen=True)
class Request:
    """One HTTP request to an AWS endpoint, its body read."""

    service: str
    """Signing name of the service."""
    method: str
    path: str
    """Decoded path."""
    query: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """By lower-case name."""
    body: bytes = b""
    signature: Signature | None = None
    _operation: str = ""
    _asked: Mapping[str, Any] | None = None

    def understood(self, operation: str, asked: Mapping[str, Any]) -> "Request":
        """The same request, its operation and input read as the API's model has them."""
        return replace(self, _operation=operation, _asked=asked)

    @property
    def operation(self) -> str:
        """The API operation that a JSON, CBOR or query protocol names; empty for REST until it is understood."""
        if self._operation:
            return self._operation
        if "smithy-protocol" in self.headers:
            return self.path.rpartition("/")[2]
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        return target or next(iter(self.parameters.get("Action", ())), "")

    @property
    def parameters(self) -> Mapping[str, Sequence[str]]:
        """The query string's parameters and a form body's."""
        if "x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            return self.query
        return {**parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True), **self.query}

    @property
    def document(self) -> dict[str, Any]:
        """The operation's input once it is understood; else the JSON body, empty when there is none."""
        if self._asked is not None:
            return dict(self._asked)
        try:
            value: Any = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}
