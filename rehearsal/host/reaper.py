"""Ends what a rehearsal started when the rehearsal itself is gone, in whatever way it went.

A tiny process of its own (`python -I -S reaper.py`, standard library only). It reads from its standard input,
a pipe whose other end only the rehearsal holds: `+ LEADER STARTED SIGNAL` takes a family of processes on, `-
LEADER` lets it go. At end-of-file the rehearsal has ended, were it by SIGKILL: every family still on the list
gets its signal and, after a moment, SIGKILL. A family is the session that its leader opened, so that helpers
which move into process groups of their own (`timeout` does) belong to it as well.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable

GRACE = 2.0
"""Real seconds between a family's signal and SIGKILL."""


def started(pid: int) -> str | None:
    """When a process started, as a word to compare; None when there is no such process.

    Process ids are reused; the pair of id and start is not.
    """
    if sys.platform == "linux":
        fields = _stat(pid)
        return fields[19] if fields else None
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S607
    return told.stdout.decode().strip().replace(" ", "_") or None


def family(leader: int) -> list[int]:
    """Living processes of the session that `leader` opened; where there is no /proc, of its process group."""
    if sys.platform == "linux":
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 (pathlib costs 10 ms)
        return [pid for pid in pids if _belongs(_stat(pid), leader)]
    told = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, check=False)  # noqa: S607
    rows = [line.split() for line in told.stdout.decode().splitlines()]
    return [int(pid) for pid, group, state in rows if int(group) == leader and not state.startswith("Z")]


def same(leader: int, start: str) -> bool:
    """Whether the id still stands for the process that was registered.

    A leader that ended may have left a family behind: its id is not given to anyone else as long as they
    live.
    """
    return started(leader) in (start, None)


def send(pids: Iterable[int], signum: int) -> None:
    """Signal each process that is still there."""
    for pid in pids:
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            continue


def end(families: dict[int, tuple[str, int]], grace: float = GRACE) -> None:
    """Signal the families, wait at most `grace` real seconds, and kill what is left."""
    for leader, (start, signum) in families.items():
        if same(leader, start):
            send(family(leader), signum)
    deadline = time.monotonic() + grace
    while _left(families) and time.monotonic() < deadline:
        time.sleep(0.02)
    while left := _left(families):
        send(left, signal.SIGKILL)
        time.sleep(0.02)


def main() -> None:
    """Follow the pipe to its end, then end who is left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            ignored, signal.SIG_IGN
        )  # whoever stops the rehearsal must not stop its safety net first
    families: dict[int, tuple[str, int]] = {}
    for line in sys.stdin:
        match line.split():
            case ["+", leader, start, signum]:
                families[int(leader)] = (start, int(signum))
            case ["-", leader]:
                families.pop(int(leader), None)
            case _:
                continue  # half a line: the writer was killed while writing it
    end(families)


def _stat(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()  # the name before ")" may hold blanks
    except (FileNotFoundError, ProcessLookupError):
        return []


def _belongs(stat: list[str], leader: int) -> bool:
    return bool(stat) and stat[3] == str(leader) and stat[0] not in "ZX"


def _left(families: dict[int, tuple[str, int]]) -> list[int]:
    return [pid for leader, (start, _) in families.items() if same(leader, start) for pid in family(leader)]


if __name__ == "__main__":
    main()
