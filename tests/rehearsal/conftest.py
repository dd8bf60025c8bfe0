"""Whole rehearsals, shared by the tests of one file: starting one costs seconds."""

from collections.abc import Iterator

import pytest

from rehearsal.levels.process.level import ProcessLevel
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.world.clock import Clock

# A process holds one emulator at a time, so no rehearsal may outlive the tests of its file.


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    """Stack stg as declared, running, before any push; hours pass five times faster than for people who watch,
    and applications, which all start within a second, have a quarter of their time."""
    with rehearsing("stg", level=ProcessLevel, clock=Clock(0.002, own=0.25)) as running:
        yield running
