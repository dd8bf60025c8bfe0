"""Runs the tiers of checks and tests that this machine has the parts for, and says which it left out and why.

python -m tests [tier ...]        the named tiers, or all
python -m tests --all [tier ...]  a tier or a test that can't run is a failure, and Docker may be installed (CI)
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGES = (
    "__main__.py",
    "settings",
    "documents",
    "components",
    "delivery",
    "rehearsal",
    "tests",
    "benchmarks",
    "examples",
    "tools",
)
SHELL = (
    ".ci/run",
    "bin/delivery",
    "tools/setup.sh",
    "benchmarks/bare/process.sh",
    "benchmarks/bare/container.sh",
)


@dataclass(frozen=True)
class Result:
    """How a tier went."""

    tier: str
    failed: bool
    text: str
    left_out: bool = False
    """Whether some of its tests need what this machine lacks; pytest has said what."""


@dataclass(frozen=True)
class Tier:
    """One tier: what it shows, what it needs, and how it runs."""

    name: str
    shows: str
    run: Callable[["Tier"], Result]
    missing: Callable[[bool], str | None] = lambda install: None
    """What is missing on this machine and what would bring it in; None when nothing is, or it may be installed."""
    around: Callable[[], AbstractContextManager[object]] = nullcontext
    """What has to be there while the tier runs."""
    waiting: int = 0
    """How many files more than processors are run at once, because so many only wait."""


def _lint(tier: Tier) -> Result:
    present = [path for path in PACKAGES if (ROOT / path).exists()]
    checks = [
        ["ruff", "check", "--quiet", *present],
        ["ruff", "format", "--check", "--quiet", *present],
        ["pyright", "--pythonpath", sys.executable],
        ["shellcheck", "--external-sources", *SHELL],
    ]
    failed = [check[0] for check in checks if _call([str(BIN / check[0]), *check[1:]]) != 0]
    text = f"{len(checks) - len(failed)} passed, {len(failed)} failed" + (
        f" ({', '.join(failed)})" if failed else ""
    )
    return Result(tier.name, bool(failed), text)


def _pytest(tier: Tier) -> Result:
    """Pytest's exit code decides; a tier in which no test ran has failed too (exit code 5)."""
    # A file's tests share what it started, so files are what is spread over the processors.
    processes = min((os.cpu_count() or 1) + tier.waiting, 4)
    spread = ["-n", str(processes), "--dist", "loadfile"]
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            *spread,
            f"--junitxml={report.name}",
            f"tests/{tier.name}",
        ]
        code = _call(command)
        try:
            suite = ET.parse(report.name).getroot().find("testsuite")  # noqa: S314  (written by pytest just now)
        except ET.ParseError:
            suite = None
    counted = {
        key: int(suite.get(key, 0)) if suite is not None else 0
        for key in ("tests", "failures", "errors", "skipped")
    }
    bad = counted["failures"] + counted["errors"]
    passed = counted["tests"] - bad - counted["skipped"]
    text = f"{passed} passed, {bad} failed" + (
        f", {counted['skipped']} skipped" if counted["skipped"] else ""
    )
    return Result(tier.name, code != 0, text, left_out=counted["skipped"] > 0)


def _no_cli(install: bool) -> str | None:  # noqa: FBT001  (a CLI is built inside the project; nothing is installed)
    from rehearsal.pulumi_engine.find_cli import cli_missing

    return cli_missing()


def _cli() -> AbstractContextManager[object]:
    from rehearsal.pulumi_engine.find_cli import the_cli

    return nullcontext(the_cli(lambda line: print(line, flush=True)))


def _no_docker(install: bool) -> str | None:  # noqa: FBT001
    from tests.docker import missing

    return missing(install=install)


def _docker() -> AbstractContextManager[object]:
    from tests.docker import daemon

    return daemon()


def _call(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL).returncode


TIERS = (
    Tier("lint", "formatting, lint, types, shell", _lint),
    Tier("unit", "documents, settings, components, both stacks under mocks", _pytest),
    Tier("rehearsal", "the imitated services and whole releases at level process", _pytest, waiting=1),
    Tier("engine", "the real Pulumi CLI and engine", _pytest, _no_cli, _cli),
    Tier("container", "whole releases with a real Docker", _pytest, _no_docker, _docker),
)


def main(arguments: Sequence[str]) -> int:
    """Run tiers; 0 when every one that ran passed (and, with --all, every one ran)."""
    parser = argparse.ArgumentParser(prog="python -m tests", description="Run the tiers of checks and tests.")
    parser.add_argument(
        "--all",
        action="store_true",
        help="a tier or a test that can't run is a failure, and Docker may be installed",
    )
    parser.add_argument("tier", nargs="*", help=f"of {', '.join(tier.name for tier in TIERS)}; default: all")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.tier) - {tier.name for tier in TIERS}
    if unknown:
        parser.error(f"no tier {', '.join(sorted(unknown))}")
    results = [run(tier, must=chosen.all) for tier in TIERS if not chosen.tier or tier.name in chosen.tier]
    print("\ntiers:")
    for result in results:
        print(f"  {result.tier}: {result.text}")
    return int(any(result.failed for result in results))


def run(tier: Tier, *, must: bool) -> Result:
    """Run one tier; when it `must`, whatever this machine cannot run is a failure."""
    missing = tier.missing(must)
    if missing:
        return Result(tier.name, must, f"left out: {missing}", left_out=True)
    print(f"\n== {tier.name}: {tier.shows}", flush=True)
    begun = time.monotonic()
    with tier.around():
        result = tier.run(tier)
    failed = result.failed or (must and result.left_out)
    return replace(result, failed=failed, text=f"{result.text}, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
