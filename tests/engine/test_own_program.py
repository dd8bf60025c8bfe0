"""A program of somebody's own that declares a delivery beside what else it has, under the real CLI and engine.

Pulumi's own language host is not built here, so the engine is handed one that does as it does (pulumi/pulumi,
pulumi-language-python-exec): it runs the program by the program's interpreter, in the program's folder, and nothing of ours
is in that process but what the program has installed.
"""

import json
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand, _server, _stack  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime.proto import language_pb2

from rehearsal.evaluation.kinds import KINDS
from rehearsal.evaluation.properties import PROPERTIES, Properties
from rehearsal.pulumi_engine.outcome import Outcome
from rehearsal.pulumi_engine.stack import Stack, engine_stack
from rehearsal.world.cloud import Cloud
from rehearsal.world.kind import Kind
from tests.engine.test_urns import pinned_table
from tests.installed_program import installed

PROJECT = "shop-infrastructure"
OWN = {"aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc", "shop:index:Uploads"}
"""Types of what stands beside the delivery."""
RUN = """
import asyncio, json, runpy, sys
import pulumi

order = json.loads(sys.argv[1])
sys.path.insert(0, ".")
pulumi.runtime.set_all_config(order["config"])
pulumi.runtime.configure(pulumi.runtime.Settings(**order["settings"]))
program = lambda: runpy.run_path("__main__.py", run_name="__main__") and None
asyncio.new_event_loop().run_until_complete(pulumi.runtime.run_in_stack(program))
"""


def _host(folder: Path) -> type[_server.LanguageServer]:
    """A language host for the program in a folder."""

    class Host(_server.LanguageServer):
        def Run(self, request: Any, context: Any) -> Any:  # noqa: N802  (the engine calls it)
            settings = {
                "project": request.project,
                "stack": request.stack,
                "monitor": request.monitor_address,
                "engine": request.args[0],
                "parallel": request.parallel,
                "dry_run": request.dryRun,
                "organization": request.organization or "organization",
                "root_directory": str(folder),
            }
            order = json.dumps({"config": dict(request.config), "settings": settings})
            ran = subprocess.run(
                [folder / ".venv" / "bin" / "python", "-P", "-c", RUN, order],
                cwd=folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
            return language_pb2.RunResponse(error=ran.stderr if ran.returncode else "")

    return Host


@pytest.fixture(scope="module")
def theirs(cloud: Cloud, cli: PulumiCommand, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    """The example's stack, not yet up; of what stands beside the delivery only a record is kept."""
    folder = installed(tmp_path_factory.mktemp("infrastructure"))
    with pytest.MonkeyPatch.context() as patch:
        for type_ in ("aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"):
            patch.setitem(
                KINDS, type_, Kind(lambda cloud, inputs: (f"id-{inputs['cidrBlock']}", {}), named=None)
            )
            patch.setitem(PROPERTIES, type_, Properties("cidrBlock vpcId enableDnsHostnames"))
        patch.setattr(_stack, "LanguageServer", _host(folder))
        with engine_stack(cloud, "stg", cli, root=folder) as made:
            yield made


@pytest.fixture(scope="module")
def planned(theirs: Stack) -> Outcome:
    return theirs.preview()


@pytest.fixture(scope="module")
def up(theirs: Stack, planned: Outcome) -> Outcome:
    assert planned.changes, "asked for what it would do before"
    return theirs.up()


def _as_alone(outcome: Outcome) -> set[str]:
    """URNs of the delivery's own resources, in our project."""
    mine = (urn for urn in outcome.changes if "delivery:index:" in urn)
    return {urn.replace(f"::{PROJECT}::", "::delivery::") for urn in mine}


def test_a_preview_says_the_delivery_that_this_repository_declares_alone(planned: Outcome) -> None:
    assert set(planned.changes.values()) == {"create"}
    seen = _as_alone(planned)
    assert len(seen) > 50, "a whole delivery"
    assert not seen - set(pinned_table()["stg"]), "the same names below the same parents, in another project"


def test_up_makes_it_beside_the_programs_own_resources(up: Outcome, planned: Outcome, cloud: Cloud) -> None:
    assert set(up.changes) == set(planned.changes)
    assert {type_ for type_ in OWN if any(f"{type_}::" in urn for urn in up.changes)} == OWN
    assert cloud.one("aws:codepipeline/pipeline:Pipeline").inputs["name"] == "shop-stg"


def test_a_second_up_changes_nothing(theirs: Stack, up: Outcome) -> None:
    assert up.changes
    assert theirs.up().changes == {}


def test_destroy_leaves_nothing_but_the_templates_that_a_waiting_release_may_still_name(
    theirs: Stack, up: Outcome, cloud: Cloud
) -> None:
    gone = theirs.destroy_without_preview()
    assert set(gone.changes) == set(up.changes)
    assert set(gone.changes.values()) == {"delete"}
    assert theirs.resources() == {}
    assert {one.type for type_ in KINDS for one in cloud.declared(type_)} == {
        "aws:s3/bucketObjectv2:BucketObjectv2"
    }
