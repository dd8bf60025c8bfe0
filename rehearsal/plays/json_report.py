"""The report of a rehearsal as JSON, for a CI: a format of its own version, documented in docs/rehearsal.md."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rehearsal.codepipeline.execution import ActionRun
from rehearsal.plays.play import Play, Released, exit_code
from rehearsal.running.verdict import Verdict

FORMAT = 1
"""Raised when a field changes its meaning or goes away, not when one is added."""


def report(  # noqa: PLR0913  (one keyword for each thing that is told)
    *,
    stack: str,
    level: str,
    shows: str,
    application: str,
    started: datetime,
    plays: Sequence[Play],
    logs: Path | None,
) -> str:
    """What was played. `started` is when the rehearsal began."""
    fault = next((play.fault for play in plays if play.fault is not None), None)
    error = None if fault is None else {"class": fault.kind, "sentence": str(fault)}
    code = exit_code(plays)
    content = {
        **_head(stack, ok=code == 0, exit_code=code, error=error),
        "level": level,
        "shows": shows,
        "application": application,
        "started": _iso(started),
        "ended": _iso(datetime.now(UTC)),
        "scenarios": [_scenario(play) for play in plays],
        "releases": [_release(play.scenario, one) for play in plays for one in play.releases],
        "logs": None if logs is None else str(logs),
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def refusal(stack: str, kind: str, sentence: str, exit_code: int) -> str:
    """The report of a rehearsal that could not be played."""
    error = {"class": kind, "sentence": sentence}
    head = _head(stack, ok=False, exit_code=exit_code, error=error)
    return json.dumps({**head, "scenarios": [], "releases": []}, indent=2, ensure_ascii=False)


def _head(stack: str, *, ok: bool, exit_code: int, error: dict[str, str] | None) -> dict[str, Any]:
    return {"format": FORMAT, "ok": ok, "exitCode": exit_code, "error": error, "stack": stack}


def _scenario(play: Play) -> dict[str, Any]:
    return {
        "name": play.scenario,
        "ok": play.ok,
        "steps": [
            {"name": one.name, "seconds": round(one.seconds, 3), "ok": one.ok, "seen": one.seen}
            for one in play.steps
        ],
        "verdict": None if play.verdict is None else _verdict(play.verdict),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "ok": verdict.ok,
        "sent": verdict.sent,
        "failed": verdict.failures,
        "answeredBy": dict(verdict.answered),
        "failures": [{**asdict(kind), "count": count} for kind, count in sorted(verdict.failed.items())],
        "now": [asdict(one) for one in verdict.now],
    }


def _release(scenario: str, released: Released) -> dict[str, Any]:
    execution = released.execution
    return {
        "scenario": scenario,
        "version": released.version,
        "digest": released.digest,
        "executionId": execution.id,
        "status": execution.status,
        "summary": execution.summary,
        "started": _moment(execution.started),
        "ended": _moment(execution.ended),
        "actions": [_action(one) for one in execution.actions],
    }


def _action(run: ActionRun) -> dict[str, Any]:
    return {
        "stage": run.stage,
        "name": run.action,
        "provider": run.provider,
        "status": run.status,
        "started": _moment(run.started),
        "ended": _moment(run.ended),
        "errorCode": run.error_code,
        "error": run.error_message,
    }


def _moment(monotonic: float | None) -> str | None:
    """A moment of the monotonic clock as the calendar has it."""
    if monotonic is None:
        return None
    return _iso(datetime.fromtimestamp(time.time() - (time.monotonic() - monotonic), UTC))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
