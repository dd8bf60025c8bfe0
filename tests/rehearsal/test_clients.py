"""A rehearsal that goes on for days must not keep the connections of every role it ever acted as."""

import os
import resource
import tempfile
from pathlib import Path

from rehearsal.codebuild.shell import readable
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.world.cloud import MOST_CLIENTS, Cloud
from rehearsal.world.journal import Journal

ROLE = "arn:aws:iam::123456789012:role/shop-stg-migrate"


def test_clients_of_earlier_roles_are_closed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud("http://127.0.0.1:9", Authority(), Journal(), Path(folder))
        of_the_administrator = cloud.client("sqs")
        sessions = [
            Credentials(f"ASIA{number:016}", "secret", "token", ROLE) for number in range(MOST_CLIENTS + 5)
        ]
        first = cloud.client("sqs", sessions[0])
        for one in sessions:
            cloud.client("sqs", one)
            assert cloud.client("sqs") is of_the_administrator, "what is asked for again and again stays"
        assert cloud.client("sqs", sessions[-1]) is cloud.client("sqs", sessions[-1])
        assert cloud.client("sqs", sessions[0]) is not first, "what was asked for longest ago is let go"
        cloud.close()
        assert cloud.client("sqs") is not of_the_administrator, "nothing is kept after the end"


def test_a_build_is_heard_on_any_descriptor() -> None:
    """`select` takes none above 1,023, and the next one may be higher."""
    reading, writing = os.pipe()
    high = 1100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * high), hard))
    os.dup2(reading, high)
    try:
        assert not readable(high, 0.01)
        os.write(writing, b"x")
        assert readable(high, 1)
    finally:
        for one in (reading, writing, high):
            os.close(one)
