"""From a fresh clone in an empty home to the end of the first rehearsal."""

import os
import shutil
import tempfile
from pathlib import Path

from benchmarks.figure import Aim, Figure, Result
from benchmarks.measure import Program, Run, Spread, run, walls
from rehearsal.program import ROOT

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

SCRIPT = 'git clone --quiet "$ORIGIN" clone && cd clone && exec make --silent rehearse ARGS="--level process"'


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
    taken = [_once() for _ in range(runs)]
    output = taken[-1].output.strip().splitlines()
    return Result(
        [Figure("clone, setup, whole rehearsal", Spread.of(walls(taken)), unit="s", aim=Aim(90))],
        [
            "the committed HEAD, all three scenarios at level process; it ended with:",
            output[-1] if output else "",
        ],
    )


def _once() -> Run:
    with tempfile.TemporaryDirectory(prefix="fresh-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "home").mkdir()
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in KEPT or name.startswith(KEPT_PREFIXES)
        }
        environment = {**kept, "HOME": str(Path(folder) / "home"), "ORIGIN": str(ROOT)}
        return run(
            Program("fresh clone", ["bash", "-c", SCRIPT], environment, alone=True, folder=Path(folder))
        )
