"""Conditions of rules, read from what a program declares and from what the API is asked, and held against requests.

AWS documents: elasticloadbalancing/latest/application/rule-condition-types; APIReference/API_RuleCondition. A query string is
compared as it was sent, because no page says that it is decoded.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from documents.listener_rules import Conditions, check
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.declared_blocks import block, blocks

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(frozen=True)
class Request:
    """What a rule looks at."""

    method: str
    host: str
    """As the header has it."""
    target: str
    """Path and query as they were sent."""
    headers: Sequence[tuple[str, str]]
    source: str
    """Address of the client."""


def declared(conditions: Any) -> list[dict[str, Any]]:
    """The conditions of a declared rule in the API's shape."""
    told: list[dict[str, Any]] = []
    for one in blocks(conditions):
        for name, field in _DECLARED.items():
            if one.get(name):
                told.append({"Field": field, _CONFIG[field]: _capital(block(one[name]))})
        if one.get("queryStrings"):
            pairs = [_capital(pair) for pair in blocks(one["queryStrings"])]
            told.append({"Field": "query-string", "QueryStringConfig": {"Values": pairs}})
    return told


def read(conditions: Sequence[Mapping[str, Any]]) -> Conditions:
    """Conditions in the API's shape; AwsRefusal for those that no rule may have, RehearsalError for what is not played."""
    found = _read(conditions)
    try:
        check(found)
    except ValueError as wrong:
        raise _wrong(str(wrong)) from wrong
    return found


def _read(conditions: Sequence[Mapping[str, Any]]) -> Conditions:
    once: dict[str, Sequence[str]] = {}
    headers: list[tuple[str, Sequence[str]]] = []
    queries: list[Sequence[tuple[str | None, str]]] = []
    for one in conditions:
        field, config = _config(one)
        values: Sequence[Any] = config.get("Values") or ()
        if not values:
            raise _wrong(f"a condition value must be specified for {field}")
        if field == "http-header":
            headers.append((str(config.get("HttpHeaderName") or ""), tuple(values)))
        elif field == "query-string":
            queries.append(tuple((pair.get("Key"), str(pair.get("Value") or "")) for pair in values))
        elif field in once:
            raise _wrong(f"a rule can only have one {field} condition")
        else:
            once[field] = tuple(values)
    return Conditions(
        hosts=once.get("host-header", ()),
        paths=once.get("path-pattern", ()),
        methods=once.get("http-request-method", ()),
        sources=once.get("source-ip", ()),
        headers=tuple(headers),
        queries=tuple(queries),
    )


def told(conditions: Conditions) -> list[dict[str, Any]]:
    """Conditions in the API's shape; hosts and paths stand twice, as ELB answers them."""
    found: list[dict[str, Any]] = []
    for field, values in (
        ("host-header", conditions.hosts),
        ("path-pattern", conditions.paths),
        ("http-request-method", conditions.methods),
        ("source-ip", conditions.sources),
    ):
        if values:
            short = {"Values": list(values)} if field in _SHORT else {}
            found.append({"Field": field, **short, _CONFIG[field]: {"Values": list(values)}})
    for name, values in conditions.headers:
        config = {"HttpHeaderName": name, "Values": list(values)}
        found.append({"Field": "http-header", "HttpHeaderConfig": config})
    for pairs in conditions.queries:
        told = [{**({"Key": key} if key is not None else {}), "Value": value} for key, value in pairs]
        found.append({"Field": "query-string", "QueryStringConfig": {"Values": told}})
    return found


def meets(request: Request, conditions: Conditions) -> bool:
    """Whether a request is one that a rule with these conditions is for."""
    path, _, query = request.target.partition("?")
    host = re.sub(r":\d+$", "", request.host)
    return (
        _one(conditions.hosts, [host], any_case=True)
        and _one(conditions.paths, [_normal(path)])
        and (not conditions.methods or request.method in conditions.methods)
        and (not conditions.sources or any(_within(request.source, cidr) for cidr in conditions.sources))
        and all(_one(values, _sent(request, name), any_case=True) for name, values in conditions.headers)
        and all(_asks(query, pairs) for pairs in conditions.queries)
    )


_DECLARED = {
    "hostHeader": "host-header",
    "pathPattern": "path-pattern",
    "httpRequestMethod": "http-request-method",
    "sourceIp": "source-ip",
    "httpHeader": "http-header",
}
_CONFIG = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
}
_SHORT = ("host-header", "path-pattern")
"""Fields whose values may stand beside the field too."""


def _config(condition: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """A condition's field, and what it is configured by."""
    field = str(condition.get("Field") or "")
    named = [name for name in _CONFIG.values() if condition.get(name)]
    field = field or next((one for one, name in _CONFIG.items() if named == [name]), "")
    if field not in _CONFIG or any(name != _CONFIG[field] for name in named):
        raise _wrong(f"condition field {field!r} with {', '.join(named) or 'nothing'} is not valid")
    config: Mapping[str, Any] = condition.get(_CONFIG[field]) or {}
    if condition.get("Values"):
        if field not in _SHORT or config:
            raise _wrong(
                f"Values beside a {field} condition go with no configuration, and with host and path only"
            )
        config = {"Values": condition["Values"]}
    if config.get("RegexValues") or condition.get("RegexValues"):
        raise RehearsalError(
            "a condition with regular expressions",
            "the rehearsal does not play AWS's regular expressions",
            "match by values and wildcards",
        )
    return field, config


def _capital(members: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name[0].upper()}{name[1:]}": value for name, value in members.items()}


def _one(patterns: Sequence[str], values: Sequence[str], *, any_case: bool = False) -> bool:
    return not patterns or any(_like(p, any_case=any_case).fullmatch(v) for p in patterns for v in values)


@cache
def _like(pattern: str, *, any_case: bool) -> re.Pattern[str]:
    """A pattern with wildcards; a backslash takes a wildcard's meaning away."""
    parts = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    text = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if any_case else 0))


def _sent(request: Request, name: str) -> list[str]:
    return [value for header, value in request.headers if header.lower() == name.lower()]


def _asks(query: str, pairs: Sequence[tuple[str | None, str]]) -> bool:
    sent = [part.partition("=") for part in query.split("&")] if query else []
    return any(
        (key is None or _like(key, any_case=True).fullmatch(name))
        and _like(value, any_case=True).fullmatch(given)
        for key, value in pairs
        for name, _, given in sent
    )


def _within(address: str, cidr: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr, strict=False)


def _normal(path: str) -> str:
    """A path after URI normalization: what needs no encoding is decoded, and dots are followed (RFC 3986, section 6.2.2)."""
    plain = re.sub(r"%[0-9A-Fa-f]{2}", lambda m: _decoded(m[0]), path)
    return "/".join(_followed(plain.split("/")))


def _decoded(octet: str) -> str:
    character = unquote(octet, encoding="latin-1")
    return character if _UNRESERVED.fullmatch(character) else octet.upper()


def _followed(segments: Sequence[str]) -> Iterator[str]:
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    yield from kept
    if segments[-1] in (".", ".."):
        yield ""


def _wrong(text: str) -> AwsRefusal:
    return AwsRefusal("ValidationError", text)
