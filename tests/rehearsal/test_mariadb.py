"""The MySQL family's server of this machine, and its absence."""

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from rehearsal.errors import MachineError, UsageError
from rehearsal.host import databases, mariadb
from rehearsal.host.database_address import MYSQL, Address, Wanted, address_of
from rehearsal.host.databases import serving
from rehearsal.host.mariadb import MariaDb
from rehearsal.host.processes import Processes
from tests import packages


@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    packages.need("mariadbd", "mariadb-server-core", "mariadb-client-core")
    # Longer than a Unix socket's path may be.
    folder = tmp_path_factory.mktemp("x" * 120)
    dump = folder / "dump.sql"
    dump.write_text("CREATE TABLE t (n int);\nINSERT INTO t VALUES (1), (2);\n", encoding="utf-8")
    wanted = Wanted(engine=MYSQL, dump=dump)
    with Processes() as processes, serving(wanted, 3306, processes, folder / "s", folder / "t") as served:
        assert "MariaDB" in served.product or "MySQL" in served.product
        yield served.address


def enter(context: AbstractContextManager[object]) -> None:
    with context:
        pass


def asked(address: Address, query: str, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    login = folder / "client.cnf"
    login.write_text(
        f"[client]\nhost={address.host}\nport={address.port}\nuser={address.username}\npassword={address.password}\n",
        encoding="utf-8",
    )
    words = ["mariadb", f"--defaults-file={login}", "--skip-column-names", *options, address.name]
    return subprocess.run([*words, "--execute", query], capture_output=True, text=True, check=False)


def test_the_database_holds_the_dump_and_is_reached_by_tcp_with_and_without_tls(
    dumped: Address, tmp_path: Path
) -> None:
    query = "SELECT count(*) FROM t; SHOW STATUS LIKE 'Ssl_cipher'"
    encrypted, plain = (asked(dumped, query, tmp_path, option) for option in ("--ssl", "--skip-ssl"))
    assert encrypted.stdout.split()[0] == plain.stdout.split()[0] == "2", encrypted.stderr + plain.stderr
    assert "TLS" in encrypted.stdout
    assert "TLS" not in plain.stdout
    assert dumped.port == 3306, "the port that the stack declares"


def test_nobody_gets_in_without_the_password(dumped: Address, tmp_path: Path) -> None:
    for user in ("root", dumped.username):
        wrong = Address(MYSQL, dumped.host, dumped.port, user, "", dumped.name)
        refused = asked(wrong, "SELECT 1", tmp_path)
        assert refused.returncode != 0, f"{user} must have a password"
        assert "Access denied" in refused.stderr


def test_the_password_is_on_no_command_line(dumped: Address) -> None:
    listed = subprocess.run(
        ["/usr/bin/env", "ps", "-A", "-ww", "-o", "args="], capture_output=True, check=True
    ).stdout.decode()
    assert f"--bind-address={dumped.host}" in listed, "otherwise the list shows nothing"
    assert dumped.password not in listed


def test_a_database_of_ones_own_is_used_as_it_is(dumped: Address, tmp_path: Path) -> None:
    own = Wanted(own=address_of(dumped.url))
    with Processes() as processes, serving(own, 5432, processes, tmp_path, tmp_path) as served:
        assert served.address == dumped
        assert not processes.running(), "nothing is started for it"


def test_a_database_of_ones_own_that_does_not_answer_is_named(tmp_path: Path) -> None:
    for url in ("mysql://a:s3cret@127.0.0.1:1/x", "postgres://a:s3cret@127.0.0.1:1/x"):
        own = Wanted(own=address_of(url))
        with Processes() as processes, pytest.raises(UsageError) as refused:
            enter(serving(own, None, processes, tmp_path, tmp_path))
        assert "127.0.0.1:1" in str(refused.value)
        assert "s3cret" not in str(refused.value)


def test_a_machine_without_the_server_is_told_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mariadb, "PATH", str(tmp_path))
    with Processes() as processes, pytest.raises(MachineError) as refused:
        MariaDb(processes, tmp_path)
    assert "apt-get install mariadb-server-core mariadb-client-core" in str(refused.value)
    assert "--database postgres" in str(refused.value)


def test_the_declared_port_chooses_the_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[str] = []

    class Chosen(Exception):
        pass

    def chosen(name: str) -> object:
        def start(*_: object, **__: object) -> object:
            started.append(name)
            raise Chosen

        return start

    monkeypatch.setattr(databases, "MariaDb", chosen("mysql"))
    monkeypatch.setattr(databases, "Postgres", chosen("postgres"))
    for wanted, port in (
        (Wanted(), 3306),
        (Wanted(), 5432),
        (Wanted(), None),
        (Wanted(engine="postgres"), 3306),
    ):
        with Processes() as processes, pytest.raises(Chosen):
            enter(serving(wanted, port, processes, tmp_path, tmp_path))
    assert started == ["mysql", "postgres", "postgres", "postgres"]
