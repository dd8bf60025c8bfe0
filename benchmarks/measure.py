"""Runs programs in turns, each as a process of its own, and keeps what each run took."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.host.project import ROOT

STARTED = "BENCHMARK_STARTED"
"""Variable that tells a measured process when it was started, in seconds of the machine's monotonic clock."""

_UNMEASURED = "PYTHONDONTWRITEBYTECODE"
"""Variable that keeps compiled modules from being kept: with it every run is a first run."""

_LAST_WORDS = 2000


class BenchmarkFailed(Exception):
    """A measured program ended with an error; the text has its command and last words."""


@dataclass(frozen=True)
class Program:
    """One program that is measured."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Added to this process's own (without the one that is not measured), or instead of it when `alone`."""
    alone: bool = False
    folder: Path = ROOT


@dataclass(frozen=True)
class Run:
    """One run of a program."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of processor time, of the process and of every child it waited for."""
    output: str


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Median, least and most of some values."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        """The median, and how far the others were from it."""
        return f"{self.median:.2f} ({self.least:.2f}-{self.most:.2f})"


def python(module: str, *words: str) -> list[str]:
    """Command that runs a module of this project with this interpreter."""
    return [sys.executable, "-m", module, *words]


def run(program: Program) -> Run:
    """Run once; raises BenchmarkFailed when the program says it failed."""
    base = {} if program.alone else {name: value for name, value in os.environ.items() if name != _UNMEASURED}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.monotonic()
        process = subprocess.Popen(
            list(program.command),
            cwd=program.folder,
            env={**base, **program.environment, STARTED: repr(begun)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        said, complained = (_text(one.fileno()) for one in (output, errors))
    if process.returncode != 0:
        words = (complained or said).strip()[-_LAST_WORDS:]
        raise BenchmarkFailed(f"{program.name} ended with exit code {process.returncode}: {words}")
    return Run(wall, used.ru_utime + used.ru_stime, said)


def in_turns(programs: Sequence[Program], runs: int) -> list[list[Run]]:
    """Run A B A B ..., so that whatever else the machine does meets all alike; the runs of each program.

    One run of each goes before and is not counted: it warms the caches of files and of compiled modules.
    """
    for program in programs:
        run(program)
    rounds = [[run(program) for program in programs] for _ in range(runs)]
    return [list(column) for column in zip(*rounds, strict=True)]


def walls(runs: Sequence[Run]) -> list[float]:
    """Wall seconds of each run."""
    return [one.wall for one in runs]


def cpus(runs: Sequence[Run]) -> list[float]:
    """Processor seconds of each run."""
    return [one.cpu for one in runs]


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Each measurement over the one that was made beside it."""
    return Spread.of([a / b for a, b in zip(above, below, strict=True)])


def _text(descriptor: int) -> str:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode("utf-8", "replace")
