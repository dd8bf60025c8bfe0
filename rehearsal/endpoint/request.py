"""A request to an AWS endpoint, taken apart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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

    @property
    def operation(self) -> str:
        """The API operation that a JSON or query protocol names; empty for REST."""
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
        """The JSON body; empty when there is none."""
        try:
            value: Any = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}
