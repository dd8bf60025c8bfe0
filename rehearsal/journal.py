"""The timeline of a rehearsal: what happened, in which service, when."""

import threading
import time
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
        self._followers: list[Callable[[Entry], None]] = []

    def follow(self, follower: Callable[[Entry], None]) -> None:
        """Call `follower` with every entry from now on, one at a time."""
        with self._lock:
            self._followers.append(follower)

    def record(self, source: str, message: str, **detail: Any) -> Entry:
        """Write one entry; never put a secret's value in it."""
        with self._lock:
            entry = Entry(time.monotonic() - self._opened, source, message, detail)
            self._entries.append(entry)
            for follower in self._followers:
                follower(entry)
        return entry

    def entries(self, source: str | None = None) -> list[Entry]:
        """All entries so far, or those of one service."""
        with self._lock:
            return [entry for entry in self._entries if source in (None, entry.source)]
