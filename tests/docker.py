"""A Docker daemon for the tests that need one: this machine's, or Debian's started by hand for as long as they run."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.host.processes import Child, Processes
from rehearsal.levels.container import daemon as found
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools" / "docker"
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
BRIDGE = Path("/sys/class/net/docker0")


def missing(*, install: bool) -> str | None:
    """Why there is no Docker daemon and none can be started, and what would bring one in; None when there is one.

    `install` lets Debian's packages be installed where there is no daemon to start.
    """
    answer = found.missing()
    if answer is None:
        return None
    if os.name != "posix" or os.geteuid() != 0:
        return f"{answer} (as root the tests start one themselves)"
    if _which("dockerd") is None and not (install and shutil.which("apt-get")):
        return f"{answer} (as root the tests start one where dockerd is installed)"
    return None


@contextmanager
def daemon() -> Generator[str]:
    """A daemon that answers; yields its DOCKER_HOST, which is exported while the context is open."""
    if found.missing() is None:
        yield found.host()
        return
    _install()
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (
        (TOOLS / "lock").open("w") as lock,
        tempfile.TemporaryDirectory(prefix="dockerd-") as folder,
        Processes() as processes,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # one daemon at a time has the data folder
        before = os.environ.get("DOCKER_HOST")
        bridged, forwarding = BRIDGE.exists(), _forwarding()
        # Sockets may have no more than 107 bytes in their names, so they don't lie in the project's folder.
        docker = DockerApi(Path(folder) / "docker.sock")
        started = _start(processes, docker, Path(folder))
        os.environ["DOCKER_HOST"] = f"unix://{docker.path}"
        try:
            yield os.environ["DOCKER_HOST"]
        finally:
            if before is None:
                del os.environ["DOCKER_HOST"]
            else:
                os.environ["DOCKER_HOST"] = before
            processes.stop(started, STOP_SECONDS, everyone=False)
            _tidy(Path(folder), bridged=bridged, forwarding=forwarding)


def _start(processes: Processes, docker: DockerApi, folder: Path) -> Child:
    log = TOOLS / "dockerd.log"
    log.unlink(missing_ok=True)
    words = ["--host", f"unix://{docker.path}", "--data-root", str(TOOLS / "data")]
    words += ["--exec-root", str(folder / "exec"), "--pidfile", str(folder / "pid")]
    environment = {"PATH": f"{os.environ['PATH']}:{SBIN}", "LANG": "C.UTF-8"}
    child = processes.start(
        [_which("dockerd") or "dockerd", *words], environment=environment, folder=ROOT, log=log
    )
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        try:
            docker.read("GET", "/_ping", timeout=2)
        except DockerRefused:
            time.sleep(0.1)
        else:
            return child
    raise RuntimeError("dockerd did not start:\n" + "\n".join(child.tail(15)))


def _install() -> None:
    """Debian's daemon and client, where they are missing."""
    if _which("dockerd") and shutil.which("docker"):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["update", "-q"],
        ["install", "-y", "-q", "--no-install-recommends", "docker.io", "iptables"],
    ):
        command = [shutil.which("apt-get") or "apt-get", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"apt-get {' '.join(words)}: {done.stderr[-500:]}")


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SBIN}")


def _forwarding() -> str:
    """The kernel's policy for forwarded packets, which dockerd changes and never gives back."""
    done = subprocess.run(
        [_which("iptables") or "iptables", "-S", "FORWARD"], capture_output=True, text=True, check=False
    )
    return done.stdout.partition("\n")[0].rpartition(" ")[2]


def _tidy(folder: Path, *, bridged: bool, forwarding: str) -> None:
    """Take back what the daemon has left in the kernel, and the network name spaces mounted in its folder."""
    for mounted in (folder / "exec" / "netns").glob("*"):
        subprocess.run([_which("umount") or "umount", str(mounted)], capture_output=True, check=False)
    if not bridged:
        subprocess.run([_which("ip") or "ip", "link", "delete", "docker0"], capture_output=True, check=False)
    if forwarding == "ACCEPT":
        subprocess.run(
            [_which("iptables") or "iptables", "-P", "FORWARD", "ACCEPT"], capture_output=True, check=False
        )
