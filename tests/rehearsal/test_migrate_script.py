"""The build phase of `buildspecs/migrate.yml` as it stands, run by bash with the `docker` of level `process`.

What a variable may be called and hold: Amazon ECS API Reference, KeyValuePair (no rule); environ(7).
"""

import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.migration_build import BUILDSPEC
from rehearsal.codebuild.buildspec import parse
from rehearsal.host.tools import build_path
from rehearsal.images import image
from rehearsal.images.registry import Registry, basic_token
from rehearsal.levels.process.docker_shim import install_docker_shim
from rehearsal.levels.process.store import machine_architecture
from tests.rehearsal.fake_registry import FakeRegistry, serving
from tests.rehearsal.test_image import build_folder

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
PEM = "-----BEGIN KEY-----\nMIIB'\"$`\\\n-----END KEY-----\n"
PROGRAM = """\
import base64, json, os, signal, sys, time
match sys.argv[1:]:
    case ["exit", code]:
        sys.exit(int(code))
    case ["kill"]:
        os.kill(os.getpid(), signal.SIGKILL)
    case ["deaf"]:
        signal.signal(signal.SIGTERM, lambda *_: print("TERM came", flush=True))
        while True:
            time.sleep(0.1)
    case ["polite"]:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        time.sleep(60)
shown = {os.fsdecode(name): os.fsdecode(value) for name, value in os.environb.items()}
with open(os.environb[b"SEEN"], "w", encoding="utf-8", errors="surrogateescape") as file:
    json.dump({"environment": shown, "words": sys.argv[1:], "folder": os.getcwd()}, file)
"""
DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
COPY program.py .
ENTRYPOINT ["python", "/app/program.py"]
"""


class Ran:
    """How one run of the script ended, and what the application saw."""

    def __init__(self, done: "subprocess.CompletedProcess[str]", seen: Path, work: Path) -> None:
        self.code = done.returncode
        self.said = done.stdout + done.stderr
        self.seen = json.loads(seen.read_text(encoding="utf-8")) if seen.exists() else {}
        self.left = sorted(path.name for path in work.iterdir())


class Machine:
    """A build machine with one pulled image."""

    def __init__(self, server: FakeRegistry, folder: Path) -> None:
        self.folder = folder
        self.docker = install_docker_shim(folder / "bin").parent
        aws = self.docker / "aws"
        aws.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        aws.chmod(0o755)
        application = build_folder(folder / "app", DOCKERFILE, **{"program.py": PROGRAM})
        packed = image.pack(application, architecture=machine_architecture())
        registry = Registry(server.address, lambda: basic_token("AWS", "sesame"))
        self.digest = registry.push(packed, "shop", ["stg"])
        self.own = {
            "PATH": build_path(self.docker),
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "LANG": "C.UTF-8",
            "REHEARSAL_REGISTRY": server.address,
            "REHEARSAL_STORE": str(folder / "store"),
            "CODEBUILD_SRC_DIR": str(folder / "src"),
        }
        (folder / "tmp").mkdir()
        self._docker("login", "--username", "AWS", "--password-stdin", HOST, given="sesame")
        self._docker("pull", f"{HOST}/shop@{self.digest}")

    def _docker(self, *words: str, given: str = "") -> None:
        subprocess.run(
            [str(self.docker / "docker"), *words],
            env=self.own,
            input=given,
            text=True,
            check=True,
            capture_output=True,
        )

    def run(self, variables: Mapping[str, str], command: Sequence[str] = ("show",), **told: str) -> Ran:
        seen = self.folder / "seen.json"
        seen.unlink(missing_ok=True)
        all_of_them = {**variables, "SEEN": str(seen)}
        environment = {
            **self.own,
            "DELIVERY_REPOSITORY_URI": f"{HOST}/shop",
            "DELIVERY_IMAGE_DIGEST": self.digest,
            "DELIVERY_MIGRATE": "run",
            "DELIVERY_COMMAND": shlex.join(command),
            "DELIVERY_ENTRY_POINT": "",
            "DELIVERY_TIMEOUT_MINUTES": "1",
            "DELIVERY_TEMPLATES": "s3://bucket/templates/",
            "DELIVERY_TEMPLATE_FILES": "",
            "DELIVERY_TEMPLATE_VERSION": "1",
            "DELIVERY_VARIABLES": shlex.join(all_of_them),
            **{f"DELIVERY_VALUE_{n}": value for n, value in enumerate(all_of_them.values())},
            **told,
        }
        [script] = parse(BUILDSPEC.read_text(encoding="utf-8")).phases["build"].commands
        done = subprocess.run(
            [shutil.which("bash") or "bash", "--norc", "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
            timeout=100,
        )
        return Ran(done, seen, self.folder / "tmp")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with serving() as server:
        yield Machine(server, tmp_path_factory.mktemp("machine"))


def test_every_name_arrives_and_none_reaches_the_builds_own_tools(machine: Machine) -> None:
    theirs = {
        "HOME": "/home/app",
        "TMPDIR": "/app/tmp",
        "IFS": ",",
        "HTTP_PROXY": "http://10.0.0.1:1",
        "https_proxy": "http://10.0.0.1:1",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "theirs",
        "AWS_CA_BUNDLE": "/nowhere",
        "CODEBUILD_SRC_DIR": "/nowhere",
        "DOCKER_HOST": "tcp://10.0.0.1:1",
        "DOCKER_CONFIG": "/nowhere",
        "DELIVERY_TAG": "theirs",
        "DELIVERY_VALUE_0": "theirs",
        "BASH_ENV": "/nowhere",
        "ENV": "/nowhere",
        "SHELLOPTS": "noexec",
        "status": "9",
        "image": "theirs",
        "spring.datasource.url": "jdbc:postgresql://db/shop",
        "a-b": "dash",
        "two words": "blank",
        "#comment": "hash",
        " edge ": "blanks around",
        "--rm": "an option?",
        "1st": "digit",
        "Ünïcode": "ß→",
        "LD_PRELOAD": "",
        "GOMEMLIMIT": "nonsense",
    }
    ran = machine.run(theirs)
    assert ran.code == 0, ran.said
    environment = ran.seen["environment"]
    assert {name: environment.get(name) for name in theirs} == theirs
    assert ran.left == [], "what the build made for this is gone"


@pytest.mark.parametrize(
    "name", ["KEY", "spring.ssl.key", "HOME", "PATH", "TMPDIR", "HTTP_PROXY", "GOOGLE_CREDENTIALS"]
)
def test_a_value_of_several_lines_arrives_under_any_name(machine: Machine, name: str) -> None:
    ran = machine.run({name: PEM})
    assert ran.code == 0, ran.said
    if name == "PATH":  # level process keeps its own folders in front of an image's
        assert "BEGIN KEY" not in ran.said
        return
    assert ran.seen["environment"][name] == PEM


def test_what_docker_itself_would_heed_is_refused_when_it_has_several_lines(machine: Machine) -> None:
    ran = machine.run({"DOCKER_TLS_VERIFY": PEM})
    assert ran.code == 1
    assert "delivery: the value of DOCKER_TLS_VERIFY has several lines" in ran.said
    assert ran.said.endswith(
        "delivery: the migration could not be started, the reason stands above; nothing is deployed\n"
    )
    assert "MIIB" not in ran.said, "not its value"
    assert not ran.seen


NAMES = st.one_of(
    st.sampled_from(["HOME", "a.b", "AWS_PROFILE", "IFS", "TMPDIR", "no proxy", "_", "-e"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="=\0"), min_size=1, max_size=12),
).filter(
    lambda name: (
        name not in ("PATH", "PYTHONHOME", "SEEN", "LC_CTYPE")
        and not name.startswith(("DOCKER_", "LD_", "GLIBC_"))
    )
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "#x",
            "'",
            '"',
            "$HOME",
            "$(id)",
            "`id`",
            "\\n",
            "a\\",
            " x ",
            "a=b",
            "\r",
            "x\r\n",
            PEM,
            "€" * 9000,
            "v" * 70000,
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=25))
def test_any_name_with_any_value_arrives_unharmed(machine: Machine, variables: dict[str, str]) -> None:
    ran = machine.run(variables)
    assert ran.code == 0, ran.said
    arrived = {name: ran.seen["environment"].get(name) for name in variables}
    assert arrived == variables


def test_no_value_is_on_a_command_line_or_left_in_a_file(machine: Machine) -> None:
    script = (
        "import os, pathlib, sys\n"
        "lines = [p.read_bytes() for p in pathlib.Path('/proc').glob('[0-9]*/cmdline') if p.exists()]\n"
        "found = [line for line in lines if b'pa55' + b'word' in line]\n"
        "sys.exit(9 if found else 0)\n"
    )
    ran = machine.run(
        {"ONE": "pa55word-in-one-line", "SEVERAL": "pa55word\nin several"},
        ["-c", script],
        DELIVERY_ENTRY_POINT="python",
    )
    assert ran.code == 0, ran.said
    assert "pa55word" not in ran.said
    kept = [path for path in machine.folder.rglob("*") if path.is_file() and b"pa55word" in path.read_bytes()]
    assert kept == []


def test_entry_point_and_working_directory_replace_the_images(machine: Machine) -> None:
    ran = machine.run(
        {},
        ["/app/program.py", "two words", ""],
        DELIVERY_ENTRY_POINT="python -B",
        DELIVERY_WORKING_DIRECTORY="/srv/some where",
        DELIVERY_INIT_PROCESS="yes",
    )
    assert ran.code == 0, ran.said
    assert ran.seen["words"] == ["two words", ""]
    assert ran.seen["folder"].endswith("/srv/some where")


@pytest.mark.parametrize("code", [1, 124, 125, 126, 127, 137, 143, 255])
def test_a_migrations_own_exit_code_is_called_so(machine: Machine, code: int) -> None:
    ran = machine.run({}, ["exit", str(code)])
    assert ran.code == 1
    told = f"delivery: the migration ended with exit code {code}; its own output stands above; nothing is deployed\n"
    assert ran.said.endswith(told)


def test_a_migration_that_is_killed_by_somebody_else_was_not_stopped_by_the_build(machine: Machine) -> None:
    assert "the migration ended with exit code 137" in machine.run({}, ["kill"]).said


@pytest.mark.parametrize("manner", ["polite", "deaf"])
def test_a_migration_that_takes_too_long_is_stopped_and_called_so(machine: Machine, manner: str) -> None:
    with patience(machine, 1):
        began = time.monotonic()
        ran = machine.run({}, [manner], DELIVERY_TIMEOUT_MINUTES="0.02")
    assert ran.code == 1
    assert ran.said.endswith(
        "delivery: the migration was stopped after 0.02 minutes (migration.timeoutMinutes); nothing is deployed\n"
    )
    assert ("TERM came" in ran.said) == (manner == "deaf"), "it was asked first"
    assert time.monotonic() - began < 30, "what is deaf is killed"
    assert ran.left == []


@contextmanager
def patience(machine: Machine, seconds: int) -> Generator[None]:
    """Let `docker stop` wait for less than it is told: the thirty seconds are the script's own."""
    docker, moved = machine.docker / "docker", machine.docker / "docker-itself"
    docker.rename(moved)
    shorter = f'[ "$1 $2" = "stop -t" ] && set -- stop -t {seconds} "$4"'
    docker.write_text(f'#!/bin/sh\n{shorter}\nexec {shlex.quote(str(moved))} "$@"\n', encoding="utf-8")
    docker.chmod(0o755)
    try:
        yield
    finally:
        moved.rename(docker)


