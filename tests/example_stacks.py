"""The stack files of examples/stacks: a new one there is played by every tier, without a change here."""

from pathlib import Path

from rehearsal.host.project import ROOT

FOLDER = ROOT / "examples" / "stacks"

FILES = sorted(FOLDER.glob("*.yaml"))

STACK = "stg"
"""What they are rehearsed as: nothing in their names says stg or prd."""


def named(file: Path) -> str:
    """What a test calls it."""
    return file.stem
