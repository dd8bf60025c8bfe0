"""Child processes of a rehearsal, none of which can outlive it.

Each child leads a session of its own, so that a Ctrl-C in the terminal reaches only us and we end them in
order; a reaper (see `reaper.py`) ends them when we can't, because we were killed.
"""

import contextlib
import os
import signal as signals
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rehearsal.errors import MachineError, RehearsalError
from rehearsal.host import reaper


@dataclass(frozen=True)
class Child:
    """A started process and whatever it starts in its turn."""

    process: "subprocess.Popen[bytes]"
    start: str
    """When it started, as the reaper compares it."""
    stop_signal: int
    log: Path | None
    """File that both output streams go to."""

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its session and process group."""
        return self.process.pid

    def poll(self) -> int | None:
        """Exit code; None while it runs; minus the signal's number when a signal ended it."""
        return self.process.poll()

    def tail(self, lines: int = 20) -> list[str]:
        """The last lines it wrote."""
        if self.log is None or not self.log.exists():
            return []
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]

    def signal(self, *, everyone: bool = False) -> None:
        """Send the stop signal and don't wait; to the whole family, or only to the leader."""
        if self.poll() is None:
            reaper.send(reaper.family(self.pid) if everyone else [self.pid], self.stop_signal)

    def stop(self, timeout: float = 5.0, *, everyone: bool = True) -> int:
        """Send the stop signal, after `timeout` real seconds SIGKILL; its exit code once nothing runs.

        `everyone` signals the whole family, as a terminal would; otherwise only the leader, as a container's
        process 1, whose end is the end of the others too.
        """
        self.signal(everyone=everyone)
        return self.end(timeout)

    def end(self, timeout: float) -> int:
        """Wait at most `timeout` real seconds, kill what still runs of the family; the exit code."""
        if self.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
        # Asked only now: a family member started between the look and the signal would otherwise be missed.
        while reaper.same(self.pid, self.start) and (left := reaper.family(self.pid)):
            reaper.send(left, signals.SIGKILL)
            time.sleep(0.01)
        return self.process.wait()


class Processes:
    """Starts children; leaving the context stops those that still run, newest first."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._reaper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the reaper."""
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", reaper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every child, then let the reaper go; what can't be stopped here, the reaper ends."""
        try:
            for child in reversed(self.running()):
                self.stop(child)
        finally:
            self._dismiss_reaper()

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path | None = None,
        stop_signal: int = signals.SIGTERM,
    ) -> Child:
        """Start a command in `folder` with exactly this environment, both output streams appended to `log`.

        Raises OSError when the command can't be started.
        """
        output = log.open("ab") if log else contextlib.nullcontext(subprocess.DEVNULL)
        with output as target:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.adopt(process, log=log, stop_signal=stop_signal)

    def adopt(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        log: Path | None = None,
        stop_signal: int = signals.SIGTERM,
    ) -> Child:
        """Look after a process started elsewhere with `start_new_session=True`."""
        child = Child(process, reaper.started(process.pid) or "ended", stop_signal, log)
        try:
            self._tell(f"+ {child.pid} {child.start} {int(stop_signal)}")
        except BaseException:
            child.stop(0)
            raise
        with self._lock:
            self._children.append(child)
        return child

    def stop(self, child: Child, timeout: float = 5.0, *, everyone: bool = True) -> int:
        """Stop one child (see `Child.stop`) and forget it; its exit code."""
        child.signal(everyone=everyone)
        return self._end(child, timeout)

    def stop_together(self, children: Sequence[Child], timeout: float = 5.0) -> None:
        """Stop several at the same time, as a task's containers are: the signal goes to the leaders, once.

        A second signal may find an application on its way out, its handlers already gone, and spoil its exit code.
        """
        for child in children:
            child.signal()
        deadline = time.monotonic() + timeout
        for child in children:
            self._end(child, max(0.0, deadline - time.monotonic()))

    def running(self) -> list[Child]:
        """Children not stopped yet, oldest first; one that ended by itself may have left a family."""
        with self._lock:
            return list(self._children)

    def _end(self, child: Child, timeout: float) -> int:
        code = child.end(timeout)
        with self._lock:
            if child in self._children:
                self._children.remove(child)
                self._tell_if_there(f"- {child.pid}")
        return code

    def _tell(self, line: str) -> None:
        pipe = self._reaper.stdin if self._reaper else None
        if pipe is None:
            raise RuntimeError("nothing is started outside the context; use `with Processes() as processes`")
        try:
            os.write(pipe.fileno(), f"{line}\n".encode())  # one write: lines of several threads don't mix
        except BrokenPipeError:
            raise MachineError(
                f"reaper, process {self._reaper.pid if self._reaper else 0}",
                "it was ended from outside, so what is started could outlive the rehearsal",
                "run the rehearsal again",
            ) from None

    def _tell_if_there(self, line: str) -> None:
        with contextlib.suppress(RuntimeError, RehearsalError):
            self._tell(line)

    def _dismiss_reaper(self) -> None:
        reaper_process, self._reaper = self._reaper, None
        if reaper_process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            if reaper_process.stdin:
                reaper_process.stdin.close()
        reaper_process.wait()
