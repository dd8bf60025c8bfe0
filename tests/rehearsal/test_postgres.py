"""The rehearsal's PostgreSQL: who gets in, what it can do, what it holds."""

import gzip
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from rehearsal.errors import UsageError
from rehearsal.host import pg_binaries, unprivileged
from rehearsal.host.pg_binaries import Binaries
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
    with psycopg.connect(server.create_database('odd "name"').url) as connection:
        connection.execute("CREATE TABLE t (n integer)")
        answer = connection.execute("SELECT current_database(), version()").fetchone()
    assert answer
    assert answer[0] == 'odd "name"'
    assert str(answer[1]).split()[1] in server.product, "the timeline says which server it is"


def test_it_listens_on_the_loopback_address_only(server: Postgres) -> None:
    with psycopg.connect(server.address().url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == (server.host,)
        assert ip_address(server.host).is_loopback
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


def test_nobody_gets_in_without_the_password(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.address().url, password="wrong")


def test_the_password_is_on_no_command_line(server: Postgres) -> None:
    password = server.address().password
    listed = subprocess.run(
        ["/usr/bin/env", "ps", "-A", "-ww", "-o", "args="], capture_output=True, check=True
    ).stdout.decode()
    assert server.host in listed, "otherwise the list shows nothing"
    assert password not in listed


def test_a_second_server_starts_from_the_template_and_stops_with_clients_connected(
    server: Postgres, template: Path, tmp_path: Path
) -> None:
    with Processes() as processes:
        with Postgres(processes, tmp_path, template=template) as second:
            assert (second.host, second.port) != (server.host, server.port)
            connection = psycopg.connect(second.address().url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()
        assert not processes.running()
    assert len(list(template.iterdir())) == 1, "one template, and no draft of it left"


def test_it_listens_on_the_declared_port_beside_others(server: Postgres) -> None:
    assert server.port == 5432, "an application may have the port in its own files"


def test_a_port_that_somebody_has_everywhere_is_replaced(template: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Processes() as processes, Postgres(processes, tmp_path, template=template, port=port) as second:
            assert second.port != port
            psycopg.connect(second.address().url).close()


@pytest.fixture(params=["best", "bundled"], scope="module")
def either(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, template: Path
) -> Iterator[Postgres]:
    """The server that is chosen here, and the one of the lock."""
    found = pg_binaries.usable()
    chosen = found[:1] if request.param == "best" else [one for one in found if one.bundled]
    folder = tmp_path_factory.mktemp("either")
    with Processes() as processes, Postgres(processes, folder, template=template, binaries=chosen) as running:
        yield running


@pytest.mark.parametrize(("mode", "encrypted"), [("require", True), ("prefer", True), ("disable", False)])
def test_connections_are_encrypted_when_the_client_wants_it(
    either: Postgres, mode: str, *, encrypted: bool
) -> None:
    # lib/pq's default is require; RDS takes both unless rds.force_ssl is on (Amazon RDS User Guide, PostgreSQL.Concepts.General.SSL)
    with psycopg.connect(either.address().url, sslmode=mode) as connection:
        query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.execute(query).fetchone() == (encrypted,)


def test_a_client_that_verifies_refuses_the_self_signed_certificate(either: Postgres, tmp_path: Path) -> None:
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        psycopg.connect(either.address().url, sslmode="verify-full", sslrootcert=str(tmp_path / "none.pem"))


@pytest.mark.parametrize("extension", ["pgcrypto", "citext", "pg_trgm", "hstore", "unaccent", "btree_gist"])
def test_the_distributions_extensions_are_there(either: Postgres, extension: str) -> None:
    with psycopg.connect(either.address().url) as connection:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))


def test_an_extension_that_is_not_there_is_named_with_what_would_bring_it(either: Postgres) -> None:
    with (
        psycopg.connect(either.address().url) as connection,
        pytest.raises(psycopg.Error, match="not available"),
    ):
        connection.execute("CREATE EXTENSION postgis_of_nowhere")
    said = [line for line in either.remarks() if "postgis_of_nowhere" in line]
    assert len(said) == 1
    assert "apt-get install postgresql-contrib" in said[0]


def test_uuid_ossp_is_there_where_the_machine_has_postgresql(either: Postgres) -> None:
    with psycopg.connect(either.address().url) as connection:
        try:
            connection.execute('CREATE EXTENSION "uuid-ossp"')
        except psycopg.Error:
            assert "bundled" in either.product
            assert any("uuid-ossp" in line for line in either.remarks())
        else:
            assert connection.execute("SELECT uuid_generate_v4()").fetchone()


def of_shop(server: Postgres) -> str:
    with psycopg.connect(server.create_database("shop").url, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (n integer); INSERT INTO orders VALUES (1), (2)")
    return server.address("shop").url


def as_sql(binaries: Binaries, url: str, target: Path) -> None:
    words = [str(binaries.folder / "pg_dump"), "--dbname", url, "--file", str(target)]
    subprocess.run(words, check=True, capture_output=True)
    text = target.read_text(encoding="utf-8").replace("OWNER TO postgres", 'OWNER TO "rds master"')
    target.write_text(text + "GRANT SELECT ON public.orders TO reporting;\n", encoding="utf-8")


def as_gzip(binaries: Binaries, url: str, target: Path) -> None:
    as_sql(binaries, url, target)
    target.write_bytes(gzip.compress(target.read_bytes()))


def as_custom(binaries: Binaries, url: str, target: Path) -> None:
    words = [str(binaries.folder / "pg_dump"), "--dbname", url, "--format=custom", "--file", str(target)]
    subprocess.run(words, check=True, capture_output=True)


@pytest.mark.parametrize("dumped", [as_sql, as_gzip, as_custom])
def test_a_dump_is_there_before_anybody_connects(
    server: Postgres, template: Path, tmp_path: Path, dumped: Callable[[Binaries, str, Path], None]
) -> None:
    oldest = min(pg_binaries.usable(), key=lambda one: one.major)
    with psycopg.connect(server.address().url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS shop")
    if shutil.which(str(oldest.folder / "pg_dump")) is None or oldest.version not in server.product:
        oldest = next(one for one in pg_binaries.usable() if one.version in server.product)
    dump = tmp_path / "dump"
    dumped(oldest, of_shop(server), dump)
    with (
        Processes() as processes,
        Postgres(processes, tmp_path / "s", template=template, dump=dump) as second,
    ):
        made = second.create_database("app")
        with psycopg.connect(made.url) as connection:
            assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_a_dump_that_is_not_taken_is_told_with_postgresqls_own_word(template: Path, tmp_path: Path) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_text("CREATE TABLE t (n integer);\nINSERT INTO missing VALUES (1);\n", encoding="utf-8")
    with (
        Processes() as processes,
        Postgres(processes, tmp_path / "s", template=template, dump=dump) as second,
        pytest.raises(UsageError, match=r'relation "missing" does not exist.*must take all of it'),
    ):
        second.create_database("app")


def test_a_newer_dump_gets_a_newer_server(tmp_path: Path) -> None:
    found = pg_binaries.usable()
    newest = max(one.major for one in found)
    assert pg_binaries.usable(newest)[0].major == newest
    assert (
        pg_binaries.dumped_by(b"-- Dumped from database version 16.3\n-- Dumped by pg_dump version 17.5")
        == 17
    )
    assert pg_binaries.dumped_by(b"PGDMP\x01\x0f\x00\x00\x05\x00\x00\x0016.10\x00\x04\x00\x00\x0017.2") == 17
    assert pg_binaries.dumped_by(b"CREATE TABLE t (n integer);") == 0


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
