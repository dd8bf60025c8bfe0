"""The Docker Engine's API over its Unix socket.

Document: docs.docker.com/reference/api/engine. The API instead of the `docker` command where a task is run: values of
secrets travel in a request body, never on a command line, and a variable called PATH or DOCKER_HOST is only a variable.
"""

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_REFUSED = 400
_STREAM_HEADER = 8


class DockerRefused(Exception):
    """The daemon refused or does not answer; `status` is HTTP's (0 without an answer), the text the daemon's own."""

    def __init__(self, status: int, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.status = status


class DockerApi:
    """One daemon on this machine."""

    def __init__(self, path: Path) -> None:
        """Remember the socket; nothing is sent yet."""
        self.path = path

    def ask(  # noqa: PLR0913  (the parts of a request)
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 120.0,
    ) -> Any:
        """The answer's JSON, None when it has none; raises DockerRefused. `timeout` is in real seconds."""
        content = self.read(method, path, query=query, body=body, headers=headers, timeout=timeout)
        return json.loads(content) if content.strip() else None

    def read(  # noqa: PLR0913  (the parts of a request)
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 120.0,
    ) -> bytes:
        """The answer as it is; raises DockerRefused."""
        sent = {"Host": "docker", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        address = f"{path}?{urlencode(query)}" if query else path
        connection = _Connection(self.path, timeout)
        try:
            connection.request(method, address, json.dumps(body) if body is not None else None, sent)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise DockerRefused(0, f"the daemon at {self.path} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status >= _REFUSED:
            raise DockerRefused(response.status, _told(content))
        return content

    def pull(self, image: str, *, login: str = "", platform: str = "", timeout: float = 600.0) -> None:
        """Pull an image; `login` is the API's X-Registry-Auth. Raises DockerRefused with the registry's own words."""
        query = {"fromImage": image} | ({"platform": platform} if platform else {})
        headers = {"X-Registry-Auth": login} if login else {}
        content = self.read("POST", "/images/create", query=query, headers=headers, timeout=timeout)
        for line in content.splitlines():
            progress: Any = json.loads(line)
            if "error" in progress:
                raise DockerRefused(0, str(progress["error"]))

    def has_image(self, image: str) -> bool:
        """Whether the daemon holds an image of this name."""
        try:
            self.ask("GET", f"/images/{image}/json")
        except DockerRefused as error:
            if error.status == http.HTTPStatus.NOT_FOUND:
                return False
            raise
        return True

    def log_tail(self, container: str, lines: int) -> list[str]:
        """The last lines a container wrote to both streams."""
        query = {"stdout": 1, "stderr": 1, "tail": lines}
        content = self.read("GET", f"/containers/{container}/logs", query=query)
        return _unframed(content).decode(errors="replace").splitlines()[-lines:]

    def labelled(self, kind: str, *labels: str) -> list[dict[str, Any]]:
        """Every `containers`, `networks` or `images` that has all these labels (`name` or `name=value`), stopped ones too."""
        query = {"filters": json.dumps({"label": labels})}
        if kind == "containers":
            return self.ask("GET", "/containers/json", query={**query, "all": 1})
        if kind == "images":
            return self.ask("GET", "/images/json", query=query)
        return self.ask("GET", f"/{kind}", query=query)


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _told(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace").strip()


def _unframed(content: bytes) -> bytes:
    """Both streams in the order they came; each piece has a header of eight bytes, the last four are its size."""
    pieces: list[bytes] = []
    at = 0
    while at + _STREAM_HEADER <= len(content):
        size = int.from_bytes(content[at + 4 : at + _STREAM_HEADER])
        pieces.append(content[at + _STREAM_HEADER : at + _STREAM_HEADER + size])
        at += _STREAM_HEADER + size
    return b"".join(pieces)
