"""A daemon, base images, and a whole rehearsal at level container, shared by the tests of one file."""

from collections.abc import Iterator

import pytest

from rehearsal.levels.container import daemon
from rehearsal.levels.container.docker_api import DockerApi
from rehearsal.levels.container.level import ContainerLevel
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from tests.container import images
from tests.docker import daemon as any_daemon
from tests.docker import missing


@pytest.fixture(scope="session")
def docker() -> Iterator[DockerApi]:
    if absent := missing(install=False):
        pytest.skip(absent)
    with any_daemon():
        found = daemon.docker()
        images.provide(found)
        yield found


@pytest.fixture(scope="session")
def other(docker: DockerApi) -> str:
    """A local image for another CPU than the stack declares."""
    return images.for_another_cpu()


@pytest.fixture(scope="module")
def rehearsal(docker: DockerApi) -> Iterator[Rehearsal]:
    """Stack stg as declared, running, before any push."""
    with rehearsing("stg", level=ContainerLevel) as running:
        yield running
