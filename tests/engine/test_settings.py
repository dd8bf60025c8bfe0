"""A wrong setting is refused by the program, under the real CLI too, in its own words, and nothing is made."""

from typing import Any

import pytest

from rehearsal.pulumi_engine.outcome import EngineFailed
from rehearsal.pulumi_engine.stack import Stack
from rehearsal.world.cloud import Cloud


def refused(stack: Stack, change: Any) -> str:
    before = stack.settings_file.read_text(encoding="utf-8")
    stack.edit(change)
    try:
        with pytest.raises(EngineFailed) as caught:
            stack.preview()
    finally:
        stack.settings_file.write_text(before, encoding="utf-8")
    return str(caught.value)


def test_a_missing_setting_is_refused_in_our_words(stg: Stack) -> None:
    said = refused(stg, lambda config: config.pop("delivery:source"))
    assert "delivery:source is missing: it says what starts a release" in said
    assert "missing configuration value" not in said, "the CLI's words name no remedy"


def test_a_text_where_a_map_belongs_is_refused_in_our_words(stg: Stack) -> None:
    said = refused(stg, lambda config: config.update({"delivery:images": "shop"}))
    assert "delivery:images is 'shop': it is one text, and a map belongs there" in said


def test_who_updates_reads_the_new_lines_with_the_own_values(stg: Stack) -> None:
    def old(config: Any) -> None:
        image = config.pop("delivery:images")["app"]
        config["delivery:image"] = image | config.pop("delivery:source")["push"]

    said = refused(stg, old)
    lines = [line.strip() for line in said.splitlines()]
    assert "delivery:image is gone" in said
    assert lines.index("tag: stg") > lines.index("delivery:source:") > lines.index("repository: shop")


def test_an_unknown_setting_is_refused_in_our_words(stg: Stack) -> None:
    said = refused(stg, lambda config: config.update({"delivery:imagges": {}}))
    assert "delivery:imagges is not a setting; did you mean images?" in said, (
        "the CLI leaves unknown keys alone, so the program must look itself"
    )


def test_the_program_refuses_an_unknown_key_inside_a_setting(stg: Stack) -> None:
    said = refused(stg, lambda config: config["delivery:images"]["app"].update(tags="stg"))
    assert "tags" in said


def test_a_refused_preview_has_made_nothing(stg: Stack, cloud: Cloud) -> None:
    refused(stg, lambda config: config["delivery:migration"].update(timeoutMinutes="soon"))
    assert cloud.count() == 0
    assert not stg.provider.log
