"""The files of examples/stacks that CodeDeploy moves alone, through the real engine."""

from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from tests.engine.example_life import live
from tests.example_stacks import OF_CODEDEPLOY, named


@pytest.mark.parametrize("file", OF_CODEDEPLOY, ids=named)
def test_its_life_from_the_first_up_to_destroy(file: Path, cli: PulumiCommand) -> None:
    live(file, cli)
