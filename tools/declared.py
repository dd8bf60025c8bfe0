"""What a stack declares, for the tools that read it: the program, evaluated against a local cloud that stores only."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.evaluation.program import stack_config
from rehearsal.evaluation.resources import declare
from rehearsal.identity.authority import Authority
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal


@contextmanager
def declaring(stack: str) -> Generator[Cloud]:
    """The cloud in which a stack's resources are declared and nothing runs."""
    authority = Authority()
    gateway = local_endpoint(authority)
    with tempfile.TemporaryDirectory() as folder:
        try:
            cloud = Cloud(gateway.start(), authority, Journal(), Path(folder))
            declare(cloud, stack, stack_config(stack))
            yield cloud
        finally:
            gateway.stop()
