"""From a fresh clone in an empty home to the end of the first rehearsal, and what that weighs.

What is downloaded is weighed by downloading it: the files of the locks, uv included, for this machine and its Python. What
is on the disk is what files occupy there.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figure import Aim, Figure, Result
from benchmarks.measure import Program, Run, Spread, run, walls
from rehearsal.host.project import ROOT

KEPT = ("PATH", "LANG", "LC_ALL", "TZ")
KEPT_PREFIXES = (
    "PIP_",
    "UV_",
    "SSL_",
    "REQUESTS_",
    "CURL_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http",
    "no_proxy",
)
"""How this machine reaches its package registry belongs to the machine, not to whoever is logged in."""

REHEARSE = (
    'git clone --quiet "$ORIGIN" clone && cd clone && exec make --silent rehearse ARGS="--level process"'
)
ADD_TESTS = "cd clone && exec make --silent setup"
DOWNLOAD = 'clone/.venv/bin/python -m pip download --quiet --no-deps --require-hashes -d "$INTO" -r clone/requirements/uv.txt -r clone/requirements/$LOCK.txt'

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Weight:
    """What an environment weighs, in bytes."""

    downloaded: int
    occupied: int


def missing() -> str | None:
    """No git, make or clone to start from."""
    for tool in ("git", "make"):
        if shutil.which(tool) is None:
            return f"there is no {tool}; install it"
    return (
        None
        if (ROOT / ".git").exists()
        else "this is no clone, so there is no commit to clone: clone the repository"
    )


def measure(runs: int) -> Result:
    """Clone what is committed and rehearse; every run begins with nothing."""
    taken: list[Run] = []
    weighed: dict[str, Weight] = {}
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="fresh-") as folder:
            Path(folder).chmod(0o755)
            (Path(folder) / "home").mkdir()
            taken.append(_once(Path(folder), "fresh clone", REHEARSE))
            if not weighed:
                weighed["rehearsal"] = _weight(Path(folder), "rehearsal")
                _once(Path(folder), "tests besides", ADD_TESTS)
                weighed["all"] = _weight(Path(folder), "all")
    output = taken[-1].output.strip().splitlines()
    return Result(
        [
            Figure("clone, setup, whole rehearsal", Spread.of(walls(taken)), unit="s", aim=Aim(90)),
            *_figures("make rehearse", weighed["rehearsal"]),
            *_figures("make test", weighed["all"]),
        ],
        [
            "the committed HEAD, all three scenarios at level process; it ended with:",
            output[-1] if output else "",
        ],
    )


def _once(folder: Path, name: str, script: str, **more: str) -> Run:
    kept = {
        name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)
    }
    environment = {**kept, "HOME": str(folder / "home"), "ORIGIN": str(ROOT), **more}
    return run(Program(name, ["bash", "-c", script], environment, alone=True, folder=folder))


def _weight(folder: Path, lock: str) -> Weight:
    into = folder / f"files-{lock}"
    _once(folder, f"download of {lock}", DOWNLOAD, INTO=str(into), LOCK=lock)
    downloaded = sum(file.stat().st_size for file in into.iterdir())
    links = {one.stat().st_ino: one.stat().st_blocks * 512 for one in (folder / "clone" / ".venv").rglob("*")}
    return Weight(downloaded, sum(links.values()))


def _figures(command: str, weight: Weight) -> list[Figure]:
    parts = {f"{command} downloads": weight.downloaded, f"{command} takes of the disk": weight.occupied}
    return [Figure(what, Spread.of([size / MEGABYTE]), unit="MB") for what, size in parts.items()]
