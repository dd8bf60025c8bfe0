"""A small web application: its version, its applied migrations and its orders, as JSON.

`/healthz` answers without the database, so that a busy database never makes a healthy process look dead.
"""

import json
import os
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg

VERSION = Path(__file__).with_name("VERSION").read_text(encoding="utf-8").strip()


def state(database_url: str) -> dict[str, Any]:
    """What the database holds."""
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        migrations = connection.execute("SELECT name FROM schema_migrations ORDER BY name").fetchall()
        counted = connection.execute("SELECT count(*) FROM orders").fetchone()
    return {"migrations": [name for (name,) in migrations], "orders": counted[0] if counted else 0}


class Handler(BaseHTTPRequestHandler):
    """Answers `/` and `/healthz`."""

    timeout = 10

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path == "/healthz":
            self._answer(HTTPStatus.OK, {"status": "ok", "version": VERSION})
        elif self.path == "/":
            self._answer_with_state()
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "not found"})

    def _answer_with_state(self) -> None:
        try:
            found = state(os.environ["DATABASE_URL"])
        except KeyError:
            self._answer(
                HTTPStatus.INTERNAL_SERVER_ERROR, {"version": VERSION, "error": "DATABASE_URL is not set"}
            )
        except psycopg.Error as error:
            # Not the text itself: a connection error may quote the address of the database.
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"version": VERSION, "error": type(error).__name__})
        else:
            self._answer(HTTPStatus.OK, {"version": VERSION, **found})

    def _answer(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Log requests, health checks left out."""
        if self.path != "/healthz":
            sys.stdout.write(f"{format % args}\n")
            sys.stdout.flush()


class Server(ThreadingHTTPServer):
    """A server whose closing waits for the requests in flight.

    Each connection carries one request (HTTP/1.0), so no idle connection can hold the process.
    """

    daemon_threads = False
    request_queue_size = 128


def main() -> None:
    """Serve on $HOST and $PORT until TERM; exit code 0."""
    port = int(os.environ.get("PORT", "8080"))
    server = Server((os.environ.get("HOST", "0.0.0.0"), port), Handler)

    def stop(*_: object) -> None:
        # In another thread: this one runs serve_forever, which shutdown waits for.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"version {VERSION} listens on port {port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.05)
    server.server_close()


if __name__ == "__main__":
    main()
