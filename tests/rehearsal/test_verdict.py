"""What traffic noticed: counted by the image that answered, with every failure named."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest

from rehearsal.elb.access_log import AccessLog, Answered
from rehearsal.elb.health_check import HealthCheck
from rehearsal.elb.proxy import TRACE
from rehearsal.identity.authority import Authority
from rehearsal.running.traffic import Route, Traffic, answering
from rehearsal.running.verdict import Answering, Failure, Verdict, Working
from rehearsal.world.cloud import BOOTSTRAP, Cloud
from rehearsal.world.journal import Journal

DIGEST = f"sha256:{'a' * 64}"
RELEASED = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/shop@{DIGEST}"
UNKNOWN = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/shop@sha256:{'b' * 64}"


@contextmanager
def balancer(status: int, image: str | None, log: AccessLog, body: bytes = b"<html>") -> Generator[str]:
    """A load balancer with one target that runs an image, or with none."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if image is not None:
                log.note(self.headers.get(TRACE, ""), Answered("group", "127.0.0.1:1", image))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    made = Cloud("http://127.0.0.1:1", Authority(), Journal(), tmp_path)
    made.versions |= {DIGEST: "v7", "ruby:3-alpine": BOOTSTRAP}
    return made


def measured(
    cloud: Cloud, status: int, image: str | None, path: str = "/up", matcher: str = "200"
) -> Verdict:
    log = AccessLog()
    with balancer(status, image, log) as url:
        route = Route("web", url, path, HealthCheck(path="/up", matcher=matcher))
        traffic = Traffic(cloud, log, [route], concurrency=3)
        with traffic:
            threading.Event().wait(0.2)
        return traffic.verdict(lambda: [answering(route, log, cloud)])


def test_a_version_is_known_by_its_image_whatever_it_says_of_itself(cloud: Cloud) -> None:
    verdict = measured(cloud, 200, RELEASED)
    assert verdict.ok
    assert set(verdict.answered) == {"v7"}
    assert verdict.now == (Answering("web", "v7", DIGEST, 200, "/up"),)
    assert set(measured(cloud, 200, UNKNOWN).answered) == {"b" * 12}, "one that nobody named, by its digest"


@pytest.mark.parametrize(
    ("status", "path", "matcher", "verdict_is"),
    [
        (204, "/up", "200,204", "good"),
        (302, "/up", "200", "bad"),
        (302, "/orders", "200", "good"),
        (404, "/orders", "200", "bad"),
        (500, "/orders", "200-599", "bad"),
    ],
)
def test_a_health_path_is_judged_by_its_own_status_codes_and_any_other_path_by_400(
    cloud: Cloud, status: int, path: str, matcher: str, verdict_is: str
) -> None:
    verdict = measured(cloud, status, RELEASED, path, matcher)
    assert verdict.ok is (verdict_is == "good"), verdict.lines()
    if not verdict.ok:
        assert list(verdict.failed) == [Failure("web", path, f"HTTP {status}", "v7")]
        assert f"HTTP {status} on {path} of web, answered by v7" in verdict.lines()[0]


def test_a_request_that_no_task_answered_is_a_failure_and_says_so(cloud: Cloud) -> None:
    verdict = measured(cloud, 503, None)
    assert "HTTP 503 on /up of web, by no task" in verdict.lines()[0]
    assert verdict.lines()[1] == "now web: no task answers, 503 on /up"


def test_a_connection_that_breaks_is_a_failure(cloud: Cloud) -> None:
    log = AccessLog()
    route = Route("web", "http://127.0.0.1:9", "/up", HealthCheck(path="/up"))
    traffic = Traffic(cloud, log, [route])
    with traffic:
        threading.Event().wait(0.1)
    verdict = traffic.verdict(lambda: [answering(route, log, cloud)])
    assert [failure.said for failure in verdict.failed] == ["ConnectionRefusedError"]
    assert cast("Answering", verdict.now[0]).status == 0


def test_nothing_asked_is_nothing_known() -> None:
    verdict = Verdict({}, {}, ())
    assert not verdict.ok, "silence is no proof"
    assert verdict.lines()[0] == "0 requests: none was sent"


def test_workers_alone_have_a_verdict_without_any_request() -> None:
    now = (Working("mail", "v7", DIGEST, 2), Working("ledger", "the bootstrap image", "", 1))
    verdict = Verdict({}, {}, now, asked=False)
    assert verdict.ok
    assert verdict.lines() == (
        "0 requests: no service takes traffic",
        f"now mail: v7 works (digest {DIGEST.removeprefix('sha256:')[:12]}), 2 tasks; ledger: the bootstrap image works, 1 task",
    )


def test_the_log_keeps_nothing_that_nobody_asked_for() -> None:
    log = AccessLog()
    log.note("Root=1-x", Answered("group", "127.0.0.1:1", RELEASED))
    assert log.take("Root=1-x") is None
