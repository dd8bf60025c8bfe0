"""Ctrl-C and its kin: a signal is heeded where this program waits, never in the middle of somebody else's code.

An exception that a signal handler raises comes out wherever the main thread happens to be: inside the Pulumi SDK's event
loop it leaves outputs that never resolve and the loop waits for them for ever; inside a finalizer it is swallowed; between the
start of something and the note that it must be stopped, nobody stops it. So a handler only remembers, except where
`at_once` says that the code below is ours and may be left at any point.
"""

import contextlib
import signal
import time
from collections.abc import Generator
from types import FrameType

PATIENCE = 5.0
"""Real seconds after which a signal that nobody has heeded unwinds wherever the program is, and again after as many.

As long, a second signal cannot break the stopping that the first one began.
"""

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived; not an Exception, so that nobody takes it for a fault of theirs."""


class Interruption:
    """Whether a signal has arrived, and where it is heeded; harmless where no signals are listened to."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """No signal has arrived."""
        self._patience = patience
        self._number: int | None = None
        self._when = 0.0
        self._at_once = 0
        self._unwinding = False

    @property
    def pending(self) -> bool:
        """Whether a signal has arrived."""
        return self._number is not None

    def heed(self) -> None:
        """Unwind if a signal has arrived."""
        if self._number is not None:
            self._unwinding = True
            raise KeyboardInterrupt if self._number == signal.SIGINT else Terminated

    @contextlib.contextmanager
    def at_once(self) -> Generator[None]:
        """Let a signal unwind the code below at any point; it is ours, and what it has open closes itself."""
        self._at_once += 1
        try:
            self.heed()
            yield
            self.heed()  # the exception may have been swallowed by whoever was called back just then
        finally:
            self._at_once -= 1

    @contextlib.contextmanager
    def stopping(self) -> Generator[None]:
        """Mark where what was started begins to be stopped: from here only a late second signal hurries anybody."""
        try:
            yield
        finally:
            self._unwinding = True

    def forget(self) -> None:
        """Take what arrived for the ordinary end of a wait."""
        self._number, self._unwinding = None, False
        signal.setitimer(signal.ITIMER_REAL, 0)

    @contextlib.contextmanager
    def listening(self) -> Generator[None]:
        """Take the process's signals; a hang-up that the caller ignores (`nohup`) stays ignored."""
        taken = [one for one in ENDING if not _ignored_hangup(one)]
        before = {one: signal.signal(one, self._arrived) for one in taken}
        before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._nobody_heeded)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for one, handler in before.items():
                signal.signal(one, handler)

    def _arrived(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (a signal handler's arguments)
        again = self._number is not None
        if again and time.monotonic() - self._when < self._patience:
            return
        self._number = self._number or number
        self._when = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, self._patience, self._patience)
        if self._at_once or (again and self._unwinding):
            self.heed()

    def _nobody_heeded(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if (
            self._unwinding and not self._at_once
        ):  # what stops now has its own bounds; a second signal may hurry it
            signal.setitimer(signal.ITIMER_REAL, 0)
        elif self._number is not None:
            raise KeyboardInterrupt if self._number == signal.SIGINT else Terminated


def _ignored_hangup(number: int) -> bool:
    return number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
