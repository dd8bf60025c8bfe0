"""A step that goes wrong says so in words, and the rehearsal's exit code says whose fault it was."""

import errno
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from rehearsal.errors import ApplicationError
from rehearsal.images.registry import RegistryError
from rehearsal.plays import json_report, play
from rehearsal.plays.play import Play, Unexpected, exit_code

REFUSED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "PutImage")


def broken_by(error: Exception) -> Play:
    """A scenario whose only step met an error."""
    played = Play("release")
    with pytest.raises(Unexpected, match="push v1: "), played.step("push v1"):
        raise error
    return played


def told(*plays: Play) -> dict[str, object]:
    """The JSON report of some scenarios."""
    began = datetime.now(UTC)
    text = json_report.report(
        stack="stg", level="process", shows="", application="", started=began, plays=plays, logs=None
    )
    return json.loads(text)


@pytest.mark.parametrize(
    "error",
    [
        Unexpected("it is Succeeded"),
        REFUSED,
        RegistryError(403, "DENIED", "no"),
        TimeoutError("nobody is healthy after 60 s"),
    ],
)
def test_what_a_step_is_about_fails_the_rehearsal_in_its_own_words(error: Exception) -> None:
    played = broken_by(error)
    assert played.steps[0].seen == str(error)
    assert exit_code([played]) == 1
    assert told(played)["error"] is None


BROKEN = [
    (OSError(errno.ENOSPC, "No space left"), ("machine", 4, "there is no space left on the disk")),
    (MemoryError(), ("machine", 4, "the machine gives no more memory")),
    (ApplicationError("FROM", "a Dockerfile has one", "add it"), ("application", 1, "add it")),
    (KeyError("digest"), ("unforeseen", 70, "KeyError: 'digest': nobody foresaw this; please report it with ")),
    (AssertionError(), ("unforeseen", 70, "AssertionError")),
]  # fmt: skip


@pytest.mark.parametrize(("error", "expected"), BROKEN)
def test_what_breaks_a_step_from_outside_keeps_its_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: tuple[str, int, str]
) -> None:
    monkeypatch.setattr(play, "ROOT", tmp_path)
    kind, code, said = expected
    played = broken_by(error)
    assert said in played.steps[0].seen
    assert exit_code([played, Play("denied")]) == code
    report = told(played)
    assert (report["ok"], report["exitCode"]) == (False, code)
    assert report["error"] == {"class": kind, "sentence": played.steps[0].seen}
    assert len(list((tmp_path).rglob("*.txt"))) == (kind == "unforeseen"), "only a fault of ours is kept"


def test_a_full_disk_behind_a_registrys_refusal_is_the_machines() -> None:
    refused = RegistryError(500, "UNKNOWN", "cannot store")
    refused.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert exit_code([broken_by(refused)]) == 4
