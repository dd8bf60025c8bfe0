"""Starting and stopping a gateway: what listens, what is left, and what stands in the way."""

import socket
import subprocess
import threading
from pathlib import Path

import boto3
import pytest

from rehearsal.errors import RehearsalError
from rehearsal.identity.authority import Authority
from rehearsal.running.endpoint import local_endpoint


def listening_ports() -> set[int]:
    """Every TCP port this process listens on, whatever the address."""
    mine: set[str] = set()
    for one in Path("/proc/self/fd").iterdir():
        try:
            mine.add(str(one.readlink()))
        except OSError:  # closed since it was listed
            continue
    tables = [
        Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:] for name in ("tcp", "tcp6")
    ]
    rows = [line.split() for table in tables for line in table]
    return {
        int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in mine
    }


def buckets(endpoint: str) -> list[str]:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    found = [one.get("Name", "") for one in client.list_buckets()["Buckets"]]
    client.create_bucket(Bucket="left-behind")
    return found


def test_only_its_own_port_listens_and_nothing_is_left() -> None:
    ports, threads = listening_ports(), set(threading.enumerate())
    with local_endpoint(Authority()) as gateway:
        own = int(gateway.endpoint.rpartition(":")[2])
        assert buckets(gateway.endpoint) == []
        assert listening_ports() - ports == {own}
    assert listening_ports() == ports
    assert [one for one in threading.enumerate() if one not in threads] == []


def test_a_child_process_does_not_inherit_the_port() -> None:
    with local_endpoint(Authority()) as gateway:
        port = int(gateway.endpoint.rpartition(":")[2])
        sleeper = subprocess.Popen(["/bin/sleep", "30"], close_fds=False)
    try:
        with socket.socket() as again:
            again.bind(("127.0.0.1", port))
            again.listen()
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_second_start_begins_with_an_empty_cloud() -> None:
    gateway = local_endpoint(Authority())
    for _ in range(2):
        try:
            assert buckets(gateway.start()) == [], "what an earlier run stored is forgotten"
        finally:
            gateway.stop()


def test_everything_is_freed_when_the_rehearsal_crashes() -> None:
    ports = listening_ports()
    with pytest.raises(ZeroDivisionError), local_endpoint(Authority()):
        raise ZeroDivisionError
    assert listening_ports() == ports
    with local_endpoint(Authority()):
        pass


def test_a_port_that_is_taken_is_one_clear_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(RehearsalError) as problem:
            local_endpoint(Authority(), port=port).start()
    assert str(problem.value) == (
        f"port {port} of 127.0.0.1 cannot be opened (Address already in use): the gateway needs it for itself; "
        "stop what listens there, or leave the port out so that a free one is chosen"
    )
    with local_endpoint(Authority(), port=port) as gateway:
        assert gateway.endpoint.endswith(f":{port}"), "a failed start leaves the next one unhindered"


def test_stopping_twice_is_harmless() -> None:
    gateway = local_endpoint(Authority())
    gateway.stop()
    gateway.start()
    gateway.stop()
    gateway.stop()
