"""Our program's evaluation beside the same pipeline synthesized by the AWS CDK in Python."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.evaluation import STACK
from benchmarks.figure import Aim, Figure, Result, seconds
from benchmarks.measure import BenchmarkFailed, Program, in_turns, python, ratios, run, walls
from rehearsal.program import ROOT

PEER = ROOT / "benchmarks" / "peers" / "cdk"
ENVIRONMENT = ROOT / ".tools" / "cdk"
"""A virtual environment of its own: nothing of the project needs the CDK."""


def missing() -> str | None:
    """No Node, in which the CDK's own code runs."""
    return (
        None
        if shutil.which("node")
        else "the CDK runs in Node, and there is none on PATH; install Node.js 22 or newer"
    )


def measure(runs: int) -> Result:
    """Whole processes in turns: ours, the CDK as it is, the CDK without its validation of templates."""
    _set_up()
    with tempfile.TemporaryDirectory() as folder:
        recorded = str(Path(folder) / "recorded.json")
        resources = run(
            Program("recording", python("benchmarks.programs", "record", STACK, recorded))
        ).output.strip()
        ours = Program("our program", python("benchmarks.programs", "ours", STACK, recorded, "1"))
        default = _synthesis(folder, "default", {})
        unchecked = _synthesis(folder, "unchecked", {"CDK_VALIDATION": "false"})
        mine, checked, plain = in_turns([ours, default, unchecked], runs)
    return Result(
        [
            Figure(
                "CDK by default over ours",
                ratios(walls(checked), walls(mine)),
                aim=Aim(3.0, at_least=True),
                beside=f"{seconds('CDK', walls(checked))}, {seconds('ours', walls(mine))}",
            ),
            Figure(
                "CDK without its validation over ours",
                ratios(walls(plain), walls(mine)),
                aim=Aim(1.0, at_least=True),
                beside=f"{seconds('CDK', walls(plain))}, {seconds('ours', walls(mine))}",
            ),
        ],
        [
            f"ours: {resources} custom resources; the bucket is six of them, the two templates are two",
            f"CDK: {checked[0].output.strip()} of CloudFormation; each action of the pipeline has a role of its own",
        ],
    )


def _synthesis(folder: str, name: str, environment: dict[str, str]) -> Program:
    command = [str(ENVIRONMENT / "bin" / "python"), str(PEER / "app.py"), str(Path(folder) / name)]
    return Program(f"CDK {name}", command, environment)


def _set_up() -> None:
    """Install the CDK from its own hashed lock, once."""
    lock, done = PEER / "requirements.txt", ENVIRONMENT / ".complete"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    uv = str(Path(sys.executable).with_name("uv"))
    words = [
        "pip",
        "sync",
        "--quiet",
        "--require-hashes",
        "--python",
        str(ENVIRONMENT / "bin" / "python"),
        str(lock),
    ]
    for command in ([sys.executable, "-m", "venv", str(ENVIRONMENT)], [uv, *words]):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise BenchmarkFailed(f"the CDK could not be installed: {made.stderr.strip()[-500:]}")
    done.touch()
