"""Pours a dump, plain or gzipped, into the program that loads it."""

import gzip
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_GZIP = b"\x1f\x8b"


def opened(dump: Path) -> IO[bytes] | gzip.GzipFile:
    """A dump's own bytes, unzipped where need be."""
    with dump.open("rb") as file:
        zipped = file.read(len(_GZIP)) == _GZIP
    return gzip.open(dump, "rb") if zipped else dump.open("rb")


def poured(dump: Path, words: Sequence[str], environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run a loader on a dump; its exit code and what it complained of."""
    with subprocess.Popen(
        words,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as loading:
        assert loading.stdin is not None  # noqa: S101  (given above)
        assert loading.stderr is not None  # noqa: S101
        try:
            with opened(dump) as file:
                shutil.copyfileobj(file, loading.stdin)
            loading.stdin.close()
        except BrokenPipeError:  # it has stopped at an error, which it says
            pass
        said = loading.stderr.read().decode(errors="replace").splitlines()
    return loading.returncode, [line for line in said if line.strip()]
