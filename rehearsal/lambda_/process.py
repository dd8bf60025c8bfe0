"""The process that a function runs in: messages one JSON text a line, memory watched, frozen while nobody asks.

AWS documents: lambda/latest/dg/lambda-runtime-environment.md (freezing, reset after a failure), configuration-memory.md.
"""

import contextlib
import json
import os
import signal as signals
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import psutil

from rehearsal.host.processes import Processes
from rehearsal.lambda_ import runtime

MEBIBYTE = 1024 * 1024
_GLANCE = 0.05
"""Real seconds between two looks at a process's memory."""
_PIECE = 65536


class Ended(Exception):
    """The process has ended, or was ended, before it answered; the text is why, as Lambda words it."""

    def __init__(self, kind: str, message: str, status: str) -> None:
        """Hold the error's type and what the report says: `error` or `timeout`."""
        super().__init__(message)
        self.kind = kind
        self.status = status


class RuntimeProcess:
    """One start of the runtime."""

    def __init__(  # noqa: PLR0913  (what a process is made of)
        self,
        processes: Processes,
        *,
        variables: Mapping[str, str],
        folder: Path,
        sdk: Path,
        log_format: str,
        log_level: str,
        memory: int,
    ) -> None:
        """Start it in `folder` with exactly these variables; `memory` is in MiB. Nobody waits for it here."""
        self._processes = processes
        self._limit = memory * MEBIBYTE
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (read after the end; nameless: secrets may pass through it)
        self._read = 0
        self._pending = b""
        self.began = time.monotonic()
        self.peak = 0
        """Bytes of memory that were seen at most."""
        self._channel, its = socket.socketpair()
        self._channel_used = threading.Lock()
        flags = ["-I", "-S", "-B", "-X", "utf8"]
        try:
            process = subprocess.Popen(
                [
                    sys.executable,
                    *flags,
                    runtime.__file__,
                    str(its.fileno()),
                    log_format,
                    log_level,
                    str(sdk),
                ],
                env=variables,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=(its.fileno(),),
                start_new_session=True,
            )
        finally:
            its.close()
        self._child = processes.adopt(process, stop_signal=signals.SIGKILL)

    @property
    def runs(self) -> bool:
        """Whether it is there, frozen or not."""
        return self._child.poll() is None

    def send(self, message: Mapping[str, Any]) -> None:
        """Thaw it and hand it a message; that it has ended, `receive` tells."""
        self._signal(signals.SIGCONT)
        with self._channel_used, contextlib.suppress(OSError):
            self._channel.settimeout(None)
            self._channel.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, deadline: float) -> dict[str, Any]:
        """Its next message; Ended when there is none before `deadline`, a moment on the monotonic clock."""
        pieces = [self._pending]
        while b"\n" not in pieces[-1]:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Ended("Sandbox.Timedout", "Task timed out", "timeout")
            piece = self._heard(min(left, _GLANCE))
            if piece is None:
                self._look()
                continue
            if not piece:
                self._ended(deadline)
            pieces.append(piece)
        self._look()
        line, _, self._pending = b"".join(pieces).partition(b"\n")
        return json.loads(line)

    def freeze(self) -> None:
        """Let it do nothing until it is asked again."""
        self._signal(signals.SIGSTOP)

    def lines(self) -> list[str]:
        """What it has written since the last time."""
        size = os.fstat(self._output.fileno()).st_size
        data = os.pread(self._output.fileno(), size - self._read, self._read)
        self._read = size
        return data.decode("utf-8", "replace").splitlines()

    def stop(self) -> None:
        """End it and whatever it has started; who waits for its answer hears at once that there is none."""
        self._processes.stop(self._child, 0)
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        with self._channel_used:
            self._channel.close()

    def _heard(self, seconds: float) -> bytes | None:
        """What it has said next, empty when it says no more; None when it was silent so long."""
        with self._channel_used:
            try:
                self._channel.settimeout(seconds)
                return self._channel.recv(_PIECE)
            except TimeoutError:
                return None
            except OSError:
                return b""

    def _ended(self, deadline: float) -> NoReturn:
        """Raise how it ended; a process that only says no more has until `deadline` to do so."""
        try:
            code = self._child.process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise Ended("Sandbox.Timedout", "Task timed out", "timeout") from None
        raise Ended("Runtime.ExitError", _how_it_ended(code), "error")

    def _look(self) -> None:
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(self._child.pid)
            family = [leader, *leader.children(recursive=True)]
            self.peak = max(self.peak, sum(one.memory_info().rss for one in family))
        if self.peak > self._limit:
            raise Ended("Runtime.OutOfMemory", "Runtime exited with error: signal: killed", "error")

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)


def _how_it_ended(code: int) -> str:
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    return f"Runtime exited with error: signal: {signals.strsignal(-code) or -code}".lower().replace(
        "runtime", "Runtime", 1
    )
