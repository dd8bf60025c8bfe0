"""A registry in memory, as small as the tests need: it keeps blobs and manifests and remembers what was asked."""

import hashlib
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "QVdTOnNlc2FtZQ=="  # AWS:sesame in base64


class FakeRegistry(ThreadingHTTPServer):
    """Answers the registry protocol on a free port; `refusal` is given instead, when set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.refusal: tuple[int, str, str] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: FakeRegistry  # type: ignore[reportIncompatibleVariableOverride]

    def do_HEAD(self) -> None:
        self.answer_any()

    def do_GET(self) -> None:
        self.answer_any()

    def do_POST(self) -> None:
        self.answer_any()

    def do_PUT(self) -> None:
        self.answer_any()

    def answer_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path)
        self.server.asked.append((self.command, path.path))
        if self.server.refusal:
            self.refuse(*self.server.refusal)
        elif self.headers.get("Authorization") != f"Basic {TOKEN}":
            self.refuse(401, "UNAUTHORIZED", "Not Authorized")
        elif self.command == "POST":
            self.answer(202, Location=f"{path.path}one-upload")
        elif self.command == "PUT" and "/uploads/" in path.path:
            digest = parse_qs(path.query)["digest"][0]
            self.server.blobs[digest] = body
            self.answer(201)
        elif self.command == "PUT":
            self.put_manifest(path.path, body)
        else:
            self.get(path.path)

    def put_manifest(self, path: str, body: bytes) -> None:
        kept = (self.headers["Content-Type"], body)
        repository, _, reference = path.rpartition("/")
        self.server.manifests[f"{repository}/{reference}"] = kept
        self.server.manifests[f"{repository}/sha256:{hashlib.sha256(body).hexdigest()}"] = kept
        self.answer(201)

    def get(self, path: str) -> None:
        if path == "/v2/":
            self.answer(200)
        elif "/manifests/" in path:
            kind, content = self.server.manifests.get(path, ("", b""))
            if content:
                self.answer(200, content, **{"Content-Type": kind})
            else:
                self.refuse(404, "MANIFEST_UNKNOWN", "Requested image not found")
        elif content := self.server.blobs.get(path.rpartition("/")[2]):
            self.answer(200, content)
        else:
            self.refuse(404, "BLOB_UNKNOWN", "blob unknown to registry")

    def refuse(self, status: int, code: str, message: str) -> None:
        self.answer(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode())

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Say nothing."""


@contextmanager
def serving() -> Generator[FakeRegistry]:
    registry = FakeRegistry()
    thread = threading.Thread(target=registry.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        registry.shutdown()
        thread.join()
        registry.server_close()
