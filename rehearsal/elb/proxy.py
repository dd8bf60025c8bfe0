"""Forwards one HTTP request to a target and streams the answer back, as an Application Load Balancer does.

Headers: elasticloadbalancing/latest/application/x-forwarded-headers (mode `append`, the default) and
load-balancer-request-tracing. Status codes of its own: load-balancer-troubleshooting (502, 503, 504).
WebSockets are not passed on.
"""

import contextlib
import secrets
import time
from dataclasses import dataclass

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy

from rehearsal.elb.access_log import AccessLog, Answered
from rehearsal.elb.own_answer import page
from rehearsal.elb.target import Target
from rehearsal.elb.target_group import TargetGroup

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that belong to one connection only (RFC 9110, section 7.6.1)."""

CONNECTING = 10.0
"""Seconds a target may take to accept a connection (load-balancer-troubleshooting, HTTP 504)."""

IDLE = 60.0
"""Seconds without a byte after which a load balancer gives a target up, unless it says otherwise: real ones, they bound real programs."""

TRACE = "X-Amzn-Trace-Id"
CHUNK = 64 * 1024
SERVER_ERROR = 500


@dataclass(frozen=True)
class Entrance:
    """What a request's listener adds to it."""

    protocol: str
    """Declared protocol; an HTTPS listener is served as HTTP here, but targets are told `https` as on AWS."""
    port: int
    idle: float = IDLE
    """The load balancer's idle timeout, in seconds."""


async def forward(
    request: web.BaseRequest,
    group: TargetGroup,
    session: aiohttp.ClientSession,
    entrance: Entrance,
    log: AccessLog,
) -> web.StreamResponse:
    """Answer a request from one target of the group."""
    target = group.choose()
    if target is None:
        group.counters.add("HTTPCode_ELB_5XX_Count")
        return page(503, "Service Temporarily Unavailable")
    group.counters.add("RequestCount")
    log.note(request.headers.get(TRACE, ""), Answered(group.arn, target.name, target.image))
    target.begin()
    try:
        return await _exchange(request, group, target, session, entrance)
    finally:
        target.end()


async def _exchange(
    request: web.BaseRequest,
    group: TargetGroup,
    target: Target,
    session: aiohttp.ClientSession,
    entrance: Entrance,
) -> web.StreamResponse:
    try:
        # On a kept-alive connection that the target closed before it answered, aiohttp tries once more on a
        # new one, for idempotent methods only. AWS may answer 502 there (load-balancer-troubleshooting), so a
        # program's keep-alive should last longer than the idle timeout.
        async with session.request(
            request.method,
            f"http://{target.host}:{target.port}{request.raw_path}",
            headers=_to_target(request, entrance),
            data=request.content if request.can_read_body else None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECTING, sock_read=entrance.idle),
            skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE),
        ) as answer:
            if answer.status >= SERVER_ERROR:
                group.server_error()
            return await _stream(request, answer)
    except TimeoutError:
        group.counters.add("HTTPCode_ELB_5XX_Count")
        return page(504, "Gateway Time-out")
    except (aiohttp.ClientError, OSError):
        group.counters.add("HTTPCode_ELB_5XX_Count")
        return page(502, "Bad Gateway")


async def _stream(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=_kept(answer.headers))
    try:
        await response.prepare(request)
    except OSError:  # the client left (AWS logs this as 460); there is nobody to tell
        return response
    try:
        async for chunk in answer.content.iter_chunked(CHUNK):
            await response.write(chunk)
        await response.write_eof()
    except (aiohttp.ClientError, OSError, TimeoutError):
        # Headers are out, so the only honest end of a broken answer is a broken connection.
        with contextlib.suppress(AttributeError):
            request.transport.abort()  # type: ignore[union-attr]  # None once the client has left
    return response


def _to_target(request: web.BaseRequest, entrance: Entrance) -> CIMultiDict[str]:
    headers = _kept(request.headers)
    came_through = ", ".join(headers.popall("X-Forwarded-For", []))
    client = request.remote or "127.0.0.1"
    headers["X-Forwarded-For"] = f"{came_through}, {client}" if came_through else client
    headers["X-Forwarded-Proto"] = entrance.protocol.lower()
    headers["X-Forwarded-Port"] = str(entrance.port)
    headers.setdefault(TRACE, f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}")
    return headers


def _kept(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {word.strip().lower() for value in headers.getall("Connection", []) for word in value.split(",")}
    return CIMultiDict((k, v) for k, v in headers.items() if k.lower() not in HOP_BY_HOP | named)
