"""What one task's containers are given, and how they end; on the tiny image, in a rehearsal that plays nothing."""

import http.client
import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from documents.bootstrap import bootstrap_container
from rehearsal.levels.container.docker_api import DockerApi
from rehearsal.levels.container.networks import DATABASE
from rehearsal.levels.container.runtime import ContainerRuntime
from rehearsal.levels.container.task import ContainerTask
from rehearsal.levels.runtime import ContainerSpec
from rehearsal.running.rehearsal import Rehearsal
from tests.container.images import BUSYBOX

WAITING = ("sh", "-c", "trap 'echo asked to stop; exit 7' TERM; echo started; while :; do sleep 0.1; done")


def spec(*command: str, **given: Any) -> ContainerSpec:
    return replace(ContainerSpec("app", BUSYBOX, command=command), **given)


@pytest.fixture
def runtime(rehearsal: Rehearsal) -> ContainerRuntime:
    found = rehearsal.level.runtime
    assert isinstance(found, ContainerRuntime)
    return found


@pytest.fixture
def run(runtime: ContainerRuntime) -> Iterator[Any]:
    tasks: list[ContainerTask] = []

    def start(*containers: ContainerSpec, cpu: str = "256", memory: str = "512") -> ContainerTask:
        tasks.append(runtime.run_task(f"{time.monotonic_ns():x}", containers, cpu, memory))
        return tasks[-1]

    yield start
    for task in tasks:
        task.stop(0)


def ended(task: ContainerTask, seconds: float = 15) -> int | None:
    deadline = time.monotonic() + seconds
    while task.exit_code() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return task.exit_code()


def test_variables_keep_any_value_and_any_name(run: Any) -> None:
    given = {"CERTIFICATE": "line one\nline two", "DOCKER_HOST": "tcp://elsewhere", "EMPTY": ""}
    task = run(
        spec("sh", "-c", 'echo "$CERTIFICATE $DOCKER_HOST ${EMPTY-unset}"; sleep 0.5', environment=given)
    )
    assert ended(task) == 0
    assert task.log_tail() == ["line one", "line two tcp://elsewhere "]


def test_user_folder_and_entry_point_are_the_definitions(run: Any) -> None:
    chosen = {"user": "65534:65534", "working_directory": "/tmp", "entry_point": ("sh", "-c")}  # noqa: S108
    task = run(spec('echo "$(id -u) $(pwd)"; exit 3', **chosen))
    assert ended(task) == 3, "the exit code is the program's own"
    assert task.log_tail() == ["65534 /tmp"]


def test_the_stop_signal_comes_first(run: Any) -> None:
    task = run(spec(*WAITING))
    time.sleep(0.5)
    task.stop(5)
    assert task.exit_code() == 7
    assert task.log_tail() == ["started", "asked to stop"]


def test_kill_comes_after_the_stop_timeout(run: Any) -> None:
    task = run(spec("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"))
    time.sleep(0.5)
    begun = time.monotonic()
    task.stop(2)
    assert 1.5 < time.monotonic() - begun < 8, "two seconds between TERM and KILL"
    assert task.exit_code() == 137


def test_more_memory_than_declared_ends_the_task(run: Any) -> None:
    definition = {"memory": 16}
    task = run(
        spec("sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' a); echo $x", definition=definition)
    )
    assert ended(task, 30) is not None, "16 MiB are not enough for 200 MB"
    assert any("OutOfMemoryError" in line for line in task.log_tail()), task.log_tail()


def test_a_failing_health_check_ends_the_task(run: Any) -> None:
    check = {"command": ["CMD-SHELL", "echo I am ill; exit 1"], "interval": 5, "retries": 2}
    task = run(spec("sleep", "60", definition={"healthCheck": check}))
    assert ended(task, 30) == 137
    assert task.log_tail()[-1] == "Task failed container health checks: I am ill"


def test_the_containers_of_a_task_share_one_network(run: Any) -> None:
    web = ("sh", "-c", "mkdir -p /www && echo hello > /www/index.html && exec httpd -f -p 8080 -h /www")
    asking = "until wget -q -O - http://127.0.0.1:8080/ 2>/dev/null; do sleep 0.1; done; sleep 30"
    task = run(
        spec(*web, ports=(8080,)),
        replace(spec("sh", "-c", asking), name="sidecar", essential=False),
    )
    deadline = time.monotonic() + 10
    while "sidecar | hello" not in task.log_tail() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "sidecar | hello" in task.log_tail(), "Fargate's containers reach each other at localhost"
    assert task.written("sidecar", 20) == ["hello"], "what goes to a stream of its own"


def test_the_ulimits_and_capabilities_are_the_definitions(run: Any, docker: DockerApi) -> None:
    definition = {
        "ulimits": [{"name": "nofile", "softLimit": 512, "hardLimit": 1024}],
        "linuxParameters": {"capabilities": {"drop": ["CHOWN"]}},
        "readonlyRootFilesystem": True,
    }
    task = run(spec(*WAITING, definition=definition))
    host = docker.ask("GET", f"/containers/{task.ids['app']}/json")["HostConfig"]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 512, "Hard": 1024}]
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["CHOWN"]
    assert host["ReadonlyRootfs"] is True


