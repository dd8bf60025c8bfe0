"""A real MariaDB or MySQL server for one rehearsal, from what this machine has; nothing brings one that it does not have."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from rehearsal.errors import MachineError, UsageError
from rehearsal.host import certificates, unprivileged
from rehearsal.host.database_address import MYSQL, Address
from rehearsal.host.dumps import poured
from rehearsal.host.ports import own_loopback
from rehearsal.host.processes import Child, Processes

USER = "admin"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/libexec:/usr/local/mysql/bin"
_START_SECONDS = 60.0
_SERVERS = ("mariadbd", "mysqld")
_CLIENTS = ("mariadb", "mysql")
_OWN_NAMES = ("localhost", "127.0.0.1", "::1", "%")
"""Hosts that a fresh server lets root in from, without a password."""
_RULE = "the stack's database is of the MySQL family, and rehearsals run the server that the machine has"
_REMEDY = (
    "install one (Debian: apt-get install mariadb-server-core mariadb-client-core), or name a database of your own "
    "with --database mysql://USER:PASSWORD@127.0.0.1:PORT/NAME, or say --database postgres"
)


class MariaDb:
    """A server with its data below `folder`; runs inside the context.

    `port` is what it listens on where that is free, at a loopback address of its own. `dump` is what the first database
    made holds.
    """

    def __init__(
        self, processes: Processes, folder: Path, *, port: int = 3306, dump: Path | None = None
    ) -> None:
        """Find the server; MachineError when this machine has none."""
        self._processes = processes
        self._folder = folder.absolute()
        self._dump = dump
        self._program = _found(_SERVERS)
        if self._program is None:
            raise MachineError("there is no mariadbd and no mysqld on PATH", _RULE, _REMEDY)
        self._server: Child | None = None
        self._password = secrets.token_urlsafe(16)
        self._name = "app"
        self.host = "127.0.0.1"
        """Its loopback address, known inside the context."""
        self.port = port
        """TCP port, known inside the context."""

    def __enter__(self) -> Self:
        """Make a data folder, start the server and wait until it greets."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._initialize()
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
        asked = subprocess.run(
            [str(self._program), "--no-defaults", "--version"], capture_output=True, text=True, check=False
        )
        version = asked.stdout.partition("Ver ")[2].partition(" ")[0]
        return f"{'MariaDB' if 'MariaDB' in asked.stdout else 'MySQL'} {version.partition('-')[0]}, this machine's, with TLS"

    def create_database(self, name: str) -> Address:
        """The database, made while the server started, with the dump in it or empty."""
        made = Address(MYSQL, self.host, self.port, USER, self._password, name)
        if self._dump is not None:
            self._load(self._dump, made)
        return made

    def remarks(self) -> list[str]:
        """What an application asked for and this server does not have: it says nothing of the kind."""
        return []

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _initialize(self) -> None:
        """A data folder whose one user may use one database; made as the user that the server runs as."""
        self._data.mkdir(mode=0o700)
        certificates.write(self._folder, "database.rehearsal.internal")
        # Read before the server listens: nobody finds it open. Each statement is one line.
        nobody = [f"'{who}'@'{host}'" for who in ("root", "") for host in (*_OWN_NAMES, socket.gethostname())]
        first = self._folder / "first.sql"
        first.touch(mode=0o600)
        lines = [f"DROP USER IF EXISTS {one};" for one in nobody]
        lines += [
            f"CREATE DATABASE IF NOT EXISTS `{self._name}` CHARACTER SET utf8mb4;",
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{self._password}';",
            f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;",
        ]
        first.write_text("\n".join(lines) + "\n", encoding="utf-8")
        unprivileged.hand_over(self._folder)
        installer = _found(("mariadb-install-db", "mysql_install_db"))
        if installer is not None and "mariadbd" in str(self._program):
            words = [installer, "--no-defaults", f"--datadir={self._data}", "--skip-test-db"]
            words += ["--auth-root-authentication-method=normal", "--skip-name-resolve"]
        else:
            words = [str(self._program), "--no-defaults", "--initialize-insecure", f"--datadir={self._data}"]
        done = subprocess.run(
            unprivileged.command(words),
            env=_ENVIRONMENT,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-3:]
            raise MachineError(
                f"{Path(words[0]).name}: {' / '.join(said)[:500]}",
                f"it must be able to make a database folder in {self._folder}",
                "check the folder's owner and the free space",
            )

    def _start(self) -> None:
        declared = self.port
        tail: list[str] = []
        for _ in range(3):  # somebody else may take the free port before the server does
            self.host, self.port = own_loopback(declared)
            words = [
                str(self._program),
                "--no-defaults",
                f"--datadir={self._data}",
                f"--bind-address={self.host}",
                f"--port={self.port}",
                # Its name may have no more than 107 bytes, so it lies beside no long path; nobody uses it.
                f"--socket={self._socket}",
                f"--pid-file={self._folder / 'pid'}",
                f"--init-file={self._folder / 'first.sql'}",
                f"--ssl-cert={self._folder / 'server.crt'}",
                f"--ssl-key={self._folder / 'server.key'}",
                "--skip-name-resolve",
                "--skip-log-bin",
                # What a crash of the machine would do to this data doesn't matter.
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=32M",
            ]
            self._server = self._processes.start(
                unprivileged.command(words),
                environment=_ENVIRONMENT,
                folder=self._folder,
                log=self._folder / "mariadb.log",
            )
            if self._greets(self._server):
                return
            tail = self._server.tail(10)
            self._processes.stop(self._server)
        cause = [line for line in tail if "ERROR" in line] or tail[-3:]
        raise MachineError(
            f"{Path(str(self._program)).name} on {self.host}:{self.port}: {' / '.join(cause)[:500] or 'no output'}",
            "the server did not start",
            "remove what these lines name and run the rehearsal again",
        )

    @property
    def _socket(self) -> str:
        # The abstract name space of Linux is not taken by every version, a relative name is: it lies in the data folder.
        return "s"

    def _greets(self, server: Child) -> bool:
        """Whether the server, and nobody else, sends its greeting: it listens only once `first.sql` is done."""
        deadline = time.monotonic() + _START_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            if greeted(self.host, self.port):
                return server.poll() is None
            time.sleep(0.02)
        return False

    def _load(self, dump: Path, address: Address) -> None:
        client = _found(_CLIENTS)
        if client is None:
            raise UsageError(
                f"--dump {dump}",
                "the mysql client loads it, and this machine has none",
                "install it (Debian: apt-get install mariadb-client-core)",
            )
        login = self._folder / "client.cnf"
        login.touch(mode=0o600)
        login.write_text(
            f"[client]\nhost={address.host}\nport={address.port}\nuser={address.username}\npassword={address.password}\n",
            encoding="utf-8",
        )
        words = [client, f"--defaults-file={login}", "--binary-mode", address.name]
        code, said = poured(dump, words, _ENVIRONMENT)
        if code != 0:
            raise UsageError(
                f"--dump {dump}: {said[-1][:300] if said else code}",
                f"{self.product} must take all of it",
                "make the dump anew (mysqldump --single-transaction NAME), or name a database with --database",
            )


_ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C", "TZ": "UTC"}


def greeted(host: str, port: int) -> bool:
    """Whether a server of the MySQL family answers there: protocol version 10 is the fifth byte it sends."""
    try:
        with socket.create_connection((host, port), timeout=2.0) as connection:
            head = connection.recv(5)
    except OSError:
        return False
    return len(head) == 5 and head[4] in (10, 0xFF)  # noqa: PLR2004  (0xFF: it refuses this client, and is one all the same)


def _found(names: tuple[str, ...]) -> str | None:
    path = f"{os.environ.get('PATH', '')}:{PATH}"
    return next((found for name in names if (found := shutil.which(name, path=path))), None)
