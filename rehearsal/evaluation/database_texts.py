"""Texts that name a database of AWS, and the same texts with the rehearsal's database in its place.

Told are hosts of Amazon RDS and Aurora in whatever stands around them: nothing, a port, a URL, JDBC's too, `host=… port=…` and
its like with semicolons, Go's MySQL driver's text, a flat JSON object with RDS's keys. Any other text is none of ours.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rehearsal.host.database_address import MYSQL, SCHEMES, Address

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d+"
_HOST = (
    rf"(?<![\w.-]){_LABEL}\.(?:endpoint\.)?(?:(?:cluster|cluster-ro|cluster-custom|proxy|global|shardgrp)-)?[a-z0-9]+"
    rf"\.(?:(?:{_REGION}|global)\.rds|rds\.{_REGION})\.amazonaws\.com(?:\.cn)?(?![\w-]|\.[\w-])"
)
_DATABASE = re.compile(rf"(?P<host>{_HOST})\.?(?P<port>:\d+)?", re.IGNORECASE)
"""Endpoints of instances, clusters, their readers and custom ones, proxies, global writers and shard groups (Amazon RDS User
Guide, CHAP_CommonTasks.Connect, rds-proxy-connecting; Amazon Aurora User Guide, Aurora.Overview.Endpoints,
aurora-global-database-connecting). China's end in amazonaws.com.cn, with the Region on either side of `rds`."""

_URL = re.compile(
    r"(?<![a-z0-9+.:-])(?P<scheme>[a-z0-9+.:-]+)://(?:(?P<login>[^/?#\s]*)@)?(?P<hosts>[^@/?#;\s]+)(?P<name>/[^?#;\s]*)?(?P<rest>[?;#]\S*)?",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"(?<=[?&;])(?P<key>user|username|password)=[^&;#]*", re.IGNORECASE)
_GO = re.compile(
    r"(?<![^@\s])[^@\s]*@tcp\((?P<hosts>[^)\s]+)\)(?P<name>/[^?\s]*)?", re.IGNORECASE
)  # github.com/go-sql-driver/mysql, "DSN (Data Source Name)"
_WORD = re.compile(
    r"(?<![\w.-])(?P<key>host|server|data source|port|dbname|database|initial catalog|user|username|user id|uid|password|pwd)"
    r"(?P<equals> *= *)(?P<value>'[^']*'|[^\s;]*)",
    re.IGNORECASE,
)
_KEYS = {
    "host": "host", "server": "host", "data source": "host",
    "port": "port",
    "dbname": "dbname", "database": "dbname", "initial catalog": "dbname",
    "user": "username", "username": "username", "user id": "username", "uid": "username",
    "password": "password", "pwd": "password",
}  # fmt: skip
_OTHERS = re.compile(r"\b(?:sqlserver|mssql|oracle|db2)\b", re.IGNORECASE)
"""Engines of RDS that no rehearsal has."""


def hosts(text: str) -> Sequence[str]:
    """The hosts of AWS's databases in a text, in lower case."""
    return [match["host"].lower() for match in _DATABASE.finditer(text)]


def pointed(text: str, database: Address) -> str | None:
    """A text with `database` in place of those it names; None where the text means one of another engine."""
    if _OTHERS.search(text) or not set(_engines(text)) <= {database.engine}:
        return None
    if document := _json(text):
        return json.dumps({key: database.fields.get(key, value) for key, value in document.items()})
    text = _with_words(text, database)
    text = _URL.sub(_about(lambda match: _url(match, database)), text)
    text = _GO.sub(_about(lambda match: _go(match, database)), text)

    def alone(match: re.Match[str]) -> str:
        return f"{database.host}:{database.port}" if match["port"] else database.host

    return _DATABASE.sub(alone, text)


def _engines(text: str) -> list[str]:
    """The engines that a text's URLs are for."""
    words = [word.lower() for match in _URL.finditer(text) for word in re.split(r"[:+.]", match["scheme"])]
    return [SCHEMES[word] for word in words if word in SCHEMES] + ([MYSQL] if _GO.search(text) else [])


def _json(text: str) -> Mapping[str, Any]:
    """A JSON object whose host is a database's; empty for any other text."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) and hosts(str(document.get("host"))) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]


def _about(put: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """Leave alone what names no database of AWS, or is no text of a database's driver."""
    return lambda match: put(match) if hosts(match["hosts"]) and _engines(match[0]) else match[0]


def _url(match: re.Match[str], database: Address) -> str:
    user, password = quote(database.username, safe=""), quote(database.password, safe="")
    login = f"{user}:{password}@" if match["login"] else ""
    name = f"/{quote(database.name, safe='')}" if (match["name"] or "/") != "/" else match["name"] or ""

    def own(parameter: re.Match[str]) -> str:
        return f"{parameter['key']}={password if parameter['key'].lower() == 'password' else user}"

    rest = _PARAMETER.sub(own, match["rest"] or "")
    return f"{match['scheme']}://{login}{database.host}:{database.port}{name}{rest}"


def _go(match: re.Match[str], database: Address) -> str:
    name = f"/{database.name}" if match["name"] else ""
    return f"{database.username}:{database.password}@tcp({database.host}:{database.port}){name}"


def _with_words(text: str, database: Address) -> str:
    """A text of `key=value`s with every part of the database in it; a port is added where none stands."""
    found = list(_WORD.finditer(text)) if "://" not in text else []
    if not any(_KEYS[one["key"].lower()] == "host" and hosts(one["value"]) for one in found):
        return text

    def own(word: re.Match[str]) -> str:
        return f"{word['key']}{word['equals']}{database.fields[_KEYS[word['key'].lower()]]}"

    written = _WORD.sub(own, text)
    if any(_KEYS[one["key"].lower()] == "port" for one in found):
        return written
    more = f";Port={database.port}" if ";" in text else f" port={database.port}"
    return f"{written.rstrip('; ')}{more}"