def test_the_images_own_health_check_is_not_heeded(run: Any, docker: DockerApi) -> None:
    # ECS Developer Guide, healthcheck: checks embedded in an image and not in the container definition are not monitored
    name = "delivery-tests/ill:1"
    dockerfile = f"FROM {BUSYBOX}\nHEALTHCHECK --interval=1s --retries=1 CMD exit 1\n"
    subprocess.run(
        ["/usr/bin/env", "docker", "build", "--quiet", "--tag", name, "-"],
        input=dockerfile.encode(),
        check=True,
    )
    task = run(replace(spec("sleep", "60"), image=name))
    time.sleep(3)
    assert task.exit_code() is None, "ECS would let it run"
    state = docker.ask("GET", f"/containers/{task.ids['app']}/json")["State"]
    assert (state.get("Health") or {}).get("Status") in (None, "none")
    docker.ask("DELETE", f"/images/{name}", query={"force": 1})


def test_open_files_are_limited_as_on_fargate_or_the_timeline_says_otherwise(
    run: Any, rehearsal: Rehearsal
) -> None:
    # ECS Developer Guide, fargate-tasks-services, "Task resource limits"
    task = run(spec("sh", "-c", "echo $(ulimit -Sn) $(ulimit -Hn); sleep 0.5"))
    assert ended(task) == 0
    said = [one.message for one in rehearsal.journal.entries("ECS") if "open files" in one.message]
    assert task.log_tail() == ["65535 65535"] or len(said) == 1, "told once, and nothing fails for it"


@pytest.mark.parametrize(("user", "code"), [("65534:65534", 1), ("0", 0)])
def test_only_root_gets_a_port_below_1024(run: Any, user: str, code: int) -> None:
    # aws/containers-roadmap#1721; Docker's own default since 20.10 lets everybody
    probe = "httpd -p 80 -h /tmp && echo up; c=$?; sleep 0.3; exit $c"
    task = run(spec("sh", "-c", probe, user=user))
    assert ended(task) == code, task.log_tail()
    said = " ".join(task.log_tail())
    assert ("up" if code == 0 else "Permission denied") in said, said


def test_a_command_that_does_not_exist_has_ecss_own_word(run: Any) -> None:
    with pytest.raises(RuntimeError, match=r"^CannotStartContainerError: .*no-such-program"):
        run(spec("/no-such-program"))


def test_the_database_answers_only_whom_the_declared_rules_let_in(run: Any, rehearsal: Rehearsal) -> None:
    probe = "sh", "-c", f"echo hello | nc -w 2 {DATABASE} {_database_port(rehearsal)}; sleep 0.2"
    groups = {one.name: one.id for one in rehearsal.cloud.declared("aws:ec2/securityGroup:SecurityGroup")}
    ended(run(spec(*probe, security_groups=(groups["web-group"],))))
    assert rehearsal.journal.entries("VPC") == [], "a group with a rule is let in"
    ended(run(spec(*probe, security_groups=("sg-without-a-rule",))))
    said = [entry.message for entry in rehearsal.journal.entries("VPC")]
    assert said, "a group without a rule is cut off, and the journal says why"
    assert "no ingress rule on sg-000000000000000db lets sg-without-a-rule in" in said[0]


def _database_port(rehearsal: Rehearsal) -> int | None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stg/database-AbCdEf"
    text = rehearsal.cloud.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return urlsplit(json.loads(text)["url"]).port


def test_the_bootstrap_image_answers_every_method_and_path_by_the_declared_protocol(run: Any) -> None:
    """A 501 to whoever scans the internet would count as a server error of the target and stop the first release."""
    container = bootstrap_container("app", [(8080, "HTTP"), (9443, "HTTPS")])
    task = run(ContainerSpec("app", container.image, command=tuple(container.command), ports=(8080, 9443)))
    plain, secure = task.address("app", 8080), task.address("app", 9443)
    untrusted = ssl.create_default_context()
    untrusted.check_hostname, untrusted.verify_mode = False, ssl.CERT_NONE  # as a load balancer's checks
    deadline = time.monotonic() + 20
    while True:
        try:
            http.client.HTTPConnection(*plain, timeout=5).request("GET", "/")
            break
        except OSError:
            assert time.monotonic() < deadline, task.log_tail()
            time.sleep(0.1)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"):
        asked = http.client.HTTPConnection(*plain, timeout=5)
        asked.request(method, "/any/path?x=1", body=b"data" if method in ("POST", "PUT") else None)
        assert asked.getresponse().status == 200, method
    over_tls = http.client.HTTPSConnection(*secure, timeout=5, context=untrusted)
    over_tls.request("GET", "/healthz")
    assert over_tls.getresponse().status == 200
