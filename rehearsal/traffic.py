"""A steady stream of requests, counted: what users would have noticed."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

PERIOD_SECONDS = 0.05


def get(url: str, path: str = "/", timeout: float = 10.0) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of one request; OSError or http.client.HTTPException when there is no answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body.startswith(b"{") else {}
    finally:
        connection.close()


@dataclass
class Stream:
    """Sends one request after the other while its context is open."""

    url: str
    path: str = "/"
    accepts: Callable[[int], bool] = lambda status: status == http.HTTPStatus.OK
    """Which status codes are good answers."""
    versions: Counter[str] = field(default_factory=Counter[str])
    """Good answers by the version that gave them."""
    failures: list[str] = field(default_factory=list[str])
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End after the request in flight."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(15)

    @property
    def sent(self) -> int:
        """How many requests have been answered or have failed."""
        return self.versions.total() + len(self.failures)

    def _run(self) -> None:
        while not self._ended.is_set():
            begun = time.monotonic()
            self._one()
            self._ended.wait(max(0.0, PERIOD_SECONDS - (time.monotonic() - begun)))

    def _one(self) -> None:
        try:
            status, body = get(self.url, self.path)
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(type(error).__name__)
            return
        if self.accepts(status):
            self.versions[str(body.get("version", "?"))] += 1
        else:
            self.failures.append(f"HTTP {status}")
