"""Whole rehearsals, shared by the tests of one file: starting one costs seconds."""

from collections.abc import Iterator

import pytest

from rehearsal.levels.process.level import ProcessLevel
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock
from tests.rehearsal.stagehands import Replay, answering, version

# A process holds one emulator at a time, so no rehearsal may outlive the tests of its file.


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    """Stack stg as declared, running, before any push; hours pass five times faster than for people who watch,
    and applications, which all start within a second, have a quarter of their time."""
    with rehearsing("stg", level=ProcessLevel, clock=Clock(0.002, own=0.25)) as running:
        yield running


@pytest.fixture(scope="module")
def good(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the version that serves while others fail."""
    digest = rehearsal.team.push(version(tmp_path_factory.mktemp("good"), "good"))
    assert rehearsal.pushes.release_of(digest).status == "Succeeded"
    return digest


@pytest.fixture(scope="module")
def replay(rehearsal: Rehearsal, good: str) -> Replay:
    """The good version's build, to be played again."""
    return Replay.of(rehearsal, rehearsal.pushes.release_of(good))


@pytest.fixture
def good_keeps_answering(rehearsal: Rehearsal, good: str) -> Iterator[None]:
    """Whatever fails, users notice nothing, and nothing is left behind."""
    yield
    assert answering(rehearsal) == "good"
    service = rehearsal.services.service("apps-stg", "shop-stg-web")
    assert [one.status for one in service.task_sets] == ["PRIMARY"]
