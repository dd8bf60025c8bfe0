"""Time as AWS declares it, compressed.

A health check every ten seconds and a wait of five minutes before blue is terminated are what the program declares
and what AWS would do; a rehearsal keeps their order and their ratios and shortens them all by one factor.
"""

import threading
import time
from dataclasses import dataclass

DEFAULT_FACTOR = 0.01


@dataclass(frozen=True)
class Clock:
    """Turns declared seconds into rehearsed ones."""

    factor: float = DEFAULT_FACTOR
    """Real seconds per declared second."""

    def seconds(self, declared: float) -> float:
        """Real seconds that stand for `declared` seconds of AWS time."""
        return declared * self.factor

    def sleep(self, declared: float, until: threading.Event | None = None) -> bool:
        """Wait `declared` seconds of AWS time, or until the event; True when the event ended the wait."""
        if until is not None:
            return until.wait(self.seconds(declared))
        time.sleep(self.seconds(declared))
        return False
