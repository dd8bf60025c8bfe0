"""The stack files of examples/stacks: a new one there is played by every tier, without a change here."""

from pathlib import Path

from rehearsal.host.project import ROOT

FOLDER = ROOT / "examples" / "stacks"

FILES = sorted(FOLDER.glob("*.yaml"))

OF_ECS = [file for file in FILES if "by: ecs" in file.read_text(encoding="utf-8")]
"""Those in which ECS moves some service; files of tests that take minutes are told apart by it, to run beside each other."""
OF_CODEDEPLOY = [file for file in FILES if file not in OF_ECS]

STACK = "stg"
"""What they are rehearsed as: nothing in their names says stg or prd."""


def named(file: Path) -> str:
    """What a test calls it."""
    return file.stem
