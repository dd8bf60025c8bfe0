"""Plays an image that can't be run here: answers 200 to any request, on the given ports, saying so.

A process of its own: `python -I standin.py IMAGE PORT...`, standard library only.
"""

import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def handler(image: str) -> type[BaseHTTPRequestHandler]:
    """A request handler that names the image it stands in for."""
    body = f"stand-in for {image}\n".encode()

    class StandIn(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 (the base class's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """Say nothing per request: health checks come every few moments."""

    return StandIn


def main() -> None:
    """Serve until TERM; exit code 0."""
    image, *ports = sys.argv[1:]
    ended = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda _number, _frame: ended.set())
    for port in ports:
        server = ThreadingHTTPServer(("127.0.0.1", int(port)), handler(image))
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"stand-in for {image} on {', '.join(ports) or 'no port'}\n")
    sys.stdout.flush()
    ended.wait()


if __name__ == "__main__":
    main()
