"""Who refuses a wrong setting: the CLI itself what `Pulumi.yaml` declares, our program the rest; nothing is made either way."""

from typing import Any

import pytest

from rehearsal.cloud import Cloud
from rehearsal.engine.outcome import EngineFailed
from rehearsal.engine.stack import Stack


def refused(stack: Stack, change: Any) -> str:
    before = stack.settings_file.read_text(encoding="utf-8")
    stack.edit(change)
    try:
        with pytest.raises(EngineFailed) as caught:
            stack.preview()
    finally:
        stack.settings_file.write_text(before, encoding="utf-8")
    return str(caught.value)


def test_the_cli_refuses_a_missing_setting_before_the_program_runs(stg: Stack) -> None:
    said = refused(stg, lambda config: config.pop("delivery:image"))
    assert "Stack 'stg' is missing configuration value 'image'" in said


def test_the_cli_refuses_a_text_where_an_object_belongs(stg: Stack) -> None:
    said = refused(stg, lambda config: config.update({"delivery:image": "shop"}))
    assert "configuration key 'image' must be of type 'object'" in said


def test_the_program_refuses_an_unknown_setting_which_the_cli_takes(stg: Stack) -> None:
    said = refused(stg, lambda config: config.update({"delivery:imagge": {"tag": "stg"}}))
    assert "imagge" in said, "a misspelt key must not be silently ignored"
    assert "must be of type" not in said, "the CLI leaves unknown keys alone, so the program must look itself"


def test_the_program_refuses_an_unknown_key_inside_a_setting(stg: Stack) -> None:
    said = refused(stg, lambda config: config["delivery:image"].update(tags="stg"))
    assert "tags" in said


def test_a_refused_preview_has_made_nothing(stg: Stack, cloud: Cloud) -> None:
    refused(stg, lambda config: config["delivery:migration"].update(timeoutMinutes="soon"))
    assert cloud.count() == 0
    assert not stg.provider.log
