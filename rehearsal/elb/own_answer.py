"""What a load balancer answers itself: errors, fixed responses and redirects.

AWS document: elasticloadbalancing/latest/application/rule-action-types ("Fixed-response actions", "Redirect actions").
"""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from rehearsal.elb.condition import Request

_SERVER = {"Server": "awselb/2.0"}
_REDIRECTS = {"HTTP_301": HTTPStatus.MOVED_PERMANENTLY, "HTTP_302": HTTPStatus.FOUND}


def page(status: int, reason: str, **headers: str) -> web.Response:
    """A page that says nothing but its status."""
    text = (
        f"<html><head><title>{status} {reason}</title></head><body><h1>{status} {reason}</h1></body></html>\n"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers={**_SERVER, **headers})


def fixed_response(config: Mapping[str, str]) -> web.Response:
    """A fixed response; `config` is a FixedResponseConfig."""
    return web.Response(
        status=int(config["StatusCode"]),
        text=config.get("MessageBody") or "",
        content_type=config.get("ContentType") or "text/plain",
        headers=_SERVER,
    )


def redirect(config: Mapping[str, str], request: Request, protocol: str, port: int) -> web.Response:
    """A redirect to where `config`, a RedirectConfig, says; protocol and port are the listener's as declared."""
    path, _, query = request.target.partition("?")
    own = {
        "#{protocol}": protocol.lower(),
        "#{host}": request.host.rpartition(":")[0] or request.host,
        "#{port}": str(port),
        "#{path}": path.removeprefix("/"),
        "#{query}": query,
    }

    def filled(member: str) -> str:
        text = config[member]
        for keyword, value in own.items():
            text = text.replace(keyword, value)
        return text

    asked = f"?{filled('Query')}" if filled("Query") else ""
    where = f"{filled('Protocol').lower()}://{filled('Host')}:{filled('Port')}{filled('Path')}{asked}"
    status = _REDIRECTS[config["StatusCode"]]
    return page(status, status.phrase, Location=where)
