"""The embedded database server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rehearsal.host import unprivileged
from rehearsal.host.postgres import Postgres
from rehearsal.host.processes import Processes


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Postgres]:
    # Longer than a Unix socket's path may be, and below a folder that only its owner may enter (pytest's are 0700).
    folder = tmp_path_factory.mktemp("x" * 120)
    with Processes() as processes, Postgres(processes, folder, template=template) as running:
        yield running


def test_a_database_can_be_made_and_used(server: Postgres) -> None:
    with psycopg.connect(
        server.create_database('odd "name"').replace(" ", "%20").replace('"', "%22")
    ) as connection:
        connection.execute("CREATE TABLE t (n integer)")
        answer = connection.execute("SELECT current_database(), version()").fetchone()
    assert answer
    assert answer[0] == 'odd "name"'
    assert str(answer[1]).startswith("PostgreSQL 18")


def test_it_listens_on_the_loopback_address_only(server: Postgres) -> None:
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


def test_nobody_gets_in_without_the_password(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(), password="wrong")


def test_the_password_is_on_no_command_line(server: Postgres) -> None:
    password = server.url().partition("@")[0].rpartition(":")[2]
    listed = subprocess.run(
        ["/usr/bin/env", "ps", "-A", "-ww", "-o", "args="], capture_output=True, check=True
    ).stdout.decode()
    assert str(server.port) in listed, "otherwise the list shows nothing"
    assert password not in listed


def test_a_second_server_starts_from_the_template_and_stops_with_clients_connected(
    server: Postgres, template: Path, tmp_path: Path
) -> None:
    with Processes() as processes:
        with Postgres(processes, tmp_path, template=template) as second:
            assert second.port != server.port
            connection = psycopg.connect(second.url())
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()
        assert not processes.running()
    assert len(list(template.iterdir())) == 1, "one template, and no draft of it left"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_as_root_the_server_is_somebody_else_who_may_read_but_not_write(tmp_path: Path) -> None:
    secret = tmp_path / "only-root"
    secret.write_text("x", encoding="utf-8")
    secret.chmod(0o600)
    program = f"import os; print(os.getuid(), open({str(secret)!r}).read()); open({str(secret)!r}, 'w')"
    done = subprocess.run(
        [sys.executable, "-I", "-S", unprivileged.__file__, sys.executable, "-c", program],
        capture_output=True,
        check=False,
    )
    assert done.stdout.split()[0] != b"0"
    assert done.stdout.split()[1:] == [b"x"], done.stderr.decode()
    assert b"PermissionError" in done.stderr
