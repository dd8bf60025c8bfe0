"""The JSON report has the fields that docs/rehearsal.md documents, whatever happened."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rehearsal.codepipeline.execution import ActionRun, Execution
from rehearsal.codepipeline.status import ActionStatus, ExecutionStatus
from rehearsal.host.project import ROOT
from rehearsal.plays import json_report
from rehearsal.plays.play import Play, Released, Step
from rehearsal.running.verdict import Answering, Failure, Verdict

DIGEST = f"sha256:{'a' * 64}"
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def reported() -> dict[str, Any]:
    now = time.monotonic()
    action = ActionRun(
        "Release", "Migrate", "CodeBuild", ActionStatus.FAILED, now - 5, now - 3, "", "JobFailed", "why"
    )
    execution = Execution(
        "id-1",
        "shop",
        ExecutionStatus.FAILED,
        "CloudWatchEvent",
        {},
        (),
        now - 6,
        now - 2,
        "over",
        actions=(action,),
    )
    verdict = Verdict(
        {"v1": 3}, {Failure("web", "/", "HTTP 503", ""): 2}, (Answering("web", "v1", DIGEST, 200, "/"),)
    )
    play = Play(
        "release",
        [Step("step", 1.0, ok=False, seen="seen")],
        None,
        [Released("v2", DIGEST, execution)],
        verdict,
    )
    told = json_report.report(
        stack="stg",
        level="process",
        shows="much",
        application="mine",
        started=datetime.now(UTC),
        plays=[play, Play("denied")],
        logs=Path("logs"),
    )
    return json.loads(told)


def paths(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {one for inner in value.values() for one in paths(inner)}
    return {one for inner in value for one in paths(inner)} if isinstance(value, list) else set()


def test_every_field_is_documented_and_every_documented_field_is_there() -> None:
    text = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8").partition("## JSON")[2]
    table = [line for line in text.splitlines() if line.startswith("| `")]
    documented = {
        word.removesuffix("[]").rpartition(".")[2]
        for line in table
        for word in re.findall(r"`([\w.\[\]]+)`", line)
    }
    told = reported()
    told["error"] = json.loads(json_report.refusal("stg", "usage", "x", 2))["error"]
    told["scenarios"][0]["verdict"]["answeredBy"] = {}
    assert paths(told) == documented - {"null"}


def test_a_release_that_went_wrong_has_its_ids_moments_and_reason() -> None:
    told = reported()
    assert (told["format"], told["ok"], told["exitCode"], told["error"]) == (1, False, 1, None)
    (release,) = told["releases"]
    assert (release["executionId"], release["digest"], release["version"]) == ("id-1", DIGEST, "v2")
    (action,) = release["actions"]
    assert (action["errorCode"], action["error"], action["status"]) == ("JobFailed", "why", "Failed")
    for moment in (told["started"], told["ended"], release["started"], action["ended"]):
        assert MOMENT.fullmatch(moment), moment
    assert release["started"] < action["started"] < action["ended"] < release["ended"]
    assert told["scenarios"][0]["verdict"]["failures"] == [
        {"service": "web", "path": "/", "said": "HTTP 503", "version": "", "count": 2}
    ]
    assert told["scenarios"][1]["verdict"] is None


def test_a_refusal_is_of_the_same_form() -> None:
    told = json.loads(json_report.refusal("stg", "machine", "no port", 4))
    assert told == {
        "format": 1,
        "ok": False,
        "exitCode": 4,
        "error": {"class": "machine", "sentence": "no port"},
        "stack": "stg",
        "scenarios": [],
        "releases": [],
    }
