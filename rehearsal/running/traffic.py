"""A steady stream of requests through the load balancer, counted: what users would have noticed.

Who answered is read from the load balancer's access log, never from the answer: an application says what it likes.
"""

import http.client
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from documents.listener_rules import Example
from rehearsal.elb.access_log import AccessLog
from rehearsal.elb.health_check import HealthCheck
from rehearsal.elb.proxy import TRACE
from rehearsal.running.verdict import Answering, Failure, Serving, Verdict
from rehearsal.world.cloud import Cloud

PERIOD_SECONDS = 0.05
GOOD_BELOW = 400
"""A path that no health check describes is answered well below this status."""
ANSWERED_BELOW = 500
"""A path that nobody named, only a rule's pattern, is answered well by any application that answers."""
ANYTHING = Example()
"""A request as good as any other, where no rule asks for more."""
_PATIENCE = 10.0


def get(url: str, path: str = "/", timeout: float = _PATIENCE) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of one request; OSError or http.client.HTTPException when there is no answer."""
    status, body = _ask(url, path, ANYTHING, {}, timeout)
    try:
        return status, json.loads(body) if body.startswith(b"{") else {}
    except ValueError:
        return status, {}


@dataclass(frozen=True)
class Load:
    """How much is asked while a release goes on."""

    paths: Sequence[str] = ()
    """Paths to ask for; each service's health path when there are none."""
    concurrency: int = 1
    """Requests under way at the same time, for each path of each service."""


@dataclass(frozen=True)
class Route:
    """One path of one service, and what a good answer is."""

    service: str
    url: str
    path: str
    check: HealthCheck
    """The service's own health check, which says what a good answer to its path is."""
    example: Example = ANYTHING
    """What a request must have besides its path so that the service's rule takes it."""
    guessed: bool = False
    """Whether nobody named the path: it is one that the service's rule takes."""

    def accepts(self, status: int) -> bool:
        """Whether a status is a good answer."""
        if self.path == self.check.path:
            return self.check.accepts(status)
        return status < (ANSWERED_BELOW if self.guessed else GOOD_BELOW)


@dataclass
class Stream:
    """Sends one request after the other along one route while its context is open."""

    route: Route
    log: AccessLog
    cloud: Cloud
    answered: Counter[str] = field(default_factory=Counter[str])
    """Good answers by the version that gave them."""
    failed: Counter[Failure] = field(default_factory=Counter[Failure])
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
        self.stop()
        if self._thread is not None:
            self._thread.join(_PATIENCE * 1.5)

    @property
    def sent(self) -> int:
        """How many requests were answered or failed."""
        return self.answered.total() + self.failed.total()

    def stop(self) -> None:
        """Send nothing more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            begun = time.monotonic()
            self._one()
            self._ended.wait(max(0.0, PERIOD_SECONDS - (time.monotonic() - begun)))

    def _one(self) -> None:
        said, image = asked(self.route, self.log)
        version = self.cloud.version_of(image) if image else ""
        # A load balancer's own 404 is no application's.
        somebody = bool(image) or not self.route.guessed
        if isinstance(said, int) and somebody and self.route.accepts(said):
            self.answered[version] += 1
            return
        told = f"HTTP {said}" if isinstance(said, int) else said
        self.failed[Failure(self.route.service, self.route.path, told, version)] += 1


class Traffic:
    """Streams along every route, as many at a time as asked for; a context manager."""

    def __init__(self, cloud: Cloud, log: AccessLog, routes: Sequence[Route], concurrency: int = 1) -> None:
        """Send nothing before the context is entered."""
        self._streams = [Stream(route, log, cloud) for route in routes for _ in range(concurrency)]
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        """Begin every stream."""
        with ExitStack() as begun:
            for stream in self._streams:
                begun.enter_context(stream)
            self._ends = begun.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every stream after its request in flight."""
        for stream in self._streams:
            stream.stop()
        self._ends.close()

    def verdict(self, now: Callable[[], Sequence[Serving]]) -> Verdict:
        """What the streams came to, and who answers now."""
        answered: Counter[str] = sum((stream.answered for stream in self._streams), Counter[str]())
        failed: Counter[Failure] = sum((stream.failed for stream in self._streams), Counter[Failure]())
        return Verdict(answered, failed, tuple(now()), asked=bool(self._streams))


def answering(route: Route, log: AccessLog, cloud: Cloud) -> Answering:
    """Who answers a route now."""
    said, image = asked(route, log)
    digest = image.rpartition("@")[2] if "@" in image else ""
    status = said if isinstance(said, int) else 0
    return Answering(route.service, cloud.version_of(image) if image else "", digest, status, route.path)


def asked(route: Route, log: AccessLog) -> tuple[int | str, str]:
    """One request: its status, or how it broke; and the image that the access log has for it, empty for none."""
    trace = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    log.follow(trace, route.example.source)
    said: int | str
    try:
        said, _ = _ask(route.url, route.path, route.example, {TRACE: trace}, _PATIENCE)
    except (OSError, http.client.HTTPException) as error:
        said = type(error).__name__
    entry = log.take(trace)
    return said, entry.image if entry else ""


def _ask(url: str, path: str, example: Example, headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    host = {"Host": example.host} if example.host else {}
    query = f"{'&' if '?' in path else '?'}{example.query}" if example.query else ""
    try:
        connection.request(
            example.method, f"{path}{query}", headers={**headers, **host, **dict(example.headers)}
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
