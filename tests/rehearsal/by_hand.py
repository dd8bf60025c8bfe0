"""The commands of docs/operations.md, run as they stand there by the real AWS CLI against a local cloud."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.host.project import ROOT
from rehearsal.world.cloud import Cloud

PATIENCE = 120.0
_PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"^```sh\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [block for block in _BLOCKS if "aws " in block] + re.findall(r"`(aws [^`]+)`", _PAGE)
"""Every command, whole blocks and those within a sentence."""


def command(*words: str) -> str:
    """The one command of the page that has all these words."""
    (found,) = [one for one in COMMANDS if all(word in one for word in words)]
    return found


def by_hand(
    cloud: Cloud,
    documented: str,
    before: Mapping[str, str],
    home: Path,
    programs: Path | None = None,
    **given: str,
) -> Any:
    """What a command of the page answers; it succeeds. Each ellipsis of it, behind what stands `before` it, is what is given.

    `programs` is a folder whose programs are taken instead of the lock's.
    """
    written = documented
    for name, value in given.items():
        place = f"{before[name]}…"
        assert written.count(place) == 1, f"{documented!r} has no {place!r}"
        written = written.replace(place, f"{before[name]}{value}")
    assert "…" not in written, written
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", written],  # noqa: S607  (the reader's own)
        env={
            "PATH": f"{programs or Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": cloud.place.region,
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{written}\n{done.stderr}"
    return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout
