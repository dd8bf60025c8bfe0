"""Ctrl-C and its kin, as an orderly end: everything that was started is stopped, and the exit code says what happened."""

import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

INTERRUPTED = 130
TERMINATED = 143

IMPATIENT_AFTER = 5.0
"""Seconds during which a second signal must not break the stopping that the first one began."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived; not an Exception, so that nobody takes it for a fault of theirs."""


class Interruption:
    """Remembers a signal: an exception raised from a handler may be swallowed by whoever was called back just then."""

    def __init__(self) -> None:
        """No signal has arrived."""
        self._number: int | None = None
        self._when = 0.0

    def arrived(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (a signal handler's arguments)
        """Unwind; a second signal does so again only after a while."""
        if self._number is not None and time.monotonic() - self._when < IMPATIENT_AFTER:
            return
        self._number, self._when = number, time.monotonic()
        self.heed()

    def heed(self) -> None:
        """Unwind if a signal has arrived."""
        if self._number is not None:
            raise KeyboardInterrupt if self._number == signal.SIGINT else Terminated


def ending_in_order(work: Callable[[Interruption], int]) -> int:
    """Do the work and answer its exit code, or 130 and 143 when it was interrupted or terminated."""
    interruption = Interruption()
    before = {one: signal.signal(one, interruption.arrived) for one in _SIGNALS}
    try:
        return work(interruption)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; everything that was started is stopped\n")
        return INTERRUPTED
    except Terminated:
        sys.stderr.write("terminated; everything that was started is stopped\n")
        return TERMINATED
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
