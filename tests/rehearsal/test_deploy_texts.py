"""What docs/deploy.md tells people to type, typed."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from documents.secrets import parse
from rehearsal.host.project import ROOT
from rehearsal.running.endpoint import empty_cloud
from rehearsal.world.cloud import Cloud

DOCUMENT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with empty_cloud(tmp_path) as made:
        yield made


def _block(containing: str) -> str:
    [found] = [one for one in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL) if containing in one]
    return found


def test_the_commands_for_the_secret_make_one_that_the_stack_file_can_name(
    cloud: Cloud, tmp_path: Path
) -> None:
    folder = tmp_path / "typed"
    folder.mkdir()
    done = subprocess.run(
        ["/bin/bash", "-ec", _block("create-secret")],
        cwd=folder,
        env={
            "PATH": f"{ROOT / '.venv' / 'bin'}:/usr/bin:/bin",
            "PASSWORD": "made up",
            "AWS_ENDPOINT_URL": cloud.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": cloud.place.region,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    arn = json.loads(done.stdout)["ARN"]
    reference = parse(f"{arn}:url::")
    stored = cloud.client("secretsmanager").get_secret_value(SecretId=reference.arn)["SecretString"]
    assert json.loads(stored)[reference.json_key].startswith("postgresql://shop:made up@")
    assert not list(folder.iterdir()), "the file with the password is gone"


def test_the_example_of_an_own_folder_names_this_program_and_its_environment() -> None:
    ours = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    theirs = yaml.safe_load((ROOT / "examples/infrastructure/Pulumi.yaml").read_text(encoding="utf-8"))
    assert theirs["name"] == ours["name"], "the project's name is part of every URN"
    assert theirs["main"] == "delivery/"
    virtualenv = ours["runtime"]["options"]["virtualenv"]
    assert theirs["runtime"]["options"]["virtualenv"] == theirs["main"] + virtualenv
