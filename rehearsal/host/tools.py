"""Programs of this machine that builds call, and where builds look for them."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from rehearsal.errors import MachineError

SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

NEEDED: Mapping[str, str] = {
    "aws": "install the lock: make setup",
    "bash": "install bash",
    "mktemp": "install GNU coreutils",
    "python3": "install Python",
}
"""What the buildspec calls and what brings it in."""


def build_path(docker: Path | None = None) -> str:
    """A build's PATH: the runtime's docker first, then our own `aws`, then the system's."""
    folders = [docker] if docker else []
    return ":".join([*map(str, [*folders, Path(sys.executable).parent]), SYSTEM])


def require() -> None:
    """RehearsalError that names the first program that is missing."""
    for name, remedy in NEEDED.items():
        if shutil.which(name, path=build_path()) is None:
            raise MachineError(name, "builds call it, and this machine does not have it", remedy)
