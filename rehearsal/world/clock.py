"""Time in a rehearsal: what AWS waits passes quickly, what an application needs passes as it is.

A wait of five minutes before blue is terminated is AWS's, and nothing is learned by sitting through it. The thirteen seconds
in which an application starts are its own: a grace period of sixty seconds must be sixty seconds for it. One clock serves
both: declared seconds pass fast while every application answers well, and as real seconds while somebody holds the clock:
a target that does not answer well yet, or no longer; a task that is being started; server errors.
"""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from math import inf

DEFAULT_FACTOR = 0.01

LONGEST_WAIT = 300.0
"""Declared seconds that a longer wait of AWS's lasts while all is well: an hour of it shows no more than five minutes do."""

_GLANCE = 0.03
"""Real seconds between two looks at how fast time passes."""


class Clock:
    """Declared seconds since the clock was made, and how to wait for them."""

    def __init__(self, factor: float = DEFAULT_FACTOR, own: float = 1.0) -> None:
        """Pass a declared second in `factor` real ones; in `own` real ones while held, which only tests with programs of their own change."""
        self.factor = factor
        self.own = own
        self._lock = threading.Lock()
        self._holders: dict[object, float] = {}
        """Who holds the clock, and until which declared moment."""
        self._made = self._real = time.monotonic()
        self._declared = 0.0

    @property
    def is_held(self) -> bool:
        """Whether declared seconds pass as real ones."""
        with self._lock:
            self._settle()
            return bool(self._holders)

    def now(self) -> float:
        """Declared seconds since the clock was made."""
        with self._lock:
            return self._settle()

    def ahead(self) -> float:
        """Declared seconds that have passed since the clock was made, beyond the real ones."""
        return self.now() - (time.monotonic() - self._made)

    def run(self, times: float) -> None:
        """Pass declared seconds so many times faster than real ones from now on, while nobody holds the clock."""
        with self._lock:
            self._settle()
            self.factor = 1 / times

    def hold(self, who: object, declared: float = inf) -> None:
        """Let time pass as it is until `who` releases the clock, or `declared` seconds have passed since the last call."""
        with self._lock:
            self._holders[who] = self._settle() + declared

    def release(self, who: object) -> None:
        """Let go; harmless when `who` does not hold the clock."""
        with self._lock:
            self._settle()
            self._holders.pop(who, None)

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the clock while something real is done."""
        who = object()
        self.hold(who)
        try:
            yield
        finally:
            self.release(who)

    def seconds(self, declared: float) -> float:
        """Real seconds that stand for `declared` seconds of a wait that is AWS's alone."""
        return declared * self.factor

    def sleep(self, declared: float, until: threading.Event | None = None) -> bool:
        """Wait `declared` seconds, or until the event; True when the event ended the wait."""
        end = self.now() + declared
        ended = until or threading.Event()
        while (left := end - self.now()) > 0:
            if ended.wait(min(left * (self.own if self.is_held else self.factor), _GLANCE)):
                return True
        return ended.is_set()

    def _settle(self) -> float:
        real = time.monotonic()
        passed, self._real = real - self._real, real
        if self._holders:
            until = max(self._holders.values())
            held = min(passed, max(until - self._declared, 0.0) * self.own)
            self._declared += held / self.own
            passed -= held
            self._holders = {who: end for who, end in self._holders.items() if end > self._declared}
        self._declared += passed / self.factor
        return self._declared
