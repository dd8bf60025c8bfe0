"""One file of examples/stacks through the real engine: made, unchanged, released, refreshed, unchanged, and taken down again."""

from pathlib import Path

from pulumi.automation import PulumiCommand

from rehearsal.codepipeline.status import ExecutionStatus
from rehearsal.faults import provided
from rehearsal.plays.versions import V1
from rehearsal.running.rehearsal import Rehearsal
from tests.engine.released_world import running_stack
from tests.rehearsal.stagehands import Replay

OF_RELEASES = {"taskDefinition", "loadBalancers", "defaultActions", "actions"}
"""What a release changes of what Pulumi declared, whoever moves the traffic."""


def live(file: Path, cli: PulumiCommand) -> None:
    """Play it from the first up to destroy."""
    with running_stack(cli, file) as (stack, rehearsal):
        assert stack.up().changes == {}, "what was made is what was asked for"
        _release(rehearsal)
        drift = {name for keys in stack.refresh().drift().values() for name in keys}
        own = [one for one in rehearsal.settings.services.values() if one.existing is None]
        assert bool(drift) == bool(own), "a release leaves something behind in what is Pulumi's"
        assert drift <= OF_RELEASES, "a refresh sees what the release changed and nothing else"
        assert stack.up().changes == {}, "and up leaves the release alone"
        assert {one.version for one in rehearsal.users.answering()} == {V1.name}
        if rehearsal.settings.release.protect:
            stack.edit(lambda config: config["delivery:release"].update(protect=False))
            stack.up()
        _empty(rehearsal)
        stack.destroy_without_preview()
        assert {one["type"] for one in stack.resources().values()} <= {"pulumi:pulumi:Stack"}


def _release(rehearsal: Rehearsal) -> None:
    """A release whose build migrates nothing: here it matters what is left behind."""
    with provided(rehearsal.pipeline, "CodeBuild", Replay.of_templates(rehearsal)):
        release = rehearsal.pushes.release_of(rehearsal.team.push(V1))
    assert release.status == ExecutionStatus.SUCCEEDED, [one.error_message for one in release.actions]


def _empty(rehearsal: Rehearsal) -> None:
    """docs/operations.md, "Destroy": ECR deletes no repository with images."""
    ecr, name = rehearsal.cloud.client("ecr"), rehearsal.settings.image.repository
    digests = {one["imageDigest"] for one in ecr.describe_images(repositoryName=name)["imageDetails"]}
    ids = [{"imageDigest": digest} for digest in digests]
    assert not ecr.batch_delete_image(repositoryName=name, imageIds=ids)["failures"]
