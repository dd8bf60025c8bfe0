"""What a contributor meets first: a `pytest` that finds every test, and helpers that exist once."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from rehearsal.host.project import ROOT
from tests.__main__ import TIERS, Result, Tier, run

TESTS = ROOT / "tests"


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_a_helper_of_the_tests_is_imported_by_one_name_everywhere() -> None:
    """By two names it would be two modules, each with a memory of its own."""
    own = {file.stem for file in TESTS.rglob("*.py")}
    assert {"harness", "stagehands", "images"} <= own
    bare = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in TESTS.rglob("*.py")
        for name in _imported(file)
        if name.startswith(".") or name.split(".")[0] in own
    ]
    assert not bare, "write it as tests.<tier>.<module>"


def test_every_tier_is_a_package_so_that_two_may_have_a_file_of_one_name() -> None:
    folders = {file.parent for file in TESTS.rglob("test_*.py")}
    assert {"unit", "rehearsal", "engine", "container"} <= {folder.name for folder in folders}
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_plain_pytest_runs_the_tier_that_needs_nothing() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    assert options["testpaths"] == ["tests/unit"]
    assert "--import-mode=importlib" in options["addopts"]
    [unit] = [tier for tier in TIERS if tier.name == "unit"]
    assert unit.missing(False) is None


def test_what_contributing_tells_to_run_and_to_open_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {line.split()[1] for line in lines if line.startswith("make ")}
    targets |= {one.removeprefix("make ") for one in re.findall(r"`(make [a-z]+)`", text)}
    assert {"unit", "one", "lint", "test", "schema", "pulumi"} <= targets
    assert targets <= set(re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE))
    named = (
        re.findall(r"`([\w.]+/[\w./]*)`", text)
        + re.findall(r"T=(\S+)", text)
        + re.findall(r"\]\(([^)]+)\)", text)
    )
    assert len(named) > 20
    made = (".rehearsal/",)
    assert [one for one in named if not one.startswith(made) and not (ROOT / one).exists()] == []


def test_a_test_that_this_machine_cannot_run_fails_ci_and_nobody_else() -> None:
    """A first `make test` on a machine without Node is no failure; a CI that lost Node is one."""
    some = Tier("some", "", lambda tier: Result(tier.name, failed=False, text="1 skipped", left_out=True))
    assert not run(some, must=False).failed
    assert run(some, must=True).failed
    broken = Tier("broken", "", lambda tier: Result(tier.name, failed=True, text="1 failed"))
    assert run(broken, must=False).failed
