"""The timeline of a rehearsal: what happened, in which service, when."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One thing that happened."""

    seconds: float
    """Real seconds since the journal was opened."""
    source: str
    """The AWS service's own word: ECR, EventBridge, CodePipeline, CodeBuild, CodeDeploy, ECS, ELB."""
    message: str
    detail: dict[str, Any] = field(default_factory=dict[str, Any])


class Journal:
    """An append-only list of entries that others may follow live."""

    def __init__(self) -> None:
        """Open the journal now."""
        self._opened = time.monotonic()
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._untold: deque[Entry] = deque()
        self._telling = False
        self._followers: list[Callable[[Entry], None]] = []

    def follow(self, follower: Callable[[Entry], None]) -> None:
        """Call `follower` with every entry from now on, one at a time and in order; it may record and read itself."""
        with self._lock:
            self._followers.append(follower)

    def record(self, source: str, message: str, **detail: Any) -> Entry:
        """Write one entry; never put a secret's value in it."""
        with self._lock:
            entry = Entry(time.monotonic() - self._opened, source, message, detail)
            self._entries.append(entry)
            self._untold.append(entry)
            if self._telling:
                return entry  # whoever tells now tells this one too
            self._telling = True
        self._tell()
        return entry

    def entries(self, source: str | None = None) -> list[Entry]:
        """All entries so far, or those of one service."""
        with self._lock:
            return [entry for entry in self._entries if source in (None, entry.source)]

    def _tell(self) -> None:
        """Tell the followers until nothing is left; no lock is held meanwhile, or a follower that records would wait for itself."""
        try:
            while True:
                with self._lock:
                    if not self._untold:
                        self._telling = False
                        return
                    entry, followers = self._untold.popleft(), list(self._followers)
                for follower in followers:
                    follower(entry)
        except BaseException:
            with self._lock:
                self._telling = False
            raise
