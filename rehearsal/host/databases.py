"""The database of one rehearsal: a server started for it, by the engine that the stack means, or the user's own."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rehearsal.errors import UsageError
from rehearsal.host import mariadb
from rehearsal.host.database_address import MYSQL, POSTGRES, Address, Wanted, engine_of
from rehearsal.host.mariadb import MariaDb
from rehearsal.host.postgres import Postgres
from rehearsal.host.processes import Processes

NAME = "app"
_PORTS = {POSTGRES: 5432, MYSQL: 3306}
_SECONDS = 5


def _nothing() -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Served:
    """A database that answers."""

    address: Address
    """As this machine reaches it."""
    product: str
    """What it is, in words for people."""
    remarks: Callable[[], Sequence[str]] = _nothing
    """What applications asked it for in vain."""


@contextmanager
def serving(
    wanted: Wanted, declared_port: int | None, processes: Processes, folder: Path, templates: Path
) -> Generator[Served]:
    """Start what is wanted and make its database; RehearsalError when it can't be had.

    `declared_port` is the stack's: the port says the engine where nobody chose one, and is listened on where it is free.
    """
    if wanted.own is not None:
        _expect_answer(wanted.own)
        yield Served(wanted.own, f"{wanted.own!r}, your own")
        return
    engine = wanted.engine or engine_of(declared_port)
    port = declared_port or _PORTS[engine]
    server = (
        MariaDb(processes, folder, port=port, dump=wanted.dump)
        if engine == MYSQL
        else Postgres(processes, folder, template=templates, port=port, dump=wanted.dump)
    )
    with server:
        yield Served(server.create_database(NAME), server.product, server.remarks)


def _expect_answer(own: Address) -> None:
    remedy = "start it, or correct --database"
    if own.engine == MYSQL:
        if not mariadb.greeted(own.host, own.port):
            raise UsageError(f"--database: {own!r}", "no server of the MySQL family answers there", remedy)
        return
    import psycopg  # noqa: PLC0415  (0.1 s that a rehearsal with a server of its own spends elsewhere)

    try:
        psycopg.connect(own.url, connect_timeout=_SECONDS).close()
    except psycopg.Error as error:
        said = " ".join(str(error).split()).replace(own.password or "\0", "…")
        raise UsageError(f"--database: {own!r} ({said[:300]})", "it must let its user in", remedy) from None
