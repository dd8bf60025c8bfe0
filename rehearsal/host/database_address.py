"""Where the application's database is, in every form that applications are told it in; what was asked for by the command line."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from rehearsal.errors import UsageError

POSTGRES, MYSQL = "postgres", "mysql"
ENGINES = (POSTGRES, MYSQL)
_PORTS = {POSTGRES: 5432, MYSQL: 3306}
SCHEMES = {"postgres": POSTGRES, "postgresql": POSTGRES, "mysql": MYSQL, "mysql2": MYSQL, "mariadb": MYSQL}
_SCHEME = re.compile(r"(?:jdbc:)?(?P<engine>[a-z0-9]+)(?:\+[a-z0-9_]+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """One database and who may use it."""

    engine: str
    """`postgres` or `mysql`, as RDS calls them."""
    host: str
    port: int
    username: str
    password: str
    name: str
    query: str = ""
    """What stands behind the question mark of a URL that was given."""

    def __repr__(self) -> str:
        """Say where it is and never the password."""
        return f"{self.engine} database {self.name} at {self.host}:{self.port}"

    def at(self, host: str) -> "Address":
        """The same database by another name of its machine."""
        return replace(self, host=host)

    @property
    def url(self) -> str:
        """As most drivers take it; the password is in it."""
        scheme = "postgresql" if self.engine == POSTGRES else "mysql"
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        return f"{scheme}://{login}@{_bracketed(self.host)}:{self.port}/{quote(self.name, safe='')}{self._query()}"

    @property
    def jdbc(self) -> str:
        """As Java's drivers take it: user and password are parameters, which no other variable has to repeat."""
        scheme = "postgresql" if self.engine == POSTGRES else "mysql"
        login = f"user={quote(self.username, safe='')}&password={quote(self.password, safe='')}"
        return f"jdbc:{scheme}://{_bracketed(self.host)}:{self.port}/{quote(self.name, safe='')}?{login}"

    @property
    def fields(self) -> Mapping[str, str | int]:
        """The keys of a database secret (Secrets Manager User Guide, reference_secret_json_structure)."""
        return {
            "engine": self.engine,
            "host": self.host,
            "username": self.username,
            "password": self.password,
            "dbname": self.name,
            "port": self.port,
            "dbInstanceIdentifier": "rehearsal",
        }

    def _query(self) -> str:
        return f"?{self.query}" if self.query else ""


@dataclass(frozen=True)
class Wanted:
    """Which database a rehearsal is to use."""

    engine: str | None = None
    """None: what the stack's own port says."""
    own: Address | None = None
    """A database of the user's that exists; nothing is started then."""
    dump: Path | None = None
    """What the database holds before the first release."""


def wanted(database: str | None, dump: Path | None) -> Wanted:
    """What `--database` (an engine, a URL, or @FILE with a URL) and `--dump` ask for; UsageError says what is wrong."""
    if dump is not None and not dump.is_file():
        raise UsageError(f"--dump {dump}", "there is no such file", "name one made by pg_dump or mysqldump")
    if database is None or database in ENGINES:
        return Wanted(engine=database, dump=dump)
    own = address_of(_text(database))
    if dump is not None:
        raise UsageError(
            f"--dump {dump} with --database URL",
            "a database of your own is used as it is, nothing is loaded into it",
            "load the dump yourself, or leave --database out",
        )
    return Wanted(engine=own.engine, own=own)


def engine_of(port: int | None) -> str:
    """The engine that usually listens on a stack's declared database port."""
    return MYSQL if port == _PORTS[MYSQL] else POSTGRES


def address_of(url: str) -> Address:
    """Take a database's URL apart.

    Raises UsageError, which never repeats the password, for what is not such a URL or lies outside this machine: a
    rehearsal's migrations are real, and it promises that nothing leaves the machine.
    """
    remedy = f"write postgresql://USER:PASSWORD@127.0.0.1:PORT/NAME or mysql://…, one of {', '.join(ENGINES)}, or @FILE"
    scheme, separator, rest = url.partition("://")
    known = _SCHEME.fullmatch(scheme)
    if not separator or known is None or known["engine"].lower() not in SCHEMES:
        seen = f"the scheme {scheme}" if separator else "a text without ://"
        raise UsageError(f"--database: {seen}", "it is neither an engine nor a database's URL", remedy)
    engine = SCHEMES[known["engine"].lower()]
    try:
        parts = urlsplit(f"db://{rest}")
        host, port = parts.hostname or "", parts.port or _PORTS[engine]
    except ValueError:
        raise UsageError(
            "--database: the port", "it must be a number up to 65535; escape / @ : in a password", remedy
        ) from None
    name = unquote(parts.path.lstrip("/"))
    if not host or not parts.username or not name:
        missing = ("host", "user", "database name")[0 if not host else 1 if not parts.username else 2]
        raise UsageError(f"--database: a URL without a {missing}", "each of them must be named", remedy)
    _expect_loopback(host)
    user, password = unquote(parts.username), unquote(parts.password or "")
    return Address(engine, host, port, user, password, name, parts.query)


def _expect_loopback(host: str) -> None:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        found = set[str | int]()
    if not found or not all(ip_address(str(one).partition("%")[0]).is_loopback for one in found):
        raise UsageError(
            f"--database: the host {host}",
            "a rehearsal reaches only this machine's loopback addresses, for its migrations are real",
            "start a copy here, or forward a local port to it (ssh -L, docker run -p 127.0.0.1:PORT:PORT)",
        )


def _text(database: str) -> str:
    """The URL itself, or what the file behind @ holds: a command line can be read by every user of the machine."""
    if not database.startswith("@"):
        return database
    try:
        return Path(database[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            f"--database {database}", f"the file can't be read ({reason})", "name a file that holds one URL"
        ) from None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
