"""Who updates with a file of the old spelling reads the new lines, holding the own values, and nothing else changes."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from settings import SettingsError, parse
from tests.unit.harness import Config, raw_settings
from tests.valid_settings import valid_settings


def _old(raw: Config) -> Config:
    """The same settings as they were spelled before."""
    old = copy.deepcopy(raw)
    [image] = old.pop("images").values()
    return old | {"image": image | old.pop("source")["push"]}


def _said(raw: Config) -> str:
    with pytest.raises(SettingsError) as refused:
        parse(raw)
    return str(refused.value)


def _followed(raw: Config, said: str) -> Config:
    """The file of somebody who does what was said: the indented lines in the place of `image`."""
    lines = "\n".join(line for line in said.splitlines() if line.startswith("  "))
    given = {key.removeprefix("delivery:"): value for key, value in yaml.safe_load(lines).items()}
    return {key: value for key, value in raw.items() if key != "image"} | given


def test_the_lines_are_ready_to_be_pasted() -> None:
    said = _said(_old(raw_settings()))
    assert said.splitlines() == [
        (
            "delivery:image is gone: what is built stands under delivery:images, and what starts a release under delivery:source; "
            "write in its place these lines:"
        ),
        "  delivery:images:",
        "    app:",
        "      repository: shop",
        "      pushers:",
        "      - repository: example/shop",
        "        branch: main",
        "  delivery:source:",
        "    push:",
        "      tag: stg",
    ]


@examples(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(valid_settings())
def test_whoever_writes_the_lines_has_the_settings_of_before(raw: Config) -> None:
    old = _old(raw)
    now = parse(_followed(old, _said(old)))
    before = parse(raw)
    assert now.image == before.image
    assert now.model_copy(update={"images": before.images}) == before


@pytest.mark.parametrize("tag", ["1.10", "007", "yes", "null", "_", "2026-01-02", "1e3", "0x1F"])
def test_a_tag_that_yaml_reads_as_something_else_is_in_quotes(tag: str) -> None:
    old = _old(raw_settings())
    old["image"]["tag"] = tag
    assert parse(_followed(old, _said(old))).source.push.tag == tag


def test_what_was_no_setting_is_named_and_left_out() -> None:
    old = _old(raw_settings())
    old["image"] |= {"keepImages": 30, "secrets": {"A": "hunter2"}}
    said = _said(old)
    assert "write in its place, without keepImages and secrets, no settings, these lines:" in said
    assert "hunter2" not in said, "an error text ends up in logs"
    assert "keepImages" not in parse(_followed(old, said)).model_dump_json(by_alias=True)


def test_every_other_finding_is_told_beside_it() -> None:
    old = _old(raw_settings())
    old["image"]["tag"] = "a/b"
    old["network"]["vpcId"] = "x"
    told = [line for line in _said(old).splitlines() if line.startswith("delivery:")]
    assert [line.split()[0] for line in told] == [
        "delivery:image",
        "delivery:source.push.tag",
        "delivery:network.vpcId",
    ]


def test_what_is_there_already_is_not_written_again() -> None:
    both = raw_settings() | {"image": {"repository": "other", "tag": "other"}}
    assert _said(both).endswith("and both are there; remove delivery:image")
    half = _old(raw_settings()) | {"source": {"push": {"tag": "stg"}}}
    said = _said(half)
    assert "  delivery:images:" in said.splitlines()
    assert "  delivery:source:" not in said.splitlines()


@given(st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3)))
def test_an_old_image_of_any_other_kind_ends_in_sentences(value: Any) -> None:
    said = _said({**_old(raw_settings()), "image": value})
    assert said.startswith("delivery:image is gone")
    assert "delivery:source.push.tag is missing" in said
    assert said.isprintable() or all(line.isprintable() for line in said.splitlines())
