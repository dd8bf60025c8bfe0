"""Answers one request that came to a listener: finds the rule that it is for, and does what that says."""

from collections.abc import Mapping

import aiohttp
from aiohttp import web

from rehearsal.elb.access_log import AccessLog
from rehearsal.elb.condition import Request
from rehearsal.elb.listener import Listener
from rehearsal.elb.own_answer import fixed_response, page, redirect
from rehearsal.elb.proxy import TRACE, forward
from rehearsal.elb.target_group import TargetGroup


async def answer(
    request: web.BaseRequest,
    listener: Listener,
    groups: Mapping[str, TargetGroup],
    session: aiohttp.ClientSession,
    log: AccessLog,
) -> web.StreamResponse:
    """Answer as the listener's first rule that takes the request says."""
    seen = _seen(request, log)
    rule = listener.rule_for(seen)
    if rule.action.fixed is not None:
        return fixed_response(rule.action.fixed)
    if rule.action.redirect is not None:
        return redirect(rule.action.redirect, seen, listener.entrance.protocol, listener.entrance.port)
    arn = rule.group()
    if arn is None:
        return page(503, "Service Temporarily Unavailable")
    return await forward(request, groups[arn], session, listener.entrance, log)


def _seen(request: web.BaseRequest, log: AccessLog) -> Request:
    source = log.source(request.headers.get(TRACE, "")) or request.remote or "127.0.0.1"
    return Request(request.method, request.host, request.raw_path, tuple(request.headers.items()), source)
