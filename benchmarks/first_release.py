"""A rehearsal's first release beside a bare shell script that does the same real work by hand."""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figure import Aim, Figure, Result, seconds
from benchmarks.measure import Program, Run, Spread, in_turns, python, ratios
from benchmarks.releasing import MEANWHILE
from rehearsal.host.project import ROOT
from rehearsal.host.scratch import NAME
from rehearsal.levels.process.docker_shim import install_docker_shim

BARE = ROOT / "benchmarks" / "bare"


def missing() -> str | None:
    """No curl, with which the bare script asks its application."""
    return None if shutil.which("curl") else "the bare script needs curl; install it"


def measure(runs: int) -> Result:
    """Alternate the two; seconds are from the start of each process to the first good answer."""
    with tempfile.TemporaryDirectory(dir=scratch(), prefix="bench-") as folder:
        docker = install_docker_shim(Path(folder) / "docker")
        given = {"DOCKER": str(docker.parent), **bare_environment(folder)}
        rehearsed, bare = in_turns([rehearsal("process"), script("process.sh", given)], runs)
    return Result(
        [
            Figure("program start to v1 answering", Spread.of(answers(rehearsed)), unit="s", aim=Aim(5.0)),
            beside_bare(rehearsed, bare),
            Figure(
                "processor time over the bare script's",
                ratios([one.cpu for one in rehearsed], [one.cpu for one in bare]),
            ),
        ],
        phases(rehearsed),
    )


def scratch() -> str:
    """Where a benchmark may write: the project's own scratch folder, which everybody may pass through."""
    folder = ROOT / NAME
    folder.mkdir(mode=0o755, exist_ok=True)
    return str(folder)


def bare_environment(folder: str) -> dict[str, str]:
    """What every bare script is told."""
    Path(folder).chmod(0o755)
    return {"PYTHON": sys.executable, "SCRATCH": folder, "TEMPLATES": str(Path(scratch()) / "templates")}


def script(name: str, given: Mapping[str, str]) -> Program:
    """A bare script, which prints its seconds."""
    return Program(name, ["bash", str(BARE / name)], given)


def rehearsal(level: str) -> Program:
    """A rehearsal up to its first release."""
    return Program(f"rehearsal at level {level}", python("benchmarks.releasing", level))


def answers(rehearsed: Sequence[Run]) -> list[float]:
    """Seconds until v1 answered, of each rehearsal."""
    return [_ends(one)["answers"] for one in rehearsed]


def beside_bare(rehearsed: Sequence[Run], bare: Sequence[Run]) -> Figure:
    """The rehearsal's seconds over the script's."""
    ours, theirs = answers(rehearsed), [float(one.output) for one in bare]
    beside = f"{seconds('rehearsal', ours)}, {seconds('script', theirs)}"
    return Figure("rehearsal over bare script", ratios(ours, theirs), aim=Aim(1.5), beside=beside)


def phases(rehearsed: Sequence[Run]) -> list[str]:
    """Where the time goes: the median length of each phase, and when the database was there."""
    lengths: dict[str, list[float]] = {}
    database = [_ends(one)[MEANWHILE] for one in rehearsed]
    for one in rehearsed:
        before = 0.0
        ends = {phase: end for phase, end in _ends(one).items() if phase != MEANWHILE}
        for phase, end in sorted(ends.items(), key=lambda pair: pair[1]):
            lengths.setdefault(phase, []).append(end - before)
            before = end
    return [
        *(f"{phase:<16} {Spread.of(values)} s" for phase, values in lengths.items()),
        f"meanwhile the database was up after {Spread.of(database)} s",
    ]


def _ends(one: Run) -> dict[str, float]:
    return json.loads(one.output.strip().splitlines()[-1])
