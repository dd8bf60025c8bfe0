"""The one shell a build's commands run in, so that folder, variables and options persist between them.

AWS document: codebuild/latest/userguide/build-spec-ref.md ("Buildspec versions": 0.2 runs all commands in the
same instance of the shell). A command that ends the shell (`exit`, a failure under `set -e`) ends as a
command with its exit code; what comes after it starts a new shell in the folder and with the exported
variables the old one had.
"""

import contextlib
import errno
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.host.processes import Child, Processes

_GRACE_SECONDS = 5.0
_TIMED_OUT = 124
_GLANCE = 0.25
"""Real seconds between two looks at a command that runs."""

# The shell reads NUL-ended commands from one pipe and answers exit codes on another; both are closed inside commands,
# so that a process left in the background keeps neither open. Its last act is to write down its environment.
_DRIVER = r"""
__codebuild_end() {{ command -p env -0 >&{state}; }}
trap __codebuild_end EXIT
while IFS= read -r -d '' -u {commands} __codebuild_command; do
  eval "$__codebuild_command" {commands}<&- {codes}>&-
  printf '%d\0' "$?" >&{codes}
done
__codebuild_end
__codebuild_end() {{ :; }}
"""


class ShellTimeout(Exception):
    """The build's time was over; everything it had started is stopped."""


class ShellNotStarted(Exception):
    """Linux starts no shell with so many or so long variables (execve(2), E2BIG); the text is the build agent's own."""


class BuildShell:
    """A bash with its environment and its log; leave the context to stop whatever it started."""

    def __init__(  # noqa: PLR0913  (what a shell is started with)
        self,
        processes: Processes,
        environment: Mapping[str, str],
        folder: Path,
        *,
        posix: bool,
        deadline: float,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        """`deadline` is a moment on the monotonic clock; `posix` stands for /bin/sh.

        `watch` is called a few times a second while a command runs; what it raises ends the command.
        """
        self._processes = processes
        self._environment = dict(environment)
        self._folder = folder
        self._posix = posix
        self._deadline = deadline
        self._watch = watch
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (closed on exit; without a name: secrets pass through it)
        self._read = 0
        self._child: Child | None = None
        self._commands = self._codes = -1
        self._state = self._log

    def __enter__(self) -> Self:
        """Start nothing yet: the first command starts the shell."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the shell and everything that still runs in its session."""
        self._drop()
        self._log.close()

    def run(self, command: str) -> int:
        """Run one command and answer its exit code.

        ShellTimeout when the build's time is over, ShellNotStarted when its variables are more than a program can be given.
        """
        if self._child is None:
            self._start()
        with contextlib.suppress(BrokenPipeError):
            os.write(self._commands, command.encode() + b"\0")
        answer = self._answer()
        if answer:
            return int(answer)
        return self._ended()

    def output(self, *, whole_lines: bool = False) -> str:
        """What was written since the last time this was asked; up to the last line's end, where only whole lines are wanted."""
        size = os.fstat(self._log.fileno()).st_size
        data = os.pread(self._log.fileno(), size - self._read, self._read)
        if whole_lines:
            data = data[: data.rfind(b"\n") + 1]
        self._read += len(data)
        return data.decode("utf-8", "replace")

    def end(self) -> dict[str, str]:
        """End the shell and answer the exported variables it had."""
        if self._child is not None:
            os.close(self._commands)
            self._commands = -1
            self._answer()
            self._ended()
        return dict(self._environment)

    def _start(self) -> None:
        commands, self._commands = os.pipe()
        self._codes, codes = os.pipe()
        self._state = tempfile.TemporaryFile()  # noqa: SIM115  (closed by _drop)
        state = self._state.fileno()
        driver = _DRIVER.format(commands=commands, codes=codes, state=state)
        mode = ["--posix"] if self._posix else []
        try:
            process = subprocess.Popen(
                ["bash", "--norc", "--noprofile", *mode, "-c", driver],  # noqa: S607  (bash of the machine)
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(commands, codes, state),
                start_new_session=True,
            )
        except OSError as error:
            self._close()
            if error.errno != errno.E2BIG:
                raise
            program = "/bin/sh" if self._posix else "/bin/bash"
            raise ShellNotStarted(f"fork/exec {program}: argument list too long") from None
        finally:
            os.close(commands)
            os.close(codes)
        self._child = self._processes.adopt(process)

    def _answer(self) -> bytes:
        """One exit code; nothing when the shell itself has ended."""
        answer = b""
        while not answer.endswith(b"\0"):
            left = self._deadline - time.monotonic()
            # poll, since select takes no descriptor above 1,023, and a long rehearsal of many may have such.
            if left <= 0:
                self._drop()
                raise ShellTimeout
            if not readable(self._codes, min(left, _GLANCE)):
                self._watch()
                continue
            piece = os.read(self._codes, 16)
            if not piece:
                return b""
            answer += piece
        return answer[:-1]

    def _ended(self) -> int:
        """Take over what the ended shell left behind; its exit code."""
        child = self._child
        code = child.process.wait() if child else _TIMED_OUT
        state = os.pread(self._state.fileno(), os.fstat(self._state.fileno()).st_size, 0)
        if state:
            entries = [entry.partition("=") for entry in os.fsdecode(state).split("\0")]
            # The last dump counts; a function that a command exported has a name no variable has.
            self._environment = {name: value for name, equals, value in entries if equals}
            self._environment.pop("_", None)
            self._folder = Path(self._environment.get("PWD", self._folder))
        self._drop()
        return code if code >= 0 else 128 - code

    def _drop(self) -> None:
        if self._child is None:
            return
        child, self._child = self._child, None
        self._processes.stop(child, _GRACE_SECONDS)
        self._close()

    def _close(self) -> None:
        for pipe in (self._commands, self._codes):
            if pipe >= 0:
                os.close(pipe)
        self._commands = self._codes = -1
        self._state.close()


def readable(descriptor: int, seconds: float) -> bool:
    """Whether something can be read within so many real seconds."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))
