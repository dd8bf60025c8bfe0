"""docs/release.svg is what the program declares, and can be read in light and dark."""

import copy
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.unit.harness import deployed_stack
from tools import picture

SVG = "{http://www.w3.org/2000/svg}"


def _declared(stack: str = "stg") -> dict[str, list[Any]]:
    sent = deployed_stack(stack).sent.values()
    return {
        type_: [copy.deepcopy(one.inputs) for one in sent if one.type == type_] for type_ in picture.TYPES
    }


def _parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (drawn just now)


def _texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in _parsed(svg).iter(f"{SVG}text")]


def test_the_picture_is_drawn_from_what_stg_declares() -> None:
    there = picture.PICTURE.read_text(encoding="utf-8")
    assert there == picture.picture(_declared()), "run .venv/bin/python -m tools.picture"


def test_the_readme_shows_it() -> None:
    readme = (picture.ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"!\[[^\]]+\]\(docs/release\.svg\)", readme.split("\n## ")[0]), (
        "before the first heading, with words"
    )


def test_every_stage_and_action_is_there_in_the_pipelines_order() -> None:
    declared = _declared("prd")
    stages = declared[picture.PIPELINE][0]["stages"]
    stages.insert(
        1, {"name": "Ask", "actions": [{"name": "Consent", "category": "Approval", "provider": "Manual"}]}
    )
    texts = _texts(picture.picture(declared))
    headings = [text for text in texts if text.startswith("stage ")]
    assert headings == [f"stage {stage['name']}" for stage in stages]
    for stage in stages:
        for action in stage["actions"]:
            assert {action["name"], action["provider"]} <= set(texts)


def test_what_has_one_run_order_is_side_by_side_and_the_rest_below() -> None:
    declared = _declared()
    release = declared[picture.PIPELINE][0]["stages"][-1]["actions"]
    release.append({**release[-1], "name": "Deploy-admin"})
    [stage] = [one for one in picture.columns(declared) if one.heading == "stage Release"]
    assert [[box.title for box in row] for row in stage.rows] == [
        ["Check"],
        ["Migrate"],
        ["Deploy-web", "Deploy-admin"],
    ]


@pytest.mark.parametrize("name", ["a<b>&c", 'say "so"', "]]>"])
def test_names_cannot_break_the_picture(name: str) -> None:
    declared = _declared()
    pipeline = declared[picture.PIPELINE][0]
    pipeline["name"] = name
    pipeline["stages"][0]["name"] = name
    svg = picture.picture(declared)
    assert f"stage {name}" in _texts(svg)
    assert name in _parsed(svg).attrib["aria-label"]


def test_no_text_is_wider_than_its_box_and_no_box_is_outside() -> None:
    declared = _declared()
    declared[picture.PIPELINE][0]["stages"][-1]["actions"][0]["name"] = "Migrate-" * 9
    root = _parsed(picture.picture(declared))
    width = float(root.attrib["viewBox"].split()[2])
    for box in root.iter(f"{SVG}rect"):
        left = float(box.get("x", 0))
        assert left >= 0
        assert left + float(box.attrib["width"]) <= width
    [wide] = [one for one in root.iter(f"{SVG}text") if (one.text or "").startswith("Migrate-")]
    around = [
        one
        for one in root.iter(f"{SVG}rect")
        if one.get("class") == "box"
        and float(one.attrib["x"])
        < float(wide.attrib["x"])
        < float(one.attrib["x"]) + float(one.attrib["width"])
    ]
    assert max(float(one.attrib["width"]) for one in around) > len(wide.text or "") * picture.CHARACTER


def test_it_brings_its_own_ground_and_colors_for_both() -> None:
    root = _parsed(picture.picture(_declared()))
    ground = next(root.iter(f"{SVG}rect"))
    assert ground.get("class") == "ground"
    light, dark = (root.findtext(f"{SVG}style") or "").split("@media (prefers-color-scheme: dark)")
    for kind in ("text {", ".faint", ".ground", ".box", ".frame", ".arrow", ".tip"):
        assert kind in light
        assert kind in dark
