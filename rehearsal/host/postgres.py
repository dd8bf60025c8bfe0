"""A real PostgreSQL server for one rehearsal, of this machine or of the lock (see `pg_binaries.py`).

It listens on TCP with a password, so that containers can reach the same server, and takes connections with and without
TLS. Its one user is a superuser, which RDS's master user is not.
"""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from signal import SIGINT
from typing import Self

from rehearsal.errors import MachineError
from rehearsal.host import certificates, pg_binaries, pg_dump, unprivileged
from rehearsal.host.database_address import POSTGRES, Address
from rehearsal.host.pg_binaries import Binaries
from rehearsal.host.ports import own_loopback
from rehearsal.host.processes import Child, Processes

USER = "postgres"
CERTIFIED = "database.rehearsal.internal"
"""The name in the server's certificate, by which containers know it."""
_START_SECONDS = 20.0
_TAKEN = "Address already in use"
_SETTINGS = {
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    # What a crash of the machine would do to this data doesn't matter.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # The default keeps shared memory in /dev/shm, outside our folder.
    "dynamic_shared_memory_type": "mmap",
}


class Postgres:
    """A server with its data below `folder`; runs inside the context.

    `template` is a folder that keeps an initialized, empty data directory for the next time: copying it takes
    a fraction of what `initdb` takes. `port` is what it listens on where that is free, at a loopback address of its own.
    `dump` is what the first database made holds. Nobody but this machine may log in.
    """

    def __init__(  # noqa: PLR0913  (one argument for each thing a caller may choose)
        self,
        processes: Processes,
        folder: Path,
        *,
        template: Path | None = None,
        port: int = 5432,
        dump: Path | None = None,
        binaries: Sequence[Binaries] = (),
    ) -> None:
        """Describe the server; nothing is written or started yet."""
        self._processes = processes
        self._folder = folder.absolute()
        self._template = template.absolute() if template else None
        self._dump = dump
        self._usable = binaries or pg_binaries.usable(pg_dump.written_by(dump) if dump else 0)
        self._binaries = self._usable[0]
        self._server: Child | None = None
        self._password = ""
        self.host = "127.0.0.1"
        """Its loopback address, known inside the context."""
        self.port = port
        """TCP port, known inside the context."""

    def __enter__(self) -> Self:
        """Start the server and wait until it accepts connections."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._prepare()
        self._password = (self._cluster / "password").read_text(encoding="utf-8")
        rules = "host all all 127.0.0.0/8 scram-sha-256\n"
        (self._cluster / "data" / "pg_hba.conf").write_text(rules, encoding="utf-8")
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server, disconnecting whoever is connected."""
        if self._server:
            self._processes.stop(self._server)
            self._server = None

    @property
    def product(self) -> str:
        """Which server this is, for people."""
        return str(self._binaries)

    def address(self, database: str = USER) -> Address:
        """Where a database is, password included."""
        return Address(POSTGRES, self.host, self.port, USER, self._password, database)

    def create_database(self, name: str) -> Address:
        """Make a database that holds the dump, or nothing; where it is. MachineError when the dump can't be loaded."""
        import psycopg  # noqa: PLC0415 (0.1 s that a rehearsal can spend while the server starts)
        from psycopg import sql  # noqa: PLC0415

        with psycopg.connect(self.address().url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made = self.address(name)
        if self._dump is not None:
            pg_dump.load(self._binaries, self._dump, made)
        return made

    def remarks(self) -> list[str]:
        """What an application asked for and this server does not have, with what would bring it."""
        log = self._folder / "postgres.log"
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        missing = re.findall(r'extension "([^"\n]+)" is not available|/([\w-]+)\.control"', said)
        return [
            f"the extension {name} is not in {self.product}; install PostgreSQL's contrib package on this machine "
            f"(Debian: apt-get install postgresql-contrib) or the extension's own, or name a database with --database"
            for name in dict.fromkeys(one or other for one, other in missing)
        ]

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines of the server's own log."""
        return self._server.tail(lines) if self._server else []

    @property
    def _cluster(self) -> Path:
        return self._folder / "postgres"

    def _prepare(self) -> None:
        """Make the data folder by the first server that can: one that a distribution has left half installed can't."""
        for number, binaries in enumerate(self._usable, 1):
            self._binaries = binaries
            try:
                self._provide()
            except MachineError:
                if number == len(self._usable):
                    raise
            else:
                return

    def _provide(self) -> None:
        if self._template is None:
            self._initialize(self._cluster)
            return
        kind = "own" if self._binaries.bundled else "machine"
        source = self._template / f"postgres-{kind}-{self._binaries.version}-tls-{os.getuid()}"
        if not source.exists():
            self._initialize_once(source)
        _copy(source, self._cluster)

    def _start(self) -> None:
        tail: list[str] = []
        declared = self.port
        for _ in range(3):  # somebody else may take the free port before the server does
            self.host, self.port = own_loopback(declared)
            settings = {**_SETTINGS, "listen_addresses": self.host, "port": str(self.port)}
            if self._binaries.tls:
                key, certificate = self._cluster / "server.key", self._cluster / "server.crt"
                settings |= {"ssl": "on", "ssl_key_file": str(key), "ssl_cert_file": str(certificate)}
            words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
            self._server = self._processes.start(
                self._command("postgres", "-D", str(self._cluster / "data"), *words),
                environment=_ENVIRONMENT,
                folder=self._folder,
                log=self._folder / "postgres.log",
                stop_signal=SIGINT,  # "fast shutdown": SIGTERM would wait for clients to leave
            )
            if self._is_ready(self._server):
                return
            tail = self._server.tail()
            self._processes.stop(self._server)
            if not any(_TAKEN in line for line in tail):
                break
        # The log itself is gone with the run's folder when somebody reads this.
        cause = [line for line in tail if _TAKEN in line or "FATAL" in line or "PANIC" in line] or tail[-3:]
        raise MachineError(
            f"{self.product}, on {self.host}:{self.port}: {' / '.join(cause) or 'no output'}",
            "the server did not start",
            "remove what these lines name and run the rehearsal again",
        )

    def _is_ready(self, server: Child) -> bool:
        state = self._cluster / "data" / "postmaster.pid"
        deadline = time.monotonic() + _START_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            lines = state.read_text(encoding="utf-8").splitlines() if state.exists() else []
            # Line 1 is the process id, line 8 the status (miscadmin.h, LOCK_FILE_LINE_PM_STATUS).
            if lines[7:8] and lines[7].strip() == "ready" and lines[0] == str(server.pid):
                return True
            time.sleep(0.005)
        return False

    def _initialize_once(self, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="initdb-", dir=target.parent) as scratch:
            fresh = Path(scratch) / "cluster"
            self._initialize(fresh)
            try:
                fresh.rename(target)
            except OSError:
                if not target.exists():  # otherwise another rehearsal was faster, and its template is as good
                    raise

    def _initialize(self, cluster: Path) -> None:
        cluster.mkdir()
        data, password = cluster / "data", cluster / "password"
        data.mkdir(mode=0o700)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(16), encoding="utf-8")
        if self._binaries.tls:
            certificates.write(cluster, CERTIFIED)
        unprivileged.hand_over(cluster)
        # Segments of 1 MB instead of 16 make the folder half as big, and copying it half as long.
        words = (
            f"--pwfile={password}",
            f"--username={USER}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
        )
        done = subprocess.run(
            self._command("initdb", "-D", str(data), *words, "--no-sync", "--wal-segsize=1"),
            env=_ENVIRONMENT,
            cwd=cluster,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            shutil.rmtree(cluster, ignore_errors=True)
            said = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
            cause = [line for line in said if _FAILED.search(line)] or said[-3:]
            raise MachineError(
                f"initdb: {' / '.join(cause)[:500] or f'ended with {done.returncode}'}",
                f"it must be able to make a database folder in {cluster.parent}",
                "check the folder's owner and the free space",
            )

    def _command(self, program: str, *words: str) -> list[str]:
        return unprivileged.command([str(self._binaries.folder / program), *words])


_FAILED = re.compile(r"FATAL|PANIC|error: |could not ")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    unprivileged.hand_over(target)
