"""What a stack declares, for the tools that read it: the program, evaluated against a local cloud that stores only."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.evaluation.program import stack_config
from rehearsal.evaluation.resources import declare
from rehearsal.running.endpoint import empty_cloud
from rehearsal.world.cloud import Cloud


@contextmanager
def declaring(stack: str) -> Generator[Cloud]:
    """The cloud in which a stack's resources are declared and nothing runs."""
    with tempfile.TemporaryDirectory() as folder, empty_cloud(Path(folder)) as cloud:
        declare(cloud, stack, stack_config(stack))
        yield cloud
