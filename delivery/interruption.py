"""How the command ends when a signal ends it: in order, in one line, with the exit code that shells know."""

import contextlib
import sys
from collections.abc import Callable

from rehearsal.host.interruption import Interruption, Terminated

INTERRUPTED = 130
TERMINATED = 143


def ending_in_order(work: Callable[[Interruption], int]) -> int:
    """Do the work and answer its exit code, or 130 and 143 when it was interrupted or terminated."""
    interruption = Interruption()
    with interruption.listening():
        try:
            code = work(interruption)
            interruption.heed()
        except KeyboardInterrupt:
            return _said("interrupted", INTERRUPTED)
        except Terminated:
            return _said("terminated", TERMINATED)
        return code


def _said(how: str, code: int) -> int:
    with contextlib.suppress(OSError, ValueError):  # after a hang-up there is no terminal to say it on
        sys.stderr.write(f"{how}; everything that was started is stopped\n")
        sys.stderr.flush()
    return code
