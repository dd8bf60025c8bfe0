"""Actions of a pipeline are held against what their providers take, when the pipeline is declared."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codepipeline.declared import PIPELINE_TYPE
from rehearsal.errors import RehearsalError
from rehearsal.evaluation.resources import make
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal
from tests.unit.worlds import WORLDS, world

Action = dict[str, Any]
ROLE_TYPE = "aws:iam/role:Role"


def declare(tmp_path: Path, name: str, change: Callable[[dict[str, Action]], None]) -> None:
    """Make the pipeline of a world whose actions are changed first, by name."""
    inputs = copy.deepcopy(world(name).one("Pipeline").inputs)
    change({action["name"]: action for stage in inputs["stages"] for action in stage["actions"]})
    cloud = Cloud("http://127.0.0.1:1", Authority(), Journal(), tmp_path)
    role = {"arn": inputs["roleArn"]}
    cloud.add(Declared("role", ROLE_TYPE, "role", "role", role, role))
    make(cloud, f"urn:pulumi:stg::delivery::{PIPELINE_TYPE}::one", PIPELINE_TYPE, "one", inputs)


@pytest.mark.parametrize("name", WORLDS)
def test_what_the_program_declares_is_taken(tmp_path: Path, name: str) -> None:
    declare(tmp_path, name, lambda actions: None)


def configured(action: str, **configuration: str) -> Callable[[dict[str, Action]], None]:
    return lambda actions: actions[action]["configuration"].update(configuration)


def without(action: str, key: str) -> Callable[[dict[str, Action]], None]:
    return lambda actions: actions[action]["configuration"].pop(key)


def put(action: str, key: str, value: Any) -> Callable[[dict[str, Action]], None]:
    return lambda actions: actions[action].update({key: value})


WRONG: list[tuple[Callable[[dict[str, Action]], None], str]] = [
    (
        configured("Source", ImageTags="x"),
        "unknown configuration ImageTags; it takes ImageTag, RepositoryName",
    ),
    (without("Source", "RepositoryName"), "action 'Source' (ECR) has no RepositoryName, which it needs"),
    (put("Source", "outputArtifacts", ["ImageArtifact", "B"]), "has 2 output artifacts; it takes 1"),
    (configured("Migrate", Project="x"), "unknown configuration Project; it takes BatchEnabled, Buildspec"),
    (without("Migrate", "ProjectName"), "has no ProjectName"),
    (configured("Migrate", BatchEnabled="true"), "has BatchEnabled true: the rehearsal plays BatchEnabled"),
    (configured("Migrate", PrimarySource="Other"), "PrimarySource Other, which is none of its input"),
    (put("Migrate", "inputArtifacts", []), "has 0 input artifacts; it takes 1 to 5"),
    (put("Migrate", "category", "Deploy"), "has category Deploy; it is Build or Test"),
    (put("Migrate", "provider", "Jenkins"), "has provider Jenkins: the rehearsal plays CodeBuild,"),
    (configured("Deploy-web", Image5ArtifactName="x"), "unknown configuration Image5ArtifactName"),
    (without("Deploy-web", "DeploymentGroupName"), "has no DeploymentGroupName"),
    (put("Deploy-web", "outputArtifacts", ["Out"]), "has 1 output artifacts; it takes 0"),
    (configured("Approve", Message="x"), "unknown configuration Message; it takes CustomData"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_an_action_does_not_take_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Action]], None], said: str
) -> None:
    """CodePipeline User Guide: action-reference-ECR, -CodeBuild, -ECSbluegreen, approvals-action-add, reference-action-artifacts."""
    with pytest.raises(RehearsalError) as refused:
        declare(tmp_path, "everything", change)
    assert said in str(refused.value)
