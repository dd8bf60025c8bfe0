"""Every file of examples/stacks is a whole stack: it loads, AWS would take what it declares, and a reader finds it."""

import re
from functools import cache
from pathlib import Path

import pytest

from rehearsal.evaluation.not_played import not_played
from rehearsal.evaluation.program import config_of
from rehearsal.evaluation.properties import PROPERTIES
from rehearsal.host.project import ROOT
from tests.example_stacks import FILES, FOLDER, STACK, named
from tests.unit.harness import Graph, deployed_config
from tests.unit.inputs import unknown_keys
from tests.unit.policies import STAR, STAR_OF_ECS, holes, on_everything, parliaments, wild

SAID = ("For: ", "Costs: ", "Limits: ")
"""How the lines above a stack begin, after the one that says what it is."""


@cache
def graph(file: Path) -> Graph:
    return deployed_config(STACK, config_of(file))


def test_there_are_some() -> None:
    assert len(FILES) >= 6


@pytest.mark.parametrize("file", FILES, ids=named)
def test_it_declares_only_what_the_provider_and_the_rehearsal_know(file: Path) -> None:
    for one in graph(file).sent.values():
        if one.request.custom:
            assert unknown_keys(one) == [], "mocks take any key, the provider refuses it"
        if one.type in PROPERTIES:
            assert not not_played(one.type, one.inputs, "us-east-1"), one.name


@pytest.mark.parametrize("file", FILES, ids=named)
def test_its_policies_grant_what_they_must_and_say_why(file: Path) -> None:
    assert wild(graph(file)) == []
    assert on_everything(graph(file)) <= set(STAR) | set(STAR_OF_ECS)
    assert holes(graph(file)) == []
    assert parliaments(graph(file))[0] == []


@pytest.mark.parametrize("file", FILES, ids=named)
def test_it_says_whom_it_suits_before_it_begins(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").partition("\nconfig:")[0].splitlines()
    assert lines[0].startswith("# yaml-language-server: $schema=../../settings/stack.schema.json")
    words = [line.removeprefix("# ") for line in lines[1:]]
    assert words[0].endswith("."), "one sentence says what it is"
    assert [said for said in SAID if not any(one.startswith(said) for one in words)] == []
    assert len(words) <= 10, "what it takes to choose, and no more; the rest is in docs/settings.md"


def test_no_two_say_the_same() -> None:
    comments = [
        line for file in FILES for line in set(re.findall("# .{40,}", file.read_text(encoding="utf-8")))
    ]
    schema = [line for line in comments if "$schema" in line]
    others = [line for line in comments if line not in schema]
    assert sorted({line for line in others if others.count(line) > 1}) == []


def test_the_readme_leads_to_each() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(rf"\({FOLDER.relative_to(ROOT)}/([^)]+)\)", readme))
    assert linked == {file.name for file in FILES}
