"""The command where the world outside says no: the refusal is what is played."""

import json
from pathlib import Path

import pytest
import yaml

from delivery.options import Options
from delivery.playing import run
from rehearsal.host.interruption import Interruption
from rehearsal.host.project import ROOT


def test_a_rejected_release_is_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command plays the refusal instead of its scenarios, and it went as it should: exit code 0."""
    document = yaml.safe_load((ROOT / "Pulumi.stg.yaml").read_text(encoding="utf-8"))
    document["config"]["delivery:release"]["approval"] = {}
    file = tmp_path / "Pulumi.asked.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    options = Options(stack_file=file, level="process", approve=False, as_json=True)
    assert run(options, Interruption()) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["stack"] == "asked", "the file's name says which stack it is"
    [release] = report["releases"]
    assert [one["name"] for one in release["actions"]] == ["Source", "Approve"]
