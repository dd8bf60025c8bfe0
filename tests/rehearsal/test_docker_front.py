"""The `docker` of level `process`, called as a build calls it.

Words and exit codes are Docker's: docs.docker.com/reference/cli/docker/container/run/#exit-status, and its
messages as the client 28 prints them.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.images import image
from rehearsal.images.registry import Registry, basic_token
from rehearsal.levels.process.docker_shim import install_docker_shim
from rehearsal.levels.process.store import machine_architecture
from tests.rehearsal.fake_registry import FakeRegistry, serving
from tests.rehearsal.test_image import build_folder

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
OTHER = "arm64" if machine_architecture() == "amd64" else "amd64"
PROGRAM = """\
import json, os, signal, sys, time
if sys.argv[1:] == ["wait"]:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
    print("ready", flush=True)
    time.sleep(60)
if sys.argv[1:] == ["fail"]:
    sys.exit(3)
print(json.dumps({"words": sys.argv[1:], "environment": dict(os.environ)}))
"""
DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY program.py .
ENV MODE=image
CMD ["python", "program.py"]
"""


class Build:
    """A build's environment with the docker shim on its PATH."""

    def __init__(self, server: FakeRegistry, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.docker = install_docker_shim(folder / "bin of the build")
        self.environment = {
            "PATH": f"{self.docker.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "REHEARSAL_REGISTRY": server.address,
            "REHEARSAL_STORE": str(folder / "store"),
        }

    def __call__(
        self, *words: str, stdin: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self.docker), *words],
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(self.docker), *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def log_in(self) -> "subprocess.CompletedProcess[str]":
        return self("login", "--username", "AWS", "--password-stdin", HOST, stdin="sesame\n")

    def push(self, architecture: str | None = None) -> str:
        folder = build_folder(self.folder / "app", DOCKERFILE, **{"program.py": PROGRAM})
        packed = image.pack(folder, architecture=architecture or machine_architecture())
        registry = Registry(self.server.address, lambda: basic_token("AWS", "sesame"))
        return f"{HOST}/shop/web@{registry.push(packed, 'shop/web', ['stg'])}"

    def pulled(self, architecture: str | None = None) -> str:
        reference = self.push(architecture)
        assert self.log_in().returncode == 0
        assert self("pull", reference).returncode == 0
        return reference


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[Build]:
    with serving() as server:
        yield Build(server, tmp_path)


def test_login_pull_inspect_run_as_a_build_does(docker: Build) -> None:
    assert docker("info").returncode == 0
    assert docker.log_in().stdout == "Login Succeeded\n"
    reference = docker.push()
    pulled = docker("pull", reference)
    assert f"Digest: {reference.partition('@')[2]}" in pulled.stdout.splitlines()
    inspected = docker("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", reference)
    assert inspected.stdout == f"linux/{machine_architecture()}\n"
    ran = docker("run", "--rm", "--name", "m", "--init", "--network", "host", reference)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["words"] == []
    assert not list((docker.folder / "store" / "docker" / "containers").iterdir()), (
        "--rm removes the container"
    )


def test_words_with_blanks_and_quotes_arrive_unharmed(docker: Build) -> None:
    words = ["two words", 'it\'s "both"', "", "$HOME", "-e", "--rm"]
    ran = docker("run", "--rm", docker.pulled(), "python", "program.py", *words)
    assert json.loads(ran.stdout)["words"] == words


def test_variables_are_given_by_name_or_with_their_value(docker: Build) -> None:
    reference = docker.pulled()
    words = ["-e", "SECRET", "-e", "MODE=a=b c", "--env=PLAIN=x", "-e", "NOT_SET"]
    ran = docker("run", "--rm", *words, reference, SECRET="pa55", LEAK="no")
    environment = json.loads(ran.stdout)["environment"]
    assert (environment["SECRET"], environment["MODE"], environment["PLAIN"]) == ("pa55", "a=b c", "x")
    assert not {"NOT_SET", "LEAK", "REHEARSAL_STORE"} & set(environment), (
        "a container sees only what it is given"
    )


def test_a_value_given_by_name_is_on_no_command_line(docker: Build) -> None:
    reference = docker.pulled()
    docker.environment["SECRET"] = "pa55word"
    running = docker.start(
        "run", "--rm", "--name", "m", "-e", "SECRET", reference, "python", "program.py", "wait"
    )
    try:
        assert running.stdout
        assert running.stdout.readline() == "ready\n"
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        assert any(b"program.py\0wait" in line for line in lines), "otherwise the list shows nothing"
        assert not any(b"pa55word" in line for line in lines)
        kept = [
            path for path in docker.folder.rglob("*") if path.is_file() and b"pa55word" in path.read_bytes()
        ]
        assert not kept, "nor in any file"
    finally:
        running.terminate()
        running.communicate(timeout=10)


def test_exit_codes_pass_through(docker: Build) -> None:
    reference = docker.pulled()
    assert docker("run", "--rm", reference, "python", "program.py", "fail").returncode == 3
    assert docker("run", "--rm", "--entrypoint", "sh", reference, "-c", "kill -9 $$").returncode == 128 + 9
    missing = docker("run", "--rm", reference, "no-such-program")
    assert missing.returncode == 127
    assert 'exec: "no-such-program": executable file not found in $PATH' in missing.stderr


def test_term_reaches_the_process_and_its_exit_code_comes_back(docker: Build) -> None:
    running = docker.start("run", "--rm", docker.pulled(), "python", "program.py", "wait")
    assert running.stdout
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGTERM)
    assert running.wait(10) == 9
    running.communicate()


