"""A daemon, base images, and a whole rehearsal at level container, shared by the tests of one file."""

from collections.abc import Iterator

import pytest

from rehearsal.levels.container import daemon
from rehearsal.levels.container.docker_api import Engine
from rehearsal.levels.container.level import ContainerLevel
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from tests import docker
from tests.container import images


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    if absent := docker.missing(install=False):
        pytest.skip(absent)
    with docker.daemon():
        found = daemon.engine()
        images.provide(found)
        yield found


@pytest.fixture(scope="session")
def other(engine: Engine) -> str:
    """A local image for another CPU than the stack declares."""
    return images.for_another_cpu()


@pytest.fixture(scope="module")
def rehearsal(engine: Engine) -> Iterator[Rehearsal]:
    """Stack stg as declared, running, before any push."""
    with rehearsing("stg", level=ContainerLevel) as running:
        yield running
