"""What dead runs have left is removed by the next one, and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rehearsal.host import reaper
from rehearsal.host.project import ROOT
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused
from rehearsal.levels.container.owner import PROJECT, RUN, Owner, is_dead
from tests.container.images import BUSYBOX
from tests.rehearsal.commandline import project


def made(docker: DockerApi, labels: Mapping[str, str]) -> str:
    body = {"Image": BUSYBOX, "Cmd": ["sleep", "60"], "Labels": labels}
    return str(docker.ask("POST", "/containers/create", body=body)["Id"])


def exists(docker: DockerApi, container: str) -> bool:
    try:
        docker.ask("GET", f"/containers/{container}/json")
    except DockerRefused:
        return False
    return True


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def running(docker: DockerApi, run: str) -> int:
    return sum(one["State"] == "running" for one in docker.labelled("containers", f"{RUN}={run}"))


@pytest.fixture
def living() -> Iterator[str]:
    process = sleeper()
    yield f"{process.pid}-{reaper.started(process.pid)}"
    process.kill()
    process.wait()


def dead_run() -> str:
    process = sleeper()
    name = f"{process.pid}-{reaper.started(process.pid)}"
    process.kill()
    process.wait()
    return name


def test_only_what_a_dead_run_of_this_project_left_is_removed(
    docker: DockerApi, living: str, tmp_path: Path
) -> None:
    own = Owner.this(tmp_path, "127.0.0.1:1")
    dead = dead_run()
    left = made(docker, {PROJECT: own.project, RUN: dead})
    kept = {
        "a container without labels": made(docker, {}),
        "a living run's": made(docker, {PROJECT: own.project, RUN: living}),
        "our own": made(docker, own.labels),
        "a dead run's of another project": made(docker, {PROJECT: "another", RUN: dead}),
        "one with a label nobody of us writes": made(docker, {PROJECT: own.project, RUN: "yesterday"}),
    }
    body = {"Name": f"left-{dead}", "Labels": {PROJECT: own.project, RUN: dead}}
    network = docker.ask("POST", "/networks/create", body=body)["Id"]
    try:
        assert dead in own.remove_leftovers(docker)
        assert not exists(docker, left)
        assert {what for what, id_ in kept.items() if not exists(docker, id_)} == set()
        assert network not in [one["Id"] for one in docker.ask("GET", "/networks")]
    finally:
        for container in kept.values():
            docker.ask("DELETE", f"/containers/{container}", query={"force": 1})


def test_an_image_that_somebody_named_meanwhile_stays(docker: DockerApi) -> None:
    own = Owner.this(ROOT, "127.0.0.1:1")
    docker.ask("POST", f"/images/{BUSYBOX}/tag", query={"repo": "127.0.0.1:1/shop", "tag": "own"})
    docker.ask("POST", "/networks/create", body={"Name": f"own-{own.run}", "Labels": own.network_labels})
    own.remove_all(docker)
    assert not docker.has_image("127.0.0.1:1/shop:own"), "the name the run gave is taken away"
    assert docker.has_image(BUSYBOX), "the image itself was there before"


def test_a_killed_rehearsal_leaves_what_the_next_one_removes(docker: DockerApi, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "delivery", "rehearse", "--level", "container", "--scenario", "release"]
    copy = project(tmp_path)  # no rehearsal of another test is this project's next one
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(words, cwd=copy, stdout=log, stderr=log)
    run = f"{process.pid}-{reaper.started(process.pid)}"
    deadline = time.monotonic() + 120
    # The first revision runs at once; the second container comes after build and push, so that there are images too.
    while running(docker, run) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert docker.labelled("images", f"{RUN}={run}"), (tmp_path / "log").read_text()
    assert is_dead(run)
    assert run in Owner.this(copy, "127.0.0.1:1").remove_leftovers(docker)
    for kind in ("containers", "networks", "images"):
        assert docker.labelled(kind, f"{RUN}={run}") == [], kind


def test_a_rehearsal_that_ends_leaves_nothing(docker: DockerApi) -> None:
    ours = f"{PROJECT}={Owner.this(ROOT, '127.0.0.1:1').project}"
    assert not any(
        is_dead(str(one["Labels"].get(RUN)))
        for kind in ("containers", "networks", "images")
        for one in docker.labelled(kind, ours)
    ), "another checkout's rehearsals may have been killed on this Docker; what they left is theirs to remove"
