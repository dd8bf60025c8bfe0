"""A function under the real engine: what of its code makes a difference, and what an export keeps of it.

Every other kind is met by the program itself; this one by a program of its own, whose files a test may change.
"""

from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from rehearsal.evaluation.exported_state import declare_state
from rehearsal.host.processes import Processes
from rehearsal.lambda_.service import Functions
from rehearsal.pulumi_engine.stack import Stack, engine_stack
from rehearsal.running.endpoint import empty_cloud
from rehearsal.world.cloud import Cloud

PROGRAM = """
import json
from pathlib import Path

import pulumi
from pulumi_aws import iam, lambda_

HERE = Path(__file__).parent
trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = iam.Role("role", name="function", assume_role_policy=json.dumps(trust))
lambda_.Function(
    "function",
    name="judge",
    role=role.arn,
    runtime="python3.13",
    handler="app.handler",
    code=pulumi.AssetArchive(
        {"app.py": pulumi.FileAsset(str(HERE / "app.py")), "words.py": pulumi.StringAsset("WORD = 'hello'")}
    ),
)
"""
CODE = "from words import WORD\n\ndef handler(event, context):\n    return [WORD, {}]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one function."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "Pulumi.yaml").write_text("name: delivery\nruntime: python\n", encoding="utf-8")
    (root / "Pulumi.stg.yaml").write_text("config:\n  aws:region: us-east-1\n", encoding="utf-8")
    (root / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    (root / "app.py").write_text(CODE.format(1), encoding="utf-8")
    return root


def answer(cloud: Cloud, processes: Processes) -> bytes:
    functions = Functions(cloud, processes)
    return functions.invoke(functions.function("judge"), b"null").payload


def test_new_code_updates_a_function_and_the_same_code_does_not(
    project: Path, tmp_path: Path, cli: PulumiCommand
) -> None:
    def changes(stack: Stack) -> list[tuple[str, str]]:
        return [(urn.rpartition("::")[2], op) for urn, op in stack.up().changes.items() if "Function" in urn]

    with (
        empty_cloud(tmp_path / "cloud") as cloud,
        Processes() as processes,
        engine_stack(cloud, "stg", cli, folder=tmp_path / "engine", root=project) as stack,
    ):
        assert changes(stack) == [("function", "create")]
        assert answer(cloud, processes) == b'["hello", 1]'
        (project / "app.py").touch()
        assert changes(stack) == [], "the same content is the same code, whenever it was written"
        (project / "app.py").write_text(CODE.format(2), encoding="utf-8")
        assert changes(stack) == [("function", "update")], "in place: its name and ARN stay"
        assert answer(cloud, processes) == b'["hello", 2]'
        export = stack.export()
    with empty_cloud(tmp_path / "again") as cloud, Processes() as processes:
        declare_state(cloud, export)
        assert answer(cloud, processes) == b'["hello", 2]', "what a state says of files leads to them"
