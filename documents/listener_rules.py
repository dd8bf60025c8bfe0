"""Rules of a load balancer's listener: which requests they are for, as Elastic Load Balancing takes them.

AWS documents: User Guide for Application Load Balancers, rule-condition-types (forms, and which condition a rule has once),
load-balancer-limits ("Condition values per rule", "Condition wildcards per rule"); Elastic Load Balancing API Reference,
HttpHeaderConditionConfig, HttpRequestMethodConditionConfig, QueryStringConditionConfig, SourceIpConditionConfig, CreateRule.
Where two pages differ the narrower counts: five wildcards of the guide, not the six of its table of quotas. That the guide has three
values for a condition is none of them: its table, its API's words for `source-ip` and AWS's own CDK have five for a rule.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_VALUES = 5
"""Condition values of one rule, of all its conditions together."""

MOST_WILDCARDS = 5
"""`*` and `?` in all values of one rule."""

LONGEST_VALUE = 128
LOWEST_PRIORITY, HIGHEST_PRIORITY = 1, 50_000

_HOST = re.compile(r"[A-Za-z0-9.*?-]*\.[A-Za-z]+")
_PATH = re.compile(r"""[A-Za-z0-9_.$/~"'@:+&*?-]+""")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,40}")
_METHOD = re.compile(r"[A-Z_-]{1,40}")
_VISIBLE = re.compile(r"[\x20-\x7e]+")
_NOBODY = ipaddress.ip_network("255.255.255.255/32")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a request must be like: every condition holds, and one with several values holds when one of them does."""

    hosts: Sequence[str] = ()
    paths: Sequence[str] = ()
    methods: Sequence[str] = ()
    sources: Sequence[str] = ()
    """Ranges of addresses."""
    headers: Sequence[tuple[str, Sequence[str]]] = ()
    """One condition each: a header's name, and values of which one is looked for."""
    queries: Sequence[Sequence[tuple[str | None, str]]] = ()
    """One condition each: pairs of key (None for any) and value of which one is looked for."""


def balancer_of(listener: str) -> str:
    """ARN of the load balancer that a listener belongs to, read from the listener's own."""
    return listener.rpartition("/")[0].replace(":listener/", ":loadbalancer/")


def check(conditions: Conditions) -> None:
    """Raise ValueError unless a rule may have these conditions."""
    patterns = list(_patterns(conditions))
    count = len(patterns) + len(conditions.methods) + len(conditions.sources)
    if not count:
        raise ValueError(
            "there is no condition, and a rule without one is the listener's default: give hosts, paths or another condition"
        )
    if count > MOST_VALUES:
        raise ValueError(
            f"there are {count} condition values, and a rule has {MOST_VALUES} at most: "
            "make it several rules with priorities of their own"
        )
    wildcards = sum(len(re.findall(r"(?<!\\)[*?]", pattern)) for pattern in patterns)
    if wildcards > MOST_WILDCARDS:
        raise ValueError(
            f"there are {wildcards} wildcards (* and ?), and a rule has {MOST_WILDCARDS} at most: make it several rules"
        )
    _check_values(conditions)


def address(conditions: Conditions) -> tuple[str, str]:
    """Host and path that a rule is for, as far as it names them without wildcards: an empty host for any, and the path's beginning."""
    host = next((one for one in conditions.hosts if not re.search(r"[*?]", one)), "")
    path = re.split(r"[*?]", conditions.paths[0])[0] if conditions.paths else ""
    return host, path or "/"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One request that meets a rule's conditions."""

    method: str = "GET"
    host: str = ""
    """Empty for any."""
    path: str = "/"
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    source: str = ""
    """Address of the client; empty for any."""


