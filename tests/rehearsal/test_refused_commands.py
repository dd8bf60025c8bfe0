"""What the command refuses in one sentence before anything starts."""

import json
import socket
import sys
from pathlib import Path

import pytest

from delivery.options import Options
from delivery.playing import run
from rehearsal.host import postgres, tools
from rehearsal.host.interruption import Interruption
from tests.rehearsal.commandline import Running, project, rewrite


def test_a_wrong_setting_is_refused_before_anything_starts(tmp_path: Path) -> None:
    made = project(tmp_path)
    rewrite(made, "Pulumi.stg.yaml", "timeoutMinutes: 15", "timeoutMinute: 15")
    ended = Running(made, "--json").end()
    assert ended.code == 3, "a CI tells a wrong setting from a release that went wrong"
    report = ended.report
    assert (report["format"], report["ok"], report["exitCode"]) == (1, False, 3)
    assert report["error"]["class"] == "settings"
    assert "migration.timeoutMinute" in report["error"]["sentence"]
    assert "migration.timeoutMinute" in ended.err
    assert "timeoutMinutes" in ended.err, "the nearest right name"
    assert "Traceback" not in ended.err
    assert "resources of stack" not in ended.err, "nothing was declared"
    assert not (made / ".rehearsal").exists()


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (
            Options(stack="stg", level="process", scenario=["relase"]),
            2,
            "--scenario relase: there is no such scenario; name one of release, broken-migration, denied",
        ),
        (
            Options(stack="dev", level="process"),
            3,
            "stack dev: there is no Pulumi.dev.yaml; name one of prd, stg",
        ),
        (
            Options(stack="stg", level="real"),
            2,
            "--level real: there is no such level; name one of process, container",
        ),
    ],
)
def test_what_there_is_not_is_refused_in_one_sentence(
    options: Options, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options, Interruption()) == code
    assert capsys.readouterr().err.splitlines()[-1] == sentence


@pytest.mark.parametrize(
    ("said", "file", "name"),
    [
        (None, "Pulumi.asked.yaml", "asked"),
        (None, "canary.yaml", "stg"),
        ("qa", "Pulumi.asked.yaml", "qa"),
        ("qa", "canary.yaml", "qa"),
    ],
)
def test_a_stack_is_called_what_was_said_or_else_what_its_file_is(
    said: str | None, file: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file).write_text("config: {'aws:region': us-east-1}", encoding="utf-8")
    options = Options(stack=said, stack_file=tmp_path / file, level="process", as_json=True)
    assert run(options, Interruption()) == 3
    told = capsys.readouterr()
    assert json.loads(told.out)["stack"] == name
    assert "Rehearsing" not in told.err, "nothing is announced that is refused"


def test_an_emulator_that_cannot_be_loaded_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ministack.app", None)
    assert run(Options(stack="stg", level="process"), Interruption()) == 4
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("the emulator cannot be loaded (")
    assert said[0].endswith("install the lock: make setup")


def test_a_port_that_somebody_else_takes_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "rehearsal.running.starting.declare", lambda *_: None
    )  # costs seconds and is not the question
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(postgres, "own_loopback", lambda _: taken.getsockname())
        assert run(Options(stack="stg", level="process"), Interruption()) == 4
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert "the server did not start" in said[0]
    assert "Address already in use" in said[0]


def test_a_missing_tool_is_one_sentence_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(tools, "SYSTEM", str(tmp_path))
    assert run(Options(stack="stg", level="process"), Interruption()) == 4
    said = "aws: builds call it, and this machine does not have it; install the lock: make setup"
    assert capfd.readouterr().err.splitlines() == [said]
