"""Base images under their ordinary names: pulled where a hub can be reached, otherwise assembled from Debian's packages.

What is assembled is cached under .tools/; the image is labelled, so that nobody takes it for the real one.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from documents.bootstrap import BOOTSTRAP_IMAGE
from rehearsal.levels.container.docker_api import DockerApi, DockerRefused

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools" / "images"
PYTHON = "python:3.12-slim"
BUSYBOX = "public.ecr.aws/docker/library/busybox:stable"
PULL_SECONDS = 180.0
ASSEMBLED = "LABEL delivery.assembled=from-debian-packages"
LOCAL_TRUST = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")
"""What this machine reaches package registries with; a build inside containers needs the same."""
LEFT_OUT = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "usr/share/i18n",
    "var/log",
)


def provide(docker: DockerApi) -> None:
    """Make sure that the daemon has the base images, which only one of the processes that want them makes."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _provide(docker)


def _provide(docker: DockerApi) -> None:
    for name, image, assembled in (("busybox", BUSYBOX, _busybox), ("python", PYTHON, _python)):
        if not _pulled(docker, image):
            tar = _packed(name, assembled)
            _call(["docker", "import", "--change", 'CMD ["sh"]', "--change", ASSEMBLED, str(tar), image])
    if not _pulled(docker, BOOTSTRAP_IMAGE):
        ruby = "RUN mkdir -p /var/log/apt && apt-get update -q && apt-get install -y -q --no-install-recommends ruby"
        _build(f"FROM {PYTHON}\n{ruby}\n{ASSEMBLED}\n", BOOTSTRAP_IMAGE)


def _pulled(docker: DockerApi, image: str) -> bool:
    """Whether the image is there by now."""
    if docker.has_image(image):
        return True
    try:
        docker.pull(image, timeout=PULL_SECONDS)
    except DockerRefused:
        return False
    return True


def _build(dockerfile: str, image: str) -> None:
    with tempfile.TemporaryDirectory(prefix="context-") as folder:
        Path(folder, "Dockerfile").write_text(dockerfile, encoding="utf-8")
        _call(["docker", "build", "--quiet", "--tag", image, folder])


def for_another_cpu() -> str:
    """Make an image that says it is for arm64; its name. Nothing in it can run anywhere."""
    name = "delivery-tests/other-cpu:1"
    with tempfile.TemporaryDirectory(prefix="context-") as folder:
        Path(folder, "Dockerfile").write_text(
            'FROM scratch\nCOPY Dockerfile /\nCMD ["none"]\n', encoding="utf-8"
        )
        _call(["docker", "build", "--quiet", "--platform", "linux/arm64", "--tag", name, folder])
    return name


def _packed(name: str, assembled: Callable[[Path], None]) -> Path:
    """The cached archive of an assembled tree."""
    tar = TOOLS / f"{name}.tar"
    if tar.exists():
        return tar
    with tempfile.TemporaryDirectory(prefix="tree-", dir=TOOLS) as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        assembled(tree)
        part = Path(folder) / "part.tar"
        _call(["tar", "-C", str(tree), "-cf", str(part), "."])
        part.rename(tar)
    return tar


def _busybox(tree: Path) -> None:
    """One static program and its names."""
    with tempfile.TemporaryDirectory(prefix="deb-", dir=TOOLS) as folder:
        _call(["apt-get", "download", "-q", "busybox-static"], folder)
        package = next(Path(folder).glob("*.deb"))
        _call(["dpkg", "-x", str(package), folder])
        program = next(Path(folder).glob("**/bin/busybox"))
        (tree / "bin").mkdir()
        shutil.copy2(program, tree / "bin" / "busybox")
    for name in _call([str(tree / "bin" / "busybox"), "--list"]).split():
        if name != "busybox":
            (tree / "bin" / name).symlink_to("busybox")
    (tree / "tmp").mkdir(mode=0o1777)
    (tree / "etc").mkdir()
    (tree / "etc" / "passwd").write_text(
        "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n", encoding="utf-8"
    )


def _python(tree: Path) -> None:
    """Debian's Python with pip, called `python` as in the real image."""
    if shutil.which("debootstrap") is None:
        _call(["apt-get", "update", "-q"])
        _call(["apt-get", "install", "-y", "-q", "--no-install-recommends", "debootstrap"])
    wanted = "--include=python3,python3-pip,ca-certificates"
    _call(["debootstrap", "--variant=minbase", wanted, "bookworm", str(tree)])
    for own in map(Path, LOCAL_TRUST):
        if own.exists():
            shutil.copy2(own, tree / own.relative_to("/"))
    for marker in tree.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):  # the real image lets pip install
        marker.unlink()
    (tree / "usr" / "bin" / "python").symlink_to("python3")
    for name in LEFT_OUT:
        shutil.rmtree(tree / name, ignore_errors=True)
    for package in tree.glob("var/cache/apt/archives/*.deb"):
        package.unlink()


def _call(words: Sequence[str], folder: str | None = None) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} {words[1]}: {done.stderr[-1000:] or done.stdout[-1000:]}")
    return done.stdout
