"""One repository with many users: workflows that are run again, replicated images, and the tag that keeps what is released."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from documents.lifecycle import RELEASED
from rehearsal.codepipeline.execution import Execution
from rehearsal.ecr.registry_rules import Push
from rehearsal.host.project import ROOT
from rehearsal.images.image import pack
from rehearsal.images.registry import Registry, RegistryError, ecr_token
from rehearsal.running.rehearsal import Rehearsal
from tests.rehearsal.stagehands import answering, release, until, version
from tests.replicated import replication_event

WORKFLOW = ROOT / "examples" / "app" / ".github" / "workflows" / "release.yml"


def tags_of(rehearsal: Rehearsal, digest: str) -> set[str]:
    repository = rehearsal.settings.image.repository
    [found] = rehearsal.cloud.client("ecr").describe_images(
        repositoryName=repository, imageIds=[{"imageDigest": digest}]
    )["imageDetails"]
    return set(found.get("imageTags", []))


@pytest.fixture(scope="module")
def replicated(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Execution]:
    """A release of an image that came from another Region: its push has no event here, its replication has."""
    made = version(tmp_path_factory.mktemp("replicated"), "replicated")
    image, place = rehearsal.settings.image, rehearsal.cloud.place
    with rehearsal.pushes.held() as held:
        digest = rehearsal.level.push(
            made.folder,
            made.overlays,
            image.repository,
            [rehearsal.settings.source.push.tag],
            rehearsal.team.pusher(),
        )
        until(lambda: held, "the event of the push, which stays here")
    arrived = Push(image.repository, rehearsal.settings.source.push.tag, digest, place.account, place.region)
    [started] = rehearsal.pushes.deliver(replication_event(arrived, source="eu-west-1"))
    return digest, rehearsal.pipeline.wait(started, 60)


def test_an_image_that_arrives_by_replication_is_released(
    rehearsal: Rehearsal, replicated: tuple[str, Execution]
) -> None:
    """Amazon ECR User Guide, ecr-eventbridge: where it arrives, action-type is REPLICATE and no PUSH is sent."""
    digest, execution = replicated
    assert execution.status == "Succeeded", execution.summary
    assert execution.action("Source").outputs["ImageDigest"] == digest
    assert answering(rehearsal) == "replicated"


def test_what_is_released_has_the_tag_that_keeps_it(
    rehearsal: Rehearsal, replicated: tuple[str, Execution]
) -> None:
    digest, _ = replicated
    assert tags_of(rehearsal, digest) == {
        rehearsal.settings.source.push.tag,
        RELEASED + digest.removeprefix("sha256:"),
    }


def test_a_second_release_of_the_same_image_finds_its_tag_there(
    rehearsal: Rehearsal, replicated: tuple[str, Execution]
) -> None:
    again = release(rehearsal, replicated[0], MIGRATE="skip")
    assert again.status == "Succeeded", again.summary


def test_a_release_whose_image_cannot_be_kept_stops_before_it_migrates(
    rehearsal: Rehearsal, replicated: tuple[str, Execution], tmp_path: Path
) -> None:
    made = version(tmp_path, "unkept")
    with rehearsal.pushes.held() as held:
        digest = rehearsal.team.push(made)
        until(lambda: len(held) == 2, "the events")
    role = f"{rehearsal.pipeline_name}-migrate"
    arn = f"arn:aws:iam::{rehearsal.cloud.place.account}:role/{role}"
    policies = rehearsal.cloud.authority.policies(arn)
    [(name, document)] = policies.items()
    less = [one for one in document["Statement"] if "PutImage" not in str(one["Action"])]
    rehearsal.cloud.authority.put_policy(arn, name, {**document, "Statement": less})
    try:
        stopped = release(rehearsal, digest)
    finally:
        rehearsal.cloud.authority.put_policy(arn, name, document)
    said = str(stopped.action("Migrate").error_message)
    assert "not authorized to perform: ecr:PutImage" in said
    assert "released- tag" in said
    assert "nothing was migrated" in said


def workflow_tags(rehearsal: Rehearsal, run: str, attempt: int) -> list[str]:
    """The tags that one attempt of the example's workflow pushes, in order, without the repository."""
    steps: list[dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["push-image"][
        "steps"
    ]
    [build] = [one for one in steps if "build-push-action" in one.get("uses", "")]
    image = rehearsal.settings.image
    values = {
        "steps.registry.outputs.registry": rehearsal.cloud.place.registry,
        "vars.ECR_REPOSITORY": image.repository,
        "vars.STACK_TAG": rehearsal.settings.source.push.tag,
        "github.sha": "deadbeef" * 5,
        "github.run_id": run,
        "github.run_attempt": str(attempt),
    }
    text = re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: values[found[1]], build["with"]["tags"])
    beginning = f"{rehearsal.cloud.place.registry}/{image.repository}:"
    lines = text.split()
    assert all(line.startswith(beginning) for line in lines)
    return [line.removeprefix(beginning) for line in lines]


def test_a_workflow_that_died_after_its_first_tag_can_be_run_again_and_starts_the_release(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    image = rehearsal.settings.image
    client = rehearsal.cloud.client("ecr", rehearsal.team.pusher())
    registry = Registry(rehearsal.cloud.endpoint, lambda: ecr_token(client))
    first, second = (version(tmp_path, name) for name in ("attempt-1", "attempt-2"))
    once, again = workflow_tags(rehearsal, "77", 1), workflow_tags(rehearsal, "77", 2)
    assert once[-1] == again[-1] == rehearsal.settings.source.push.tag, (
        "the stack's tag last: a release begins when all else is there"
    )
    died = pack(first.folder, overlays=first.overlays)
    registry.push(died, image.repository, once[:1])
    rebuilt = pack(second.folder, overlays=second.overlays)
    with pytest.raises(RegistryError, match="cannot be overwritten"):
        registry.push(rebuilt, image.repository, once[:1])
    with rehearsal.pushes.held() as held:
        registry.push(rebuilt, image.repository, again)
        until(lambda: len(held) == 2, "the events of both tags")
        moved = [one for one in held if one["detail"]["image-tag"] == rehearsal.settings.source.push.tag]
    assert [one["detail"]["image-digest"] for one in moved] == [rebuilt.digest], (
        "this push starts the release"
    )


def test_every_action_of_the_workflow_is_pinned_to_a_commit() -> None:
    uses = re.findall(r"uses: (\S+)(.*)", WORKFLOW.read_text(encoding="utf-8"))
    assert len(uses) == 5
    for action, rest in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.match(r" # v\d+\.\d+\.\d+$", rest), f"{action}: people read versions"
