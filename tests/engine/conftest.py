"""One local cloud at a time: the emulator's memory is the process's, so every module begins with an empty one."""

from collections.abc import Generator

import pytest
from pulumi.automation import PulumiCommand

from rehearsal.pulumi_engine.find_cli import find_cli
from rehearsal.pulumi_engine.stack import Stack, engine_stack
from rehearsal.running.endpoint import empty_cloud
from rehearsal.world.cloud import Cloud


@pytest.fixture(scope="session")
def cli() -> PulumiCommand:
    """The real CLI; building one is `make pulumi`'s business."""
    found = find_cli()
    if found is None:
        pytest.skip("no Pulumi CLI: `make pulumi` builds one where Go is, or install Pulumi")
    return found


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cloud]:
    """A module's cloud."""
    with empty_cloud(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture(scope="module")
def stg(cloud: Cloud, cli: PulumiCommand) -> Generator[Stack]:
    """The stack stg, not yet up."""
    with engine_stack(cloud, "stg", cli) as made:
        yield made


@pytest.fixture(scope="module")
def prd(cloud: Cloud, cli: PulumiCommand) -> Generator[Stack]:
    """The stack prd, not yet up."""
    with engine_stack(cloud, "prd", cli) as made:
        yield made
