"""The file of `--secrets`: read in every form, used wholly, and never repeated."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from rehearsal.errors import UsageError
from rehearsal.evaluation import secrets_file
from rehearsal.host.database_address import POSTGRES, Address

READERS = ("migration", "web", "web/proxy")
HERE = Address(POSTGRES, "db.internal", 5432, "app", "pw", "shop")


def read(folder: Path, text: str, mode: int = 0o600) -> secrets_file.Given:
    file = folder / "secrets"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return secrets_file.read(file, READERS).filled(HERE)


def value(given: secrets_file.Given, name: str, reader: str = "web") -> str | None:
    found = given.value(reader, [name])
    return found[1] if found else None


def test_yaml_keeps_every_text_as_it_stands(tmp_path: Path) -> None:
    given = read(tmp_path, "KEY: 0123\nFLAG: yes\nDAY: 2026-01-01\nPEM: |\n  one\n  two\nEMPTY: ''\n")
    assert [value(given, n) for n in ("KEY", "FLAG", "DAY")] == ["0123", "yes", "2026-01-01"]
    assert value(given, "PEM") == "one\ntwo\n"
    assert value(given, "EMPTY") == ""


def test_lines_take_values_as_they_are_and_quotes_off(tmp_path: Path) -> None:
    text = (
        '# mine\nexport A=x=y #z\nB=\'it\'\'s\'\nC="two\\nlines \\"q\\""\nD="-----BEGIN\nabc\n-----END"\nE=\n'
    )
    given = read(tmp_path, text)
    assert value(given, "A") == "x=y #z", "a password may hold anything"
    assert value(given, "B") == "it''s"
    assert value(given, "C") == 'two\nlines "q"'
    assert value(given, "D") == "-----BEGIN\nabc\n-----END"
    assert value(given, "E") == ""


def test_one_readers_own_value_comes_before_everybodys(tmp_path: Path) -> None:
    given = read(tmp_path, "KEY: all\nmigration:\n  KEY: its\nweb/proxy: {KEY: beside}\n")
    assert [value(given, "KEY", reader) for reader in READERS] == ["its", "all", "beside"]


def test_a_map_below_a_secret_is_its_json(tmp_path: Path) -> None:
    given = read(tmp_path, "shop/rails: {key: 007, inner: {a: [1, b]}}\n")
    assert value(given, "shop/rails") == '{"key": "007", "inner": {"a": ["1", "b"]}}'


def test_the_rehearsals_database_can_be_written_into_a_value(tmp_path: Path) -> None:
    given = read(tmp_path, "URL: ecto://${database.username}@${database.host}:${database.port}/x?${OTHER}\n")
    assert value(given, "URL") == "ecto://app@db.internal:5432/x?${OTHER}"
    with pytest.raises(UsageError, match=r"holds \$\{database.hots\}: the database has url"):
        read(tmp_path, "URL: x${database.hots}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("KEY: s3cret\nKEY: s3cret\n", "KEY: it stands there twice"),
        ("- s3cret\n", "line 1: a map of names to values"),
        ("s3cret\n", "line 1: a map of names to values"),
        ("KEY: [s3cret\n", "neither YAML nor NAME=VALUE"),
        ("KEY: @s3cret\n", "line 1"),
        ("A=1\ns3cret without equals\n", "line 2: it is not NAME=VALUE"),
        ("A='s3cret\n", "line 1: its quotes are never closed"),
        ("? [s3cret]\n: x\n", "a name is one text"),
        ("a: &x {b: *x}\n", "nested too deep"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line_and_never_by_its_value(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"A=" + b"x" * 1024 * 1024])
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(UsageError, match=r"UTF-8|1 MiB"):
        secrets_file.read(tmp_path / "f", READERS)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        secrets_file.read(tmp_path / "none", READERS)


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert value(read(tmp_path, "\ufeffKEY: a\n"), "KEY") == "a"


@pytest.mark.parametrize(("mode", "said"), [(0o600, ""), (0o644, "644"), (0o640, "640")])
def test_a_file_that_others_can_read_is_told(tmp_path: Path, mode: int, said: str) -> None:
    assert read(tmp_path, "A: b\n", mode).readable_by_others == said


def test_what_nothing_reads_is_refused_by_name(tmp_path: Path) -> None:
    given = read(tmp_path, "KEY: s3cret\nTYPO: s3cret\nmigration: {KEY: s3cret}\n")
    value(given, "KEY", "web")
    with pytest.raises(UsageError) as refused:
        given.expect_all_used(["KEY"])
    assert "TYPO, migration: KEY" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@drawn(st.binary(max_size=200))
def test_no_content_breaks_it(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "f"
        file.write_bytes(content)
        with suppress(UsageError):
            assert secrets_file.read(file, READERS).path == file
