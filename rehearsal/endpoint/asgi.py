"""An ASGI application served on a loopback port by a thread of its own, and asked without any network.

Not here: what the application does. TLS is left out on purpose: nothing leaves the machine.
"""

import asyncio
import errno
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from rehearsal.errors import MachineError
from rehearsal.host.loop_thread import LoopThread

HOST = "127.0.0.1"
"""The one address the rehearsal listens on."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_PATIENCE = 10.0
"""Seconds given to the server's thread to begin and to end."""


@dataclass(frozen=True)
class Answer:
    """A whole HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    async def send(self, send: Send) -> None:
        """Give the answer to whoever asked."""
        headers = _encoded({"content-length": str(len(self.body)), **self.headers})
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


async def read_body(receive: Receive) -> bytes:
    """The whole request body."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def replay(application: Application, scope: Scope, body: bytes) -> Answer:
    """What `application` answers to a request whose body was already read."""
    given = iter([{"type": "http.request", "body": body, "more_body": False}])
    started: Message = {"status": 500, "headers": []}
    parts: list[bytes] = []

    async def receive() -> Message:
        message = next(given, None)
        if message is None:
            await asyncio.Event().wait()  # nobody hangs up before the answer is whole
        return message or {}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await application(scope, receive, send)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in started["headers"]}
    return Answer(started["status"], headers, b"".join(parts))


async def ask(  # noqa: PLR0913  (the parts of a request)
    application: Application,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    query: str = "",
    body: bytes = b"",
) -> Answer:
    """What `application` answers to a request of our own; `path` is not percent-encoded."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": quote(path).encode("ascii"),
        "query_string": query.encode("ascii"),
        "headers": _encoded(headers),
        "client": (HOST, 0),
        "server": (HOST, 0),
    }
    return await replay(application, scope, body)


class Server:
    """One listening port and the thread that serves it."""

    def __init__(self, application: Application, name: str, port: int = 0) -> None:
        """Serve `application` on `port` of the loopback address, or on a free one; `name` appears in errors."""
        self._application = application
        self._name = name
        self._port = port
        self._ready = threading.Event()
        self._loop = LoopThread(name)
        self._over: asyncio.Event | None = None
        self._served: Future[None] | None = None

    def start(self) -> int:
        """Listen and serve; answers the port. RehearsalError when the port is taken or nothing serves."""
        listening = self._listen()
        port = int(listening.getsockname()[1])
        self._loop.start()
        self._served = self._loop.begin(self._serve(listening))
        if not self._ready.wait(_PATIENCE):
            self.stop()
            raise MachineError(
                f"the {self._name} did not begin to serve within {_PATIENCE:g} s",
                "it answers at once on an idle machine",
                "run again when the machine is less busy",
            )
        return port

    def stop(self) -> None:
        """Stop serving and free the port; harmless when nothing is served."""
        if self._loop.runs and self._over is not None and self._served is not None:
            self._loop.begin(_set(self._over))
            wait([self._served], _PATIENCE)
        self._loop.stop()
        self._over = self._served = None
        self._ready.clear()

    def _listen(self) -> socket.socket:
        # Bound here and handed over: a port chosen first and bound later could be taken in between.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, self._port))
        except OSError as problem:
            listening.close()
            value = f"port {self._port} of {HOST} cannot be opened ({problem.strerror})"
            remedy = "leave the port out so that a free one is chosen"
            if problem.errno == errno.EADDRINUSE:
                remedy = f"stop what listens there, or {remedy}"
            raise MachineError(value, f"the {self._name} needs it for itself", remedy) from problem
        listening.listen(128)
        listening.setblocking(False)
        return listening

    async def _serve(self, listening: socket.socket) -> None:
        from hypercorn.asyncio import serve  # noqa: PLC0415  (only a started server needs it)
        from hypercorn.config import Config, Sockets  # noqa: PLC0415

        class Handed(Config):
            """Serves the socket it is given; hypercorn's own would be inherited by every child process."""

            def create_sockets(self) -> Sockets:
                return Sockets([], [listening], [])

        self._over = asyncio.Event()
        config = Handed()
        config.errorlog = None  # it would announce itself on the terminal
        config.graceful_timeout = 0.5
        config.keep_alive_timeout = 75.0
        self._ready.set()
        await serve(self._application, config, shutdown_trigger=self._over.wait, mode="asgi")  # pyright: ignore[reportArgumentType]


async def _set(event: asyncio.Event) -> None:
    event.set()
