"""`delivery rehearse` as a user starts it: in a project folder, as a process of its own, watched from outside."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from rehearsal.host.project import ROOT

PATIENCE = 300.0
"""Real seconds after which a rehearsal is taken for stuck."""
_LEFT_OUT = shutil.ignore_patterns(".*", "tests", "benchmarks", "docs", "*.md")


def project(folder: Path) -> Path:
    """A copy of this project, to be changed or watched."""
    copy = folder / "project"
    shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
    return copy


def rewrite(copy: Path, file: str, old: str, new: str) -> None:
    """Change one place of a file of the copy."""
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r} to be changed"
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def files(copy: Path) -> dict[str, float]:
    """Every file below a folder but the scratch of rehearsals, with the time of its last change."""
    return {
        str(path.relative_to(copy)): path.stat().st_mtime
        for path in copy.rglob("*")
        if path.is_file() and ".rehearsal" not in path.parts
    }


@dataclass(frozen=True)
class Ended:
    """What is known of a rehearsal that has ended."""

    code: int
    out: str
    err: str
    seconds: float
    left: Sequence[str] = ()
    """Processes and ports of it that were still there."""
    run_folders: Sequence[str] = ()
    """What it left in the project's scratch folder."""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the test asked while it ran."""

    @property
    def report(self) -> dict[str, Any]:
        """What it printed with --json."""
        return json.loads(self.out)


class Running:
    """A rehearsal that runs."""

    def __init__(self, copy: Path, *words: str) -> None:
        """Start it at level process with nothing of this machine's but PATH, a home and a folder for temporary files."""
        self._copy = copy
        homes = {name: copy.parent / name.lower() for name in ("HOME", "TMPDIR")}
        for folder in homes.values():
            folder.mkdir(exist_ok=True)
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "delivery", "rehearse", "--level", "process", *words],
            cwd=copy,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                **{name: str(folder) for name, folder in homes.items()},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: list[str] = []
        self._out = ""
        self._more = threading.Condition()
        self._over = False
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._read_err, self._read_out)
        ]
        for reader in self._readers:
            reader.start()

    def wait_for(self, phrase: str) -> str:
        """The first line of its timeline that has the phrase."""
        with self._more:
            told = self._more.wait_for(lambda: self._over or self._line(phrase), PATIENCE)
            line = self._line(phrase)
        assert told, f"waited {PATIENCE:g} s for {phrase!r}"
        assert line, f"it ended without {phrase!r}:\n{self.told()[-2000:]}"
        return line

    def family(self) -> list[psutil.Process]:
        """Every process it has started, and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def signal(self, number: int) -> Ended:
        """Send a signal, wait for the end, and look for what is left."""
        family = self.family()
        ports = sorted({port for one in [psutil.Process(self.process.pid), *family] for port in _ports(one)})
        assert len(family) > 2, "the reaper, a database and something of a release run at this moment"
        assert len(ports) > 2, "gateway, database and listener serve at this moment"
        self.process.send_signal(number)
        return self.end(family, ports)

    def end(
        self,
        family: Sequence[psutil.Process] = (),
        ports: Sequence[int] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> Ended:
        """Wait for the end, and look for what is left."""
        try:
            code = self.process.wait(PATIENCE)
        finally:
            self.process.kill()
        seconds = time.monotonic() - self._began
        for reader in self._readers:
            reader.join()
        # Who was killed himself can't wait for the others to go: the reaper does that, within its grace.
        _, living = psutil.wait_procs(list(family), 10 if code < 0 else 0.5)
        left = [f"{one.pid} {' '.join(one.cmdline())}" for one in living if one.is_running()]
        left += [f"port {port}" for port in ports if _answers(port)]
        scratch = self._copy / ".rehearsal"
        folders = [one.name for one in scratch.glob(f"run-{self.process.pid}-*")]
        return Ended(code, self._out, "".join(self._lines), seconds, left, folders, facts or {})

    def told(self) -> str:
        """What it has written to standard error so far."""
        with self._more:
            return "".join(self._lines)

    def wait_for_after(self, mark: str, phrase: str) -> None:
        """Wait until the phrase stands behind the last place of the mark."""
        with self._more:
            told = self._more.wait_for(
                lambda: self._over or phrase in "".join(self._lines).rpartition(mark)[2], PATIENCE
            )
        assert told, f"waited {PATIENCE:g} s for {phrase!r} after {mark!r}"

    def _line(self, phrase: str) -> str | None:
        return next((line for line in self._lines if phrase in line), None)

    def _read_err(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self._more:
                self._lines.append(line)
                self._more.notify_all()
        with self._more:
            self._over = True
            self._more.notify_all()

    def _read_out(self) -> None:
        assert self.process.stdout
        self._out = self.process.stdout.read()


def _ports(process: psutil.Process) -> list[int]:
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.Error:
        return []
    return [one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def plain(copy: Path, *words: str) -> Callable[[], Ended]:
    """Something that plays a rehearsal to its end."""
    return lambda: Running(copy, *words).end()


def signalled(copy: Path, number: int, at: str, *words: str) -> Callable[[], Ended]:
    """Something that plays a rehearsal until its timeline has a phrase, and then sends a signal."""

    def play() -> Ended:
        running = Running(copy, *words)
        try:
            running.wait_for(at)
            return running.signal(number)
        finally:
            running.process.kill()

    return play


def kept(copy: Path, look: Callable[[Running], Mapping[str, Any]], *words: str) -> Callable[[], Ended]:
    """Something that plays a rehearsal with --keep, looks at what answers on standard error's account, and sends Ctrl-C."""

    def play() -> Ended:
        running = Running(copy, "--keep", *words)
        try:
            running.wait_for("Staying up until Ctrl-C")
            facts = look(running)
            family = running.family()
            running.process.send_signal(signal.SIGINT)
            return running.end(family, facts=facts)
        finally:
            running.process.kill()

    return play
