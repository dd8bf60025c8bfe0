"""A rehearsal's first release at level `container` beside a bare shell script that does the same real work by hand."""

import importlib
import tempfile
from typing import Any

from benchmarks import first_release
from benchmarks.figure import Figure, Result
from benchmarks.measure import Spread, in_turns
from rehearsal.levels.container import daemon
from tests import docker


def missing() -> str | None:
    """No Docker daemon, and none that can be started."""
    return docker.missing(install=False) or first_release.missing()


def measure(runs: int) -> Result:
    """Alternate the two, with base images and layers in the daemon's cache."""
    images: Any = importlib.import_module("tests.container.images")
    with docker.daemon(), tempfile.TemporaryDirectory(dir=first_release.scratch(), prefix="bench-") as folder:
        images.provide(daemon.docker())
        programs = [
            first_release.rehearsal("container"),
            first_release.script("container.sh", first_release.bare_environment(folder)),
        ]
        rehearsed, bare = in_turns(programs, runs)
    return Result(
        [
            first_release.beside_bare(rehearsed, bare),
            Figure("program start to v1 answering", Spread.of(first_release.answers(rehearsed)), unit="s"),
        ],
        first_release.phases(rehearsed),
    )
