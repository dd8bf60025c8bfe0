"""What README.md says is what there is: commands, outputs, the rehearsal's steps."""

import re
from pathlib import Path

import pytest
import yaml

from rehearsal.host.project import ROOT
from tests.unit.harness import deployed_stack
from tools import readme
from tools.readme import embedded as part

README = ROOT / "README.md"
CODE = ("components", "delivery", "documents", "release", "rehearsal", "settings")


def _commands() -> list[str]:
    text = README.read_text(encoding="utf-8")
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def test_every_make_target_in_the_readme_is_there_and_says_what_it_does() -> None:
    named = {
        word
        for line in _commands()
        if line.startswith("make ")
        for word in line.split()[1:]
        if "=" not in word
    }
    assert {"rehearse", "test", "setup"} <= named
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    described = set(re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE))
    assert named <= described


def test_ci_runs_the_readmes_own_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in _commands()
    assert re.search(r"^make test TIERS=--all$", script, re.MULTILINE), (
        "the same command, with no tier left out"
    )
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert "bash .ci/run" in [step.get("run") for step in workflow["jobs"]["test"]["steps"]]


def test_every_stack_output_in_the_readme_is_exported() -> None:
    named = set(re.findall(r"pulumi stack output (\w+)", README.read_text(encoding="utf-8")))
    assert named
    assert named <= set(deployed_stack("stg").exports)


def test_the_rehearsal_in_the_readme_went_as_it_should() -> None:
    shown = part(README.read_text(encoding="utf-8"), "rehearse")
    steps = re.findall(r"^  (ok|no) +[\d.]+ s  (.+?)(?:  .*)?$", shown, re.MULTILINE)
    assert [result for result, _ in steps] == ["ok"] * len(steps)
    assert len(steps) == shown.count(" s  ")
    assert steps[-1][1] == "not one request failed meanwhile"


def _again(table: str) -> str:
    """The same rehearsal on another day: other seconds, another number of requests, other breaks."""
    return re.sub(r"(\d+) (requests|by)", r"1\1 \2", re.sub(r"\d+\.\d+ s", "1234.56 s", table)).replace(
        ": ", ":\n  "
    )


def test_generating_the_readme_again_changes_nothing_unless_something_but_the_time_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "README.md"
    file.write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    shown = part(file.read_text(encoding="utf-8"), "rehearse").removeprefix("```text\n").removesuffix("```\n")
    monkeypatch.setattr(readme, "README", file)
    monkeypatch.setattr("sys.argv", ["readme"])
    before = file.read_bytes()
    for table in (shown, _again(shown), _again(_again(shown))):
        monkeypatch.setattr(readme, "rehearsal_table", lambda table=table: table)
        readme.main()
        assert file.read_bytes() == before
    for old, new in (("  ok ", "  no "), ("push v1", "push v9"), ("200 on /healthz", "503 on /healthz")):
        file.write_bytes(before)
        monkeypatch.setattr(readme, "rehearsal_table", lambda old=old, new=new: shown.replace(old, new))
        readme.main()
        assert new.strip() in part(file.read_text(encoding="utf-8"), "rehearse"), (
            "what was seen is another thing"
        )


def test_every_decision_has_a_number_of_its_own_and_what_names_one_finds_it() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [record.name[:4] for record in records]
    assert len(set(numbers)) == len(records) > 60, (
        "two records of one number, and a reference would mean either"
    )
    for record in records:
        title, _, text = record.read_text(encoding="utf-8").partition("\n")
        assert title.startswith(f"# {int(record.name[:4])}. "), record.name
        assert text.strip(), record.name
    sources = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(path for folder in CODE for path in (ROOT / folder).rglob("*.py")),
    ]
    named = {
        number
        for path in sources
        for number in re.findall(r"decisions/(\d{4})", path.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= set(numbers), named - set(numbers)
