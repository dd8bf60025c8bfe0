"""Programs that stand for what runs in containers: little web servers in this process that behave as their image's name says."""

import json
import re
import socket
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rehearsal.levels.runtime import ContainerSpec

TIMEOUT = 4


OWN = 0.1
"""Real seconds that a second of the fake programs' own time lasts."""


class Program(BaseHTTPRequestHandler):
    """The program in a fake container; its image's name says how it behaves."""

    protocol_version = "HTTP/1.1"
    image = ""
    since = 0.0
    environment: Mapping[str, str] = {}

    def do_GET(self) -> None:
        if self.path == "/health" and "hanging" in self.image:
            time.sleep(TIMEOUT * OWN * 3)
        sick = self.sick() if self.path == "/health" else "broken" in self.image
        if self.path in {"/slow", "/silent"}:
            time.sleep(0.6 if self.path == "/slow" else 1.3)
        if self.path == "/drop":
            self.close_connection = True
            return
        status, body = (500 if sick else 200), self.body().encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection-Was", self.headers.get("Connection", "none"))
        self.end_headers()
        self.wfile.write(body)

    def sick(self) -> bool:
        """Whether health checks fail: always, for the first seconds, or after them, as the image's name says."""
        age = (time.monotonic() - self.since) / OWN
        if warming := re.search(r"warming-(\d+)", self.image):
            return age < int(warming[1])
        if sickening := re.search(r"sickening-(\d+)", self.image):
            return age > int(sickening[1])
        return "unhealthy" in self.image

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> str:
        if self.path == "/headers":
            return json.dumps({name.lower(): value for name, value in self.headers.items()})
        if self.path == "/environment":
            return json.dumps(dict(self.environment))
        return self.image

    def handle(self) -> None:
        with suppress(OSError):  # killed meanwhile
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        del format, args


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: type[Program]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._connections: list[Any] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        super().process_request(request, client_address)

    def kill(self) -> None:
        """Stop as a killed program does: requests in flight break."""
        self.shutdown()
        self.server_close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def served(image: str, environment: Mapping[str, str] | None = None) -> Generator[int]:
    """Serve a program; yields its port."""
    server = started(image, environment or {})
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def started(image: str, environment: Mapping[str, str]) -> Server:
    handler = type(
        "Bound", (Program,), {"image": image, "environment": environment, "since": time.monotonic()}
    )
    server = Server(handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@dataclass
class FakeTask:
    """One running fake task."""

    specs: Sequence[ContainerSpec]
    server: Server | None
    code: int | None = None
    stopped: bool = False
    healthy: bool = False
    """What its container's own health check says, where it has one."""

    def address(self, container: str, port: int) -> tuple[str, int]:
        del container, port
        return ("127.0.0.1", self.server.server_address[1] if self.server else 1)

    def exit_code(self) -> int | None:
        return self.code

    def checked(self) -> bool | None:
        return self.healthy if self.specs[0].definition.get("healthCheck") else None

    def log_tail(self, lines: int = 20) -> list[str]:
        return [f"\x1b[31m{self.specs[0].image} wrote this\x1b[0m\x07"][-lines:]

    def written(self, container: str, lines: int) -> list[str]:
        image = next(one.image for one in self.specs if one.name == container)
        return [f"{image} wrote this"][-lines:]

    def stop(self, timeout: float) -> None:
        assert timeout >= 2, (
            "a real program gets two real seconds to shut down, however compressed the clock is"
        )
        self.stopped = True
        if self.server is not None:
            self.server.kill()


@dataclass
class FakeRuntime:
    """Runs every task as a little web server in this process."""

    level: str = "fake"
    tasks: list[FakeTask] = field(default_factory=list[FakeTask])

    def run_task(self, task_id: str, containers: Sequence[ContainerSpec], cpu: str, memory: str) -> FakeTask:
        del task_id, cpu, memory
        image = containers[0].image
        if "unstartable" in image:
            raise RuntimeError("no such file: /app/start")
        crashes = "crashing" in image
        silent = crashes or "refusing" in image
        task = FakeTask(containers, None if silent else started(image, containers[0].environment))
        task.code = 3 if crashes else None
        self.tasks.append(task)
        return task

    @property
    def alive(self) -> list[str]:
        return [task.specs[0].image for task in self.tasks if not task.stopped]