def test_a_program_that_is_not_in_the_image_could_not_be_started(machine: Machine) -> None:
    ran = machine.run({}, DELIVERY_ENTRY_POINT="no-such-program")
    assert ran.code == 1
    assert 'exec: "no-such-program": executable file not found in $PATH' in ran.said
    assert ran.said.endswith(
        "delivery: the migration could not be started, the reason stands above; nothing is deployed\n"
    )


def test_a_second_run_in_the_same_docker_finds_nothing_of_the_first(machine: Machine) -> None:
    docker = [str(machine.docker / "docker")]
    made = subprocess.run([*docker, "network", "create", "delivery-migration"], env=machine.own, check=False)
    assert made.returncode == 0, "a build that was killed has left its network"
    for _ in range(2):
        assert machine.run({}, ["exit", "0"]).code == 0
    gone = subprocess.run(
        [*docker, "network", "rm", "delivery-migration"],
        env=machine.own,
        check=False,
        capture_output=True,
        text=True,
    )
    assert gone.stderr == "Error response from daemon: network delivery-migration not found\n"
    assert not list((machine.folder / "store" / "docker" / "containers").iterdir())


def test_what_is_skipped_starts_nothing(machine: Machine) -> None:
    ran = machine.run({"A": "b"}, DELIVERY_MIGRATE="skip")
    assert (ran.code, ran.seen) == (0, {})
    assert "delivery: migration skipped" in ran.said
