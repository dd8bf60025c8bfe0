"""`pulumi stack export` of a stack is rehearsed instead of the program."""

import json
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from documents.descriptor import from_json
from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.errors import RehearsalError, StackError
from rehearsal.evaluation.exported_state import declare_state, read_state
from rehearsal.evaluation.kinds import KINDS
from rehearsal.levels.process.level import ProcessLevel
from rehearsal.plays.versions import V1
from rehearsal.pulumi_engine.stack import engine_stack
from rehearsal.running.endpoint import empty_cloud
from rehearsal.running.rehearsal import Rehearsal
from rehearsal.running.starting import rehearsing
from rehearsal.running.traffic import get

ACCOUNT = "111122223333"
"""Another of AWS's example accounts."""


@pytest.fixture(scope="module")
def exported(cli: PulumiCommand, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An export as a real account would give it: its own account number, its own ids."""
    folder = tmp_path_factory.mktemp("exported")
    with empty_cloud(folder) as cloud, engine_stack(cloud, "stg", cli) as stack:
        stack.up()
        text = json.dumps(stack.export())
    text = re.sub(r"(?<!secretsmanager:us-east-1:)123456789012", ACCOUNT, text)
    text = re.sub(r"\bsg-(?!0{12})([0-9a-f]{17})", lambda match: f"sg-{match[1][::-1]}", text)
    text = re.sub(
        r"((?:targetgroup|app)/[\w-]+)/([0-9a-f]{16})", lambda match: f"{match[1]}/{match[2][::-1]}", text
    )
    text = re.sub(r"(task-definition/[\w-]+):1\b", r"\1:41", text)
    return json.loads(text)


@pytest.fixture(scope="module")
def file(exported: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("state") / "stg.json"
    path.write_text(json.dumps(exported), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def rehearsed(file: Path) -> Generator[Rehearsal]:
    state = read_state(file)
    with rehearsing(
        "stg", level=ProcessLevel, declare_instead=lambda cloud: declare_state(cloud, state)
    ) as running:
        yield running


def test_every_resource_of_the_state_is_made_under_its_own_name(
    rehearsed: Rehearsal, exported: dict[str, Any]
) -> None:
    resources = [one for one in exported["deployment"]["resources"] if one["type"] in KINDS]
    there = {one.urn: one for type_ in KINDS for one in rehearsed.cloud.declared(type_)}
    assert set(there) == {one["urn"] for one in resources}
    for one in resources:
        named = KINDS[one["type"]].named
        if named:
            assert there[one["urn"]].outputs[named] == one["outputs"][named], "a physical name stays"


def test_no_resource_mentions_the_account_of_the_export(rehearsed: Rehearsal) -> None:
    text = json.dumps([dict(one.inputs) for type_ in KINDS for one in rehearsed.cloud.declared(type_)])
    assert ACCOUNT not in text, "what would be mentioned there is here under another account"
    assert any(
        f"{ACCOUNT} is 123456789012 here" in entry.message for entry in rehearsed.journal.entries("Pulumi")
    )


def test_the_descriptor_that_the_export_holds_encrypted_is_read_from_the_stacks_outputs(
    rehearsed: Rehearsal, exported: dict[str, Any]
) -> None:
    assert "ciphertext" in json.dumps(exported), "as `pulumi stack export` writes it"
    descriptor = from_json(rehearsed.cloud.one("aws:ssm/parameter:Parameter").inputs["value"])
    assert descriptor.pipeline == "shop-stg"
    assert descriptor.account == "123456789012"
    assert descriptor.bucket == rehearsed.cloud.one("aws:s3/bucket:Bucket").id


def test_a_parameter_that_can_be_read_nowhere_is_refused_with_what_shows_it(exported: dict[str, Any]) -> None:
    silent = json.loads(json.dumps(exported))
    for one in silent["deployment"]["resources"]:
        if one["type"] == "pulumi:pulumi:Stack":
            one["outputs"] = {}
    nowhere: Any = None  # it is refused before anything is made
    with pytest.raises(StackError, match="--show-secrets"):
        declare_state(nowhere, silent)


def test_a_release_goes_through_the_stack_of_the_state(rehearsed: Rehearsal) -> None:
    execution = rehearsed.pushes.release_of(rehearsed.team.push(V1))
    assert execution.status == ExecutionStatus.SUCCEEDED, [
        action.error_message for action in execution.actions
    ]
    assert get(rehearsed.users.url("web"))[1]["version"] == V1.name


URN = "urn:pulumi:stg::shop::aws:s3/bucket:Bucket::b"
ODD: list[Any] = [
    1,
    {},
    {"urn": URN},
    {"urn": "bucket", "type": "aws:s3/bucket:Bucket"},
    {"urn": URN, "type": 3},
    {"urn": URN, "type": "aws:s3/bucket:Bucket", "inputs": []},
    {"urn": URN, "type": "aws:s3/bucket:Bucket", "outputs": "x"},
    {"urn": URN, "type": "aws:s3/bucket:Bucket", "dependencies": [1]},
]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"version": 3}',
        '{"deployment": []}',
        '{"deployment": {"resources": []}}',
        '{"deployment": {"resources": {"a": 1}}}',
        *(json.dumps({"deployment": {"resources": [one]}}) for one in ODD),
    ],
)
def test_a_file_that_is_no_export_is_refused_with_the_command_that_writes_one(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RehearsalError, match="pulumi stack export"):
        read_state(path)
