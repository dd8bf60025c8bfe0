"""Loads a dump into a PostgreSQL database: SQL text, plain or gzipped, or pg_dump's custom format."""

import re
from collections.abc import Iterator
from pathlib import Path

from rehearsal.errors import UsageError
from rehearsal.host.database_address import Address
from rehearsal.host.dumps import opened, poured
from rehearsal.host.pg_binaries import Binaries, dumped_by

_CUSTOM = b"PGDMP"
_HEAD = 4096
_ROLE = re.compile(rb'\b(?:OWNER TO|GRANT .* TO|REVOKE .* FROM|FOR ROLE) ("(?:[^"]|"")+"|\w+)')
_PUBLIC = frozenset({b"PUBLIC", b"CURRENT_USER", b"SESSION_USER", b"CURRENT_ROLE"})


def written_by(dump: Path) -> int:
    """The newest major version that a dump says it is of or was made by; 0 when it doesn't say."""
    with opened(dump) as file:
        return dumped_by(file.read(_HEAD))


def load(binaries: Binaries, dump: Path, address: Address) -> None:
    """Load a dump; UsageError has the first thing PostgreSQL didn't take.

    Owners and grants that a dump names are roles of the server it comes from: they are made, without a login.
    """
    with dump.open("rb") as file:
        custom = file.read(len(_CUSTOM)) == _CUSTOM
    if custom:
        words = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--dbname", address.name]
    else:
        _make_roles(dump, address)
        words = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", address.name]
    environment = {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "PGHOST": address.host,
        "PGPORT": str(address.port),
        "PGUSER": address.username,
        "PGPASSWORD": address.password,
    }
    code, said = poured(dump, [str(binaries.folder / words[0]), *words[1:]], environment)
    if code != 0:
        lines = [line for line in said if re.search("error|FATAL", line, re.IGNORECASE)] or [
            f"exit code {code}"
        ]
        raise UsageError(
            f"--dump {dump}: {lines[0][:300]}",
            f"{binaries} must take all of it",
            "make the dump anew (pg_dump --no-owner --no-privileges), or name a database that holds it with --database",
        )


def _make_roles(dump: Path, address: Address) -> None:
    import psycopg  # noqa: PLC0415  (0.1 s that a rehearsal without a dump never needs)
    from psycopg import sql  # noqa: PLC0415

    wanted = {name.decode(errors="replace") for name in _roles(dump)} - {address.username}
    if not wanted:
        return
    with psycopg.connect(address.url, autocommit=True) as connection:
        there = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
        for name in sorted(wanted - there):
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))


def _roles(dump: Path) -> Iterator[bytes]:
    with opened(dump) as file:
        for line in file:
            for name in _ROLE.findall(line):
                if name.upper() not in _PUBLIC:
                    yield name[1:-1].replace(b'""', b'"') if name.startswith(b'"') else name.lower()
