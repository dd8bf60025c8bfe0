"""Every file of examples/stacks, rehearsed as a reader would: to traffic on the new image, by what its own policies grant."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from rehearsal.faults import provided
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.order import played
from rehearsal.plays.own_application import OwnApplication
from rehearsal.plays.versions import V1
from rehearsal.running.application_team import ROLE
from rehearsal.running.outside import Outside
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock
from settings.rollout import Mover
from tests.example_stacks import FILES, STACK, named
from tests.rehearsal.stagehands import Replay
from tests.rehearsal.statements import UNSEEN, UNSEEN_OF_ECS

BUILD_ROLE = "migration-role"


@pytest.fixture(scope="module")
def migrated() -> list[Any]:
    """Migrations that were played: a build that says the same again would only take its seconds."""
    return []


@pytest.mark.parametrize("file", FILES, ids=named)
def test_it_ends_with_traffic_on_the_new_image(file: Path, migrated: list[Any]) -> None:
    outside = Outside(approve=lambda text: True)
    clock = Clock(0.002, own=0.25)
    with rehearsing(STACK, level=ProcessLevel, stack_file=file, outside=outside, clock=clock) as rehearsal:
        played_before = rehearsal.settings.migration in migrated
        migrated.append(rehearsal.settings.migration)
        with _built(rehearsal) if played_before else nullcontext():
            play = played(rehearsal, "release", OwnApplication(V1).play, after=[])
        assert play.ok, [(step.name, step.seen) for step in play.steps if not step.ok]
        assert play.verdict is not None
        requests, now = play.verdict.lines()
        assert "failed" not in requests
        assert f"by {V1.name}" in requests
        for name, service in rehearsal.settings.services.items():
            assert f"{name}: {V1.name} {'answers' if service.takes_traffic else 'works'}" in now
        by_ecs = any(one.mover is Mover.ECS for one in rehearsal.settings.services.values())
        unused = _unused(rehearsal, [UNSEEN, *([UNSEEN_OF_ECS] if by_ecs else [])])
        if played_before:
            unused.pop(BUILD_ROLE, None)
        assert unused == {}, "least privilege: what no release asks for is not granted"


def _built(rehearsal: Rehearsal) -> AbstractContextManager[None]:
    """Builds that hand on the templates and do no more."""
    return provided(rehearsal.pipeline, "CodeBuild", Replay.of_templates(rehearsal))


def _unused(rehearsal: Rehearsal, unseen: Sequence[Mapping[str, Mapping[str, str]]]) -> dict[str, set[str]]:
    """By role, what it is granted, was not asked for here, and has no reason to be granted all the same."""
    authority = rehearsal.cloud.authority
    asked = {(call.role_arn, call.action) for call in authority.calls if call.allowed}
    unused: dict[str, set[str]] = {}
    for role in rehearsal.cloud.declared(ROLE):
        statements = [one for text in authority.policies(role.arn).values() for one in text["Statement"]]
        granted = {action for one in statements for action in one["Action"]}
        reasons = {
            action
            for one in unseen
            for name, some in one.items()
            if _alike(name, role.name)
            for action in some
        }
        left = {action for action in granted if (role.arn, action) not in asked} - reasons
        if left:
            unused[role.name] = left
    return unused


def _alike(one: str, other: str) -> bool:
    """Whether two roles are the same of two services, whose names their own begin with."""
    return one == other or one.removeprefix("web") == other[other.find("-") :]
