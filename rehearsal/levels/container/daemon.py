"""Which Docker daemon there is, and whether a rehearsal can use it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rehearsal.errors import MachineError, RehearsalError
from rehearsal.host.environment import users
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused

PATIENCE = 2.0
"""Real seconds a daemon has to answer: nobody should wait for one that is not there."""

_RULE = "level container needs a Docker daemon of this machine"
_REMEDY = "start one (Debian: apt-get install docker.io), name its socket in DOCKER_HOST, or rehearse with --level process"


def docker() -> DockerApi:
    """The daemon a rehearsal uses; RehearsalError says in one sentence why there is none."""
    if sys.platform != "linux":
        raise MachineError(
            f"Docker on {sys.platform}",
            "its networks lie in a virtual machine, out of the rehearsal's reach",
            "rehearse with --level process, or on Linux",
        )
    if not client():
        raise MachineError("there is no docker client on PATH", _RULE, _REMEDY)
    address = host()
    kind, _, path = address.partition("://")
    if kind != "unix":
        raise MachineError(f"the Docker daemon is at {address}", _RULE, _REMEDY)
    found = DockerApi(Path(path))
    try:
        told = found.ask("GET", "/info", timeout=PATIENCE)
    except DockerRefused as error:
        raise MachineError(str(error), _RULE, _REMEDY) from error
    if any("rootless" in str(option) for option in told.get("SecurityOptions") or ()):
        raise MachineError(f"the Docker daemon at {path} is rootless", f"{_RULE}, run by root", _REMEDY)
    if "Docker Desktop" in str(told.get("OperatingSystem")) or told.get("OSType") != "linux":
        raise MachineError(
            f"the daemon at {path} is {told.get('OperatingSystem')}", f"{_RULE} itself", _REMEDY
        )
    return found


def client() -> str:
    """The docker client's own path, before any shim is put in its place; empty when there is none."""
    return shutil.which("docker") or ""


def missing() -> str | None:
    """Why there is no daemon to use, in one sentence; None when there is one. Answers within seconds."""
    try:
        docker()
    except RehearsalError as error:
        return str(error)
    return None


def host() -> str:
    """Where the docker client finds its daemon: DOCKER_HOST, or its current context."""
    given = os.environ.get("DOCKER_HOST")
    if given:
        return given
    asked = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    try:
        told = subprocess.run(
            asked, env=users(), capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unix:///var/run/docker.sock"
    return told.stdout.strip() or "unix:///var/run/docker.sock"
