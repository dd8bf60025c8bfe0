"""Files that keep what builds and containers wrote, when the rehearsal and its scratch folder are long gone."""

import os
import shutil
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from rehearsal.host.scratch import NAME
from rehearsal.world import text

KEPT_RUNS = 10
"""Rehearsals whose logs are kept; the oldest go first."""

KEPT_BYTES = 20 * 1024 * 1024
"""Bytes that one file has at most; what came after is missing and the file says so."""

KEPT_LINES = 20_000
"""Lines of a container's log that are kept, the last ones."""


class Logs:
    """The log files of one rehearsal; its folder is made with the first line, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        """Keep files in `folder`."""
        self.folder = folder
        self._lock = threading.Lock()
        self._written: dict[str, int] = {}

    @classmethod
    def of_run(cls, root: Path, stack: str) -> "Logs":
        """Those of a new rehearsal below the project's scratch folder; the oldest ones are removed."""
        kept = root / NAME / "logs"
        _remove_oldest(kept)
        return cls(kept / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{stack}-{os.getpid()}")

    def append(self, name: str, lines: Iterable[str]) -> None:
        """Write lines to the file of this name, without control characters, until it is full.

        What cannot be written is lost, as with any log driver: a full disk must not end a release.
        """
        content = "".join(f"{line}\n" for one in lines for line in text.lines(one, width=text.WHOLE)).encode()
        with self._lock:
            before = self._written.get(name, 0)
            if not content or before > KEPT_BYTES:
                return
            if before + len(content) > KEPT_BYTES:
                cut = f"\n… cut here: a file has {KEPT_BYTES} bytes at most\n"
                content = content[: KEPT_BYTES - before] + cut.encode()
            self._written[name] = before + len(content)
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with (self.folder / f"{name}.log").open("ab") as file:
                    file.write(content)
            except OSError:
                return

    def kept(self) -> Path | None:
        """The folder; None when nothing was written."""
        return self.folder if self.folder.is_dir() else None


def _remove_oldest(kept: Path) -> None:
    if not kept.is_dir():
        return
    oldest_first = sorted(folder for folder in kept.iterdir() if folder.is_dir())
    for folder in oldest_first[: max(0, len(oldest_first) - KEPT_RUNS + 1)]:
        pid = folder.name.rpartition("-")[2]
        if not (pid.isdecimal() and psutil.pid_exists(int(pid))):
            shutil.rmtree(folder, ignore_errors=True)
