"""Logs outlive the rehearsal: whole, bounded, readable, for their owner only."""

import os
import stat
from pathlib import Path

import pytest

from rehearsal.world import logs
from rehearsal.world.logs import Logs


def test_every_line_is_kept_in_order_without_control_characters(tmp_path: Path) -> None:
    kept = Logs.of_run(tmp_path, "stg")
    assert kept.kept() is None, "no folder before the first line"
    kept.append("build", ["\x1b[31mfirst\x1b[0m", "two\nthree"])
    kept.append("build", ["x" * 5_000])
    folder = kept.kept()
    assert folder is not None
    assert folder.is_relative_to(tmp_path / ".rehearsal" / "logs")
    assert (folder / "build.log").read_text().splitlines() == ["first", "two", "three", "x" * 5_000]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700, (
        "an application may print what nobody else should read"
    )


def test_a_flood_ends_at_the_limit_and_the_file_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "KEPT_BYTES", 1_000)
    kept = Logs(tmp_path / "logs")
    for _ in range(100):
        kept.append("task", ["y" * 99])
    content = (tmp_path / "logs" / "task.log").read_text()
    assert len(content.encode()) < 1_100
    assert content.splitlines()[-1] == "… cut here: a file has 1000 bytes at most"


def test_the_oldest_runs_go_and_a_running_one_stays(tmp_path: Path) -> None:
    there = tmp_path / ".rehearsal" / "logs"
    for number in range(logs.KEPT_RUNS + 3):
        (there / f"2026010{number // 10}-00000{number % 10}-stg-{2**22 + number}").mkdir(parents=True)
    running = there / f"20250101-000000-stg-{os.getpid()}"
    running.mkdir()
    Logs.of_run(tmp_path, "stg").append("x", ["y"])
    assert len(list(there.iterdir())) == logs.KEPT_RUNS + 1
    assert running.is_dir(), "another rehearsal still writes there"


def test_a_disk_that_takes_nothing_does_not_end_a_release(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    Logs(tmp_path / "file" / "below").append("x", ["lost"])
    assert Logs(tmp_path / "file" / "below").kept() is None