def example(conditions: Conditions) -> Example:
    """A request that a rule with these conditions takes: each condition's first value, its wildcards filled."""
    methods = conditions.methods
    pairs = [_filled_pair(*one[0]) for one in conditions.queries]
    return Example(
        method="GET" if not methods or "GET" in methods else methods[0],
        host=_filled(conditions.hosts[0], "any") if conditions.hosts else "",
        path=_filled(conditions.paths[0]) if conditions.paths else "/",
        query="&".join(pairs),
        headers=tuple((name, _filled(values[0])) for name, values in conditions.headers),
        source=str(ipaddress.ip_network(conditions.sources[0], strict=False)[0])
        if conditions.sources
        else "",
    )


def check_host(host: str) -> str:
    """The host pattern; ValueError for one that ELB does not take."""
    if len(host) > LONGEST_VALUE or not _HOST.fullmatch(host):
        raise ValueError(
            f"{host!r} is no host pattern: up to {LONGEST_VALUE} letters, digits, hyphens, dots, * and ?, with at least one dot "
            "and letters only after the last one; write it as shop.example.com or *.example.com"
        )
    return host


def check_path(path: str) -> str:
    """The path pattern; ValueError for one that ELB does not take."""
    if len(path) > LONGEST_VALUE or not _PATH.fullmatch(path):
        raise ValueError(
            f"{path!r} is no path pattern: up to {LONGEST_VALUE} of letters, digits, _-.$/~\"'@:+&, * and ?, "
            "without the query; write it as /api/*"
        )
    return path


def check_method(method: str) -> str:
    """The request method; ValueError for one that ELB does not take."""
    if not _METHOD.fullmatch(method):
        raise ValueError(
            f"{method!r} is no request method: up to 40 capital letters, hyphens and underscores, no wildcards; "
            "write it as GET"
        )
    return method


def check_header(name: str) -> str:
    """The header's name; ValueError for one that ELB does not take."""
    if name.lower() == "host":
        raise ValueError(f"{name!r} is matched by a host condition only: give it as hosts")
    if not _HEADER.fullmatch(name) or "*" in name:
        raise ValueError(
            f"{name!r} is no header's name: up to 40 letters, digits and !#$%&'+.^_`|~-, no wildcards; correct it"
        )
    return name


def check_value(value: str) -> str:
    """A header's or a query's key or value; ValueError for one that ELB does not take."""
    if len(value) > LONGEST_VALUE or not _VISIBLE.fullmatch(value):
        raise ValueError(
            f"{value!r} is no value to look for: 1 to {LONGEST_VALUE} visible ASCII characters, with * and ? as wildcards; shorten it"
        )
    return value


def check_source(cidr: str) -> str:
    """The range of addresses; ValueError for one that ELB does not take."""
    try:
        network = ipaddress.ip_network(cidr, strict=False) if "/" in cidr else None
    except ValueError:
        network = None
    if network is None or network == _NOBODY:
        raise ValueError(
            f"{cidr!r} is no range of addresses that a rule takes; write it as 192.0.2.0/24, 255.255.255.255/32 excepted"
        )
    return cidr


def _filled(pattern: str, anything: str = "") -> str:
    """A text that a pattern matches."""
    return re.sub(r"\\([*?])|[*?]", lambda m: m[1] or {"*": anything, "?": "a"}[m[0]], pattern)


def _filled_pair(key: str | None, value: str) -> str:
    return f"{_filled(key or 'any')}={_filled(value)}"


def _check_values(conditions: Conditions) -> None:
    for host in conditions.hosts:
        check_host(host)
    for path in conditions.paths:
        check_path(path)
    for method in conditions.methods:
        check_method(method)
    for cidr in conditions.sources:
        check_source(cidr)
    for name, values in conditions.headers:
        check_header(name)
        for value in values:
            check_value(value)
    for key, value in (pair for pairs in conditions.queries for pair in pairs):
        check_value(value)
        if key is not None:
            check_value(key)


def _patterns(conditions: Conditions) -> Iterable[str]:
    """Every value that may have wildcards; a query's pair is one."""
    yield from conditions.hosts
    yield from conditions.paths
    for _, values in conditions.headers:
        yield from values
    for pairs in conditions.queries:
        for key, value in pairs:
            yield value if key is None else f"{key}={value}"
