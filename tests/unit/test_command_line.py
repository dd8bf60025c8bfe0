"""The command line: one file a verb, each option written once, one version, and a start that waits for nothing."""

import json
import subprocess
import sys
import tomllib
from dataclasses import MISSING, fields
from typing import get_type_hints

import pytest
from typer.testing import CliRunner

from delivery import cli
from delivery.options import Options
from rehearsal.host.project import ROOT

COMMANDS = ROOT / "delivery" / "commands"


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = CliRunner().invoke(cli.app, ["--version"])
    assert (told.exit_code, told.output) == (0, f"delivery {project['version']}\n")


def test_every_file_of_the_commands_is_a_verb_with_help() -> None:
    verbs = {file.stem for file in COMMANDS.glob("*.py")} - {"__init__"}
    told = {command.name: command.help for command in cli.app.registered_commands}
    assert verbs
    assert set(told) == verbs
    assert all(told.values())


def test_an_option_is_a_field_and_reaches_the_work_as_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Options] = []
    monkeypatch.setattr(cli, "ending_in_order", lambda work: work(None))
    app = cli.typer.Typer()
    app.command()(cli.verb(Options, lambda options, _: len(seen.append(options) or [0] * 3)))
    ended = CliRunner().invoke(
        app,
        [
            "--stack",
            "prd",
            "--reject",
            "--traffic-path",
            "/a",
            "--traffic-path",
            "/b",
            "--keep",
            "--build-timeout",
            "7",
            "--pace",
            "20",
        ],
    )
    assert ended.exit_code == 3, "the work's own code"
    [options] = seen
    assert options == Options(
        stack="prd", approve=False, traffic_path=["/a", "/b"], keep=True, build_timeout=7.0, pace=20.0
    )


def test_every_option_has_help_and_a_default() -> None:
    told = CliRunner().invoke(cli.app, ["rehearse", "--help"], env={"COLUMNS": "200"}).output
    written = get_type_hints(Options, include_extras=True)
    for field in fields(Options):
        assert field.default is not MISSING, field.name
        assert written[field.name].__metadata__[0].help, field.name
        spelled = {"as_json": "json"}.get(field.name, field.name).replace("_", "-")
        assert f"--{spelled}" in told, field.name


def test_a_command_starts_without_what_a_rehearsal_loads() -> None:
    """Importing these takes seconds, and help must not wait for them."""
    told = subprocess.run(
        [sys.executable, "-c", "import json, sys, delivery.cli; print(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in json.loads(told.stdout)}
    assert "typer" in loaded
    assert not loaded & {
        "pulumi",
        "pulumi_aws",
        "boto3",
        "botocore",
        "pydantic",
        "yaml",
        "aiohttp",
        "psycopg",
        "tomllib",
    }
