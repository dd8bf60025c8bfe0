"""Addresses that a service signs for the reading of one thing: whoever has one needs nothing else. On AWS they lead to S3.

AWS documents: AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.md; lambda/latest/api/API_GetFunction.md ("valid for 10 minutes").
"""

import secrets
import time
from math import inf


class Links:
    """Every address that was given out for one kind of thing."""

    def __init__(self, place: str, seconds: float = inf) -> None:
        """They begin with `place`, such as `/ecr-layers/`, and are good for so many real seconds; none was given out yet."""
        self._place = place
        self._seconds = seconds
        self._given: dict[str, tuple[float, tuple[str, ...]]] = {}

    def give(self, endpoint: str, *named: str) -> str:
        """A new address below the endpoint's URL, for what is named."""
        path = f"{self._place}{secrets.token_urlsafe(32)}"
        self._given[path] = (time.monotonic() + self._seconds, named)
        return f"{endpoint}{path}"

    def holds(self, path: str) -> bool:
        """Whether a path is one of this kind, given out or not."""
        return path.startswith(self._place)

    def named(self, path: str) -> tuple[str, ...] | None:
        """What a path was given out for; None for one that was not, or is too old."""
        until, named = self._given.get(path, (-inf, ()))
        return named if time.monotonic() < until else None
