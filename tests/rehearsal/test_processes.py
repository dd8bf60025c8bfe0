"""What a rehearsal starts ends with it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from rehearsal.errors import RehearsalError
from rehearsal.host import reaper
from rehearsal.host.processes import Processes

ENVIRONMENT = {"PATH": os.environ["PATH"]}
SLEEP = ["sleep", "60"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes() as started:
        yield started


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie doesn't."""
    return pid in reaper.family(os.getsid(pid)) if reaper.started(pid) else False


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_leaving_the_context_ends_what_was_started(tmp_path: Path) -> None:
    with Processes() as processes:
        child = processes.start(SLEEP, environment=ENVIRONMENT, folder=tmp_path)
        assert alive(child.pid)
    assert child.poll() == -signal.SIGTERM


def test_an_exception_ends_what_was_started_too(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupted() -> None:
        with Processes() as processes:
            pids.append(processes.start(SLEEP, environment=ENVIRONMENT, folder=tmp_path).pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(pids) == 1
    assert not alive(pids[0])


def test_output_and_exit_code_are_kept(processes: Processes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = ["sh", "-c", "echo one; echo two >&2; exit 7"]
    child = processes.start(words, environment=ENVIRONMENT, folder=tmp_path, log=log)
    assert within(5, lambda: child.poll() is not None)
    assert child.poll() == 7
    assert child.tail() == ["one", "two"]
    assert child.tail(1) == ["two"]


def test_the_environment_is_only_what_was_given(processes: Processes, tmp_path: Path) -> None:
    os.environ["REHEARSAL_TEST_LEAK"] = "leaked"
    try:
        child = processes.start(
            ["env"], environment={**ENVIRONMENT, "A": "b"}, folder=tmp_path, log=tmp_path / "log"
        )
    finally:
        del os.environ["REHEARSAL_TEST_LEAK"]
    assert within(5, lambda: child.poll() is not None)
    assert "A=b" in child.tail()
    assert not [line for line in child.tail(99) if "LEAK" in line or line.startswith("HOME=")]


def test_who_ignores_term_is_killed_with_its_children(processes: Processes, tmp_path: Path) -> None:
    words = ["sh", "-c", "trap '' TERM; setsid -w true; sleep 60 & echo $!; wait; sleep 60"]
    child = processes.start(words, environment=ENVIRONMENT, folder=tmp_path, log=tmp_path / "log")
    assert within(5, lambda: bool(child.tail()))
    assert processes.stop(child, 0.1) == -signal.SIGKILL
    assert not alive(int(child.tail()[-1]))


def test_a_helper_in_a_process_group_of_its_own_is_ended_as_well(
    processes: Processes, tmp_path: Path
) -> None:
    words = ["sh", "-c", "timeout 60 sleep 60 & echo $!; wait"]  # `timeout` makes a group
    child = processes.start(words, environment=ENVIRONMENT, folder=tmp_path, log=tmp_path / "log")
    assert within(5, lambda: bool(child.tail()))
    helper = int(child.tail()[0])
    assert within(5, lambda: os.getpgid(helper) != child.pid), "otherwise the test shows nothing"
    processes.stop(child)
    assert within(2, lambda: not alive(helper))


def test_the_reaper_ends_orphans_of_a_killed_rehearsal(tmp_path: Path) -> None:
    program = f"""
import os, signal, sys, time
from pathlib import Path
from rehearsal.host.processes import Processes
with Processes() as processes:
    polite = processes.start({SLEEP!r}, environment=dict(os.environ), folder=Path({str(tmp_path)!r}))
    stubborn = processes.start(["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"],
                               environment=dict(os.environ), folder=Path({str(tmp_path)!r}))
    done = processes.start(["true"], environment=dict(os.environ), folder=Path({str(tmp_path)!r}))
    processes.stop(done)
    print(polite.pid, stubborn.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, timeout=20
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    pids = [int(word) for word in killed.stdout.split()]
    assert len(pids) == 2
    assert within(reaper.GRACE + 3, lambda: not any(map(alive, pids)))


def test_the_reaper_leaves_a_reused_process_id_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(SLEEP, cwd=tmp_path, start_new_session=True)
    try:
        reaper.end({stranger.pid: ("the start of another process", signal.SIGTERM)}, grace=0.1)
        assert stranger.poll() is None, "same id, other start: not ours"
        reaper.end({stranger.pid: (reaper.started(stranger.pid) or "", signal.SIGTERM)}, grace=0.1)
        assert stranger.wait(2) == -signal.SIGTERM
    finally:
        stranger.kill()
        stranger.wait()


def test_without_its_reaper_nothing_is_left_running(processes: Processes, tmp_path: Path) -> None:
    guards = [one for one in psutil.Process().children() if reaper.__file__ in one.cmdline()]
    assert len(guards) == 1
    guards[0].kill()
    guards[0].wait(5)
    with pytest.raises(RehearsalError, match="it was ended from outside"):
        processes.start(SLEEP, environment=ENVIRONMENT, folder=tmp_path)
    assert not processes.running()
