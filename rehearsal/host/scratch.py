"""The project's own scratch folder: nothing is written outside it."""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from rehearsal.errors import MachineError

NAME = ".rehearsal"


@contextmanager
def run_folder(root: Path) -> Generator[Path]:
    """A folder for one run below the project's scratch folder, removed at the end; leftovers of dead runs go first."""
    scratch = root / NAME
    try:
        scratch.mkdir(mode=0o755, exist_ok=True)
        _remove_leftovers(scratch)
        folder = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=scratch))
        folder.chmod(0o755)
    except OSError as error:
        rule = "a rehearsal writes into the project's folder only"
        raise MachineError(
            str(scratch), f"{rule}, and this failed: {error.strerror}", "make it writable"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(scratch: Path) -> None:
    for folder in scratch.glob("run-*-*"):
        pid = folder.name.split("-")[1]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
