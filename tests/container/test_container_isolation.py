"""What a pushed image can reach from the migration's container: an image that tries.

The Docker API on loopback is what both curated build images start, without TLS (CodeBuild User Guide, ec2-compute-images);
here a server of ours stands for it, on the same address.
"""

import json
import re
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.migration_build import BUILDSPEC
from rehearsal.levels.container import daemon
from rehearsal.levels.container.docker_api import DockerApi
from tests.container.images import PYTHON

PROGRAM = """\
import os, pathlib, socket, sys
port = int(sys.argv[1])
found = []
gateways = [l.split()[2] for l in pathlib.Path("/proc/net/route").read_text().splitlines()[1:] if l.split()[1] == "00000000"]
hosts = ["127.0.0.1", *(socket.inet_ntoa(bytes.fromhex(g)[::-1]) for g in gateways)]
for host in hosts:
    try:
        with socket.create_connection((host, port), 2) as asked:
            asked.sendall(b"GET /info HTTP/1.0\\r\\n\\r\\n")
            if b"docker api" in asked.recv(100):
                found.append("the Docker API at " + ("loopback" if host == "127.0.0.1" else "the gateway"))
    except OSError:
        pass
if any(os.path.exists(path) for path in ("/var/run/docker.sock", "/run/docker.sock")):
    found.append("the Docker socket")
status = pathlib.Path("/proc/self/status").read_text()
if "NoNewPrivs:\\t1" not in status:
    found.append("more privileges by setuid")
if os.getuid() != 0 and "uid=0" in os.popen("/setuid-id 2>/dev/null").read():
    found.append("root")
secret = [n for n in os.environ if n.startswith(("AWS_", "CODEBUILD_", "DELIVERY_", "REHEARSAL_"))]
if secret:
    found.append("variables " + " ".join(secret))
others = [p for p in pathlib.Path("/proc").glob("[0-9]*") if int(p.name) not in (1, os.getpid(), os.getppid())]
if len(others) > 2:
    found.append("the processes of the build")
print("reached: " + ("; ".join(found) or "nothing"), flush=True)
"""
DOCKERFILE = f"""\
FROM {PYTHON}
COPY trying.py /
RUN cp "$(command -v id)" /setuid-id && chmod 4755 /setuid-id
USER 65534
ENTRYPOINT ["python", "/trying.py"]
"""
NAME = "delivery-tests/trying:1"


class _Api(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.0 200 OK\r\n\r\ndocker api")


@pytest.fixture(scope="module")
def api() -> Iterator[int]:
    """A server on loopback alone, as the build's Docker is; its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def image(docker: DockerApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("trying")
    (folder / "trying.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    _docker("build", "--quiet", "--tag", NAME, str(folder))
    yield NAME
    _docker("image", "rm", "--force", NAME)


def _docker(*words: str) -> str:
    done = subprocess.run([daemon.client(), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _script_options() -> tuple[list[str], list[str]]:
    """The words of `docker network create` and the isolating ones of `docker run`, from the buildspec itself."""
    text = BUILDSPEC.read_text(encoding="utf-8")
    [create] = re.findall(r"docker (network create [^\n]*) \"\$network\"", text)
    [options] = re.findall(r"options=\(--name \"\$container\" (--network \"\$network\" [^)]*)\)", text)
    return create.split(), options.split()


def test_the_migration_reaches_nothing_of_the_build(image: str, api: int) -> None:
    create, options = _script_options()
    network = "delivery-tests-migration"
    _docker(*create, network)
    try:
        words = [word.replace('"$network"', network) for word in options]
        said = _docker("run", "--rm", *words, image, str(api))
    finally:
        _docker("network", "rm", network)
    assert said == "reached: nothing\n"


def test_on_the_hosts_network_the_same_image_reaches_the_builds_docker(image: str, api: int) -> None:
    said = _docker("run", "--rm", "--init", "--network", "host", image, str(api))
    assert "the Docker API at loopback" in said, "otherwise the test before this one shows nothing"
    assert "more privileges by setuid" in said
    assert "root" in said


def test_any_variable_arrives_by_dockers_own_client(image: str, tmp_path: Path) -> None:
    text = BUILDSPEC.read_text(encoding="utf-8")
    program = re.sub(r"(?m)^ {8}", "", text[text.index("launch='") + len("launch='") :].partition("'")[0])
    names = [
        "a.b",
        "HOME",
        "PATH",
        "two words",
        "#hash",
        "HTTP_PROXY",
        "PEM",
        "spring.key",
        "EDGE",
        "EMPTY",
        "LONG",
    ]
    values = [
        "dot",
        "/x",
        "/usr/bin:/bin",
        "blank",
        "hash",
        "http://x",
        "a\nb\n",
        "-\n'\"$`\n",
        " x\r",
        "",
        "v" * 70000,
    ]
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "DOCKER_HOST": daemon.host(),
        "DELIVERY_VARIABLES": " ".join(f"'{name}'" for name in names),
        **{f"DELIVERY_VALUE_{number}": value for number, value in enumerate(values)},
    }
    shown = "import os, json; print(json.dumps(dict(os.environ)))"
    words = ["docker", "run", "--rm", "--entrypoint", "/usr/bin/python3", image, "-c", shown]
    python = shutil.which("python3") or "python3"
    done = subprocess.run(
        [python, "-I", "-c", program, str(tmp_path / "variables"), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert {name: seen.get(name) for name in names} == dict(zip(names, values, strict=True))
