"""Looks at every command line on this machine again and again: what stands there, anybody can read."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class CommandLines:
    """Watches for a word while its context is open."""

    def __init__(self, word: str) -> None:
        self._word = word.encode()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.looks = 0
        self.seen: set[str] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            self.looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:
                    continue
                if self._word in line:
                    self.seen.add(line.split(b"\0")[0].decode())
