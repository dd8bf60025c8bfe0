"""Who owns what at the daemon: labels on everything a run makes, and its removal.

A run is a process of this machine, told from others by its id and its start; what a dead run has left is found by these
labels, and nothing else is ever touched. Docker's own build cache stays, as after any `docker build`.
"""

import contextlib
import hashlib
import os
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.host import reaper
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused

PROJECT = "delivery.rehearsal"
"""Label: which project on which machine."""
RUN = "delivery.rehearsal.run"
"""Label: which run, `<process id>-<its start>`."""
REGISTRY = "delivery.rehearsal.images.registry"
"""Label: `HOST:PORT` of the run's registry, which its image names begin with."""

_HERE = "127.0.0.1:"
"""What every name that a run gives to an image it has built begins with."""


@dataclass(frozen=True)
class Owner:
    """One run as its labels name it."""

    project: str
    run: str
    registry: str

    @classmethod
    def this(cls, root: Path, registry: str) -> "Owner":
        """This process, rehearsing the project at `root` with a registry at `HOST:PORT`."""
        pid = os.getpid()
        return cls(_project(root), f"{pid}-{reaper.started(pid)}", registry)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything this run makes, the one that never changes first: it may come from a build cache."""
        return {PROJECT: self.project, RUN: self.run}

    @property
    def network_labels(self) -> dict[str, str]:
        """The labels of its networks, which also say what its images are named after."""
        return {**self.labels, REGISTRY: self.registry}

    def remove_all(self, docker: DockerApi) -> None:
        """Remove what this run has made."""
        _remove(docker, self.project, self.run)

    def remove_leftovers(self, docker: DockerApi) -> list[str]:
        """Remove what dead runs of this project have left; their names."""
        kinds = [
            docker.labelled(kind, f"{PROJECT}={self.project}")
            for kind in ("containers", "networks", "images")
        ]
        runs = {str((one.get("Labels") or {}).get(RUN)) for kind in kinds for one in kind}
        dead = sorted(run for run in runs - {self.run} if is_dead(run))
        for run in dead:
            _remove(docker, self.project, run)
        return dead


def is_dead(run: str) -> bool:
    """Whether the process of a run has ended; a name that is not a run's own form counts as living."""
    pid, _, start = run.partition("-")
    return pid.isdecimal() and bool(start) and reaper.started(int(pid)) != start


def _project(root: Path) -> str:
    """Of this project, on this machine, among its processes: another container's ids would mean nothing here."""
    with contextlib.suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115  (no path, a name)
        return hashlib.sha256(f"{root.resolve()} {socket.gethostname()} {space}".encode()).hexdigest()[:16]
    return hashlib.sha256(f"{root.resolve()} {socket.gethostname()}".encode()).hexdigest()[:16]


def _remove(docker: DockerApi, project: str, run: str) -> None:
    labels = (f"{PROJECT}={project}", f"{RUN}={run}")
    networks = docker.labelled("networks", *labels)
    registries = {str(one["Labels"].get(REGISTRY)) for one in networks}
    containers = [str(one["Id"]) for one in docker.labelled("containers", *labels)]
    with ThreadPoolExecutor(8) as workers:  # killing a container takes a while, all at once takes no longer
        list(workers.map(lambda one: _delete(docker, f"/containers/{one}", {"force": 1, "v": 1}), containers))
    for name in _names(docker, registries):
        _delete(docker, f"/images/{name}", {"noprune": 1})
    for image in docker.labelled("images", *labels):
        # Without force: an image that somebody has given a name of their own stays.
        for name in [*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())]:
            if name.startswith(_HERE):
                _delete(docker, f"/images/{name}", {"noprune": 1})
        _delete(docker, f"/images/{image['Id']}", {"noprune": 1})
    for network in networks:
        _delete(docker, f"/networks/{network['Id']}", {})


def _names(docker: DockerApi, registries: Iterable[str]) -> list[str]:
    """Image names in these registries; while a run lives, nobody else's registry can have its port."""
    listed: list[dict[str, Any]] = docker.ask("GET", "/images/json")
    names = [name for one in listed for key in ("RepoTags", "RepoDigests") for name in one.get(key) or ()]
    return [name for name in names if name.partition("/")[0] in set(registries)]


def _delete(docker: DockerApi, path: str, query: dict[str, int]) -> None:
    """Delete what may be gone already, or is used by somebody else and stays."""
    with contextlib.suppress(DockerRefused):
        docker.ask("DELETE", path, query=query)