def test_timeout_stops_a_migration_by_term_first(docker: Build) -> None:
    words = [str(docker.docker), "run", "--rm", docker.pulled(), "python", "program.py", "wait"]
    done = subprocess.run(
        ["/usr/bin/env", "timeout", "--kill-after=10", "1", *words],
        env=docker.environment,
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 124, "what `timeout` says when TERM was enough"


@pytest.mark.parametrize(("verb", "code"), [("stop", 9), ("kill", 128 + 9)])
def test_another_call_can_end_a_container_by_name(docker: Build, verb: str, code: int) -> None:
    reference = docker.pulled()
    running = docker.start("run", "--rm", "--name", "m", reference, "python", "program.py", "wait")
    assert running.stdout
    assert running.stdout.readline() == "ready\n"
    assert "is already in use" in docker("run", "--name", "m", reference).stderr
    assert docker(verb, "m").stdout == "m\n"
    assert running.wait(10) == code
    running.communicate()
    assert docker(verb, "m").stderr == "Error response from daemon: No such container: m\n"


def test_a_pull_without_login_is_refused_as_docker_does(docker: Build) -> None:
    pulled = docker("pull", docker.push())
    assert pulled.returncode == 1
    assert pulled.stderr.endswith(": no basic auth credentials\n")


def test_a_wrong_password_is_refused(docker: Build) -> None:
    refused = docker("login", "--username", "AWS", "--password-stdin", HOST, stdin="wrong")
    assert refused.returncode == 1
    assert f"login attempt to https://{HOST}/v2/ failed" in refused.stderr
    assert "wrong" not in refused.stderr


def test_a_denied_pull_shows_awss_own_sentence(docker: Build) -> None:
    reference = docker.push()
    docker.log_in()
    told = (
        "User: arn:aws:sts::123456789012:assumed-role/build/s is not authorized to perform: ecr:BatchGetImage"
    )
    docker.server.refusal = (403, "DENIED", told)
    pulled = docker("pull", reference)
    assert pulled.returncode == 1
    assert f"pull access denied for {HOST}/shop/web" in pulled.stderr
    assert told in pulled.stderr


def test_a_missing_digest_is_refused_as_docker_does(docker: Build) -> None:
    docker.log_in()
    pulled = docker("pull", f"{HOST}/shop/web@sha256:{'0' * 64}")
    assert pulled.returncode == 1
    assert "not found: manifest unknown: Requested image not found" in pulled.stderr


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(docker: Build) -> None:
    reference = docker.push()
    docker.log_in()
    for path, (kind, content) in list(docker.server.manifests.items()):
        docker.server.manifests[path] = (kind, content + b" ")
    assert "manifest verification failed for digest sha256:" in docker("pull", reference).stderr


def test_an_index_gives_the_image_for_the_machines_cpu(docker: Build) -> None:
    folder = build_folder(docker.folder / "app", DOCKERFILE, **{"program.py": PROGRAM})
    registry = Registry(docker.server.address, lambda: basic_token("AWS", "sesame"))
    both = {name: image.pack(folder, architecture=name) for name in ("amd64", "arm64")}
    reference = f"{HOST}/web@{registry.push(image.index(both), 'web', ['stg'])}"
    docker.log_in()
    for architecture in both:
        docker("pull", reference, REHEARSAL_ARCHITECTURE=architecture)
        assert (
            docker("image", "inspect", "--format", "{{.Architecture}}", reference).stdout
            == f"{architecture}\n"
        )


def test_an_index_without_the_machines_cpu_is_refused_in_dockers_words(docker: Build) -> None:
    folder = build_folder(docker.folder / "app", DOCKERFILE, **{"program.py": PROGRAM})
    registry = Registry(docker.server.address, lambda: basic_token("AWS", "sesame"))
    digest = registry.push(image.index({OTHER: image.pack(folder, architecture=OTHER)}), "web", ["stg"])
    docker.log_in()
    pulled = docker("pull", f"{HOST}/web@{digest}")
    assert pulled.returncode == 1
    told = f"no matching manifest for linux/{machine_architecture()} in the manifest list entries\n"
    assert pulled.stderr == told


def test_an_image_for_another_cpu_is_pulled_but_does_not_run(docker: Build) -> None:
    reference = docker.pulled(OTHER)
    assert docker("image", "inspect", "--format", "{{.Architecture}}", reference).stdout == f"{OTHER}\n"
    ran = docker("run", "--rm", reference)
    assert ran.returncode == 255
    assert ran.stderr.endswith("exec python: exec format error\n")


def test_run_pulls_what_is_not_there(docker: Build) -> None:
    reference = docker.push()
    docker.log_in()
    ran = docker("run", "--rm", reference)
    assert ran.returncode == 0
    assert f"Unable to find image '{reference}' locally" in ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["build", "."],
        ["ps"],
        ["run", "--privileged", "x"],
        ["run", "-v", "/:/host", "x"],
        ["run", "--network", "none", "x"],
        ["pull", "python:3.12-slim"],
        ["login", "-u", "AWS", "-p", "secret", HOST],
        [],
    ],
)
def test_what_is_not_played_is_refused(docker: Build, words: list[str]) -> None:
    refused = docker(*words)
    assert refused.returncode == 125
    assert "level process" in refused.stderr


def test_the_login_is_kept_where_docker_keeps_it_and_from_others(docker: Build) -> None:
    docker.environment["DOCKER_CONFIG"] = str(docker.folder / "docker config")
    docker.log_in()
    kept = docker.folder / "docker config" / "config.json"
    assert json.loads(kept.read_text())["auths"][HOST]["auth"] == basic_token("AWS", "sesame")
    assert kept.stat().st_mode & 0o077 == 0
