"""What an action gets and gives, as codepipeline/latest/userguide documents: variables, artifacts, roles, revisions."""

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codepipeline.execution import SourceRevision
from rehearsal.codepipeline.variables import UnresolvedVariable, resolve
from rehearsal.world.zips import unzipped
from tests.rehearsal.pipeline_world import DIGEST, NAME, NEWER, ROLE, SOURCE, Account, action, stage


@pytest.fixture
def account(tmp_path: Path) -> Any:
    account = Account(tmp_path)
    with account.engine:
        yield account


def test_variables_reach_later_actions(account: Account) -> None:
    configuration = {
        "Environment": "#{Image.ImageDigest} #{variables.MIGRATE} #{codepipeline.PipelineExecutionId}",
    }
    account.declare(
        stage("Source", action("Source", "Source", namespace="Image")),
        stage("Release", action("Migrate", configuration=configuration)),
        variables=[{"name": "MIGRATE", "defaultValue": "run"}],
    )
    account.steps.outputs = {"Source": {"ImageDigest": DIGEST}}
    execution = account.start(variables={"MIGRATE": "skip"})
    account.end(execution)
    assert account.steps.calls[-1].configuration["Environment"] == f"{DIGEST} skip {execution}"


def test_a_variable_that_was_not_produced_fails_the_action(account: Account) -> None:
    account.declare(
        stage("Source", action("Source", "Source", namespace="Image")),
        stage("Release", action("Migrate", configuration={"Tag": "#{Image.ImageTag}"})),
    )
    failed = account.end(account.start())
    assert "#{Image.ImageTag}" in str(failed.action("Migrate").error_message)


@pytest.mark.parametrize("text", ["#{ImageDigest}", "#{.x}", "#{x.}", "#{}"])
def test_a_reference_needs_a_namespace_and_a_key(text: str) -> None:
    with pytest.raises(UnresolvedVariable, match="Valid format"):
        resolve(text, {})


def test_values_are_not_resolved_again() -> None:
    assert resolve("#{a.b}", {"a": {"b": "#{a.b}"}}) == "#{a.b}"


def test_artifacts_pass_through_the_bucket_under_twenty_characters_of_the_name(account: Account) -> None:
    account.declare(
        stage("Source", action("Source", "Source", outputArtifacts=["Image"])),
        stage("Release", action("Migrate", inputArtifacts=["Image"])),
        artifactStores=[
            {"location": "bucket", "type": "S3", "encryptionKey": {"id": "key-1", "type": "KMS"}}
        ],
    )
    account.end(account.start())
    (put,) = account.storage.puts
    assert put["Key"].split("/")[0] == NAME[:20], "a policy on the full name would break"
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", "key-1")
    assert unzipped(account.steps.calls[-1].get_artifact("Image")) == {"from": b"Source"}


def test_a_refused_artifact_fails_the_action_with_the_services_text(account: Account) -> None:
    account.declare(
        stage("Source", action("Source", "Source", outputArtifacts=["Image"])),
        stage("Release", action("Migrate")),
    )
    account.storage.refuse = True
    failed = account.end(account.start()).action("Source")
    assert failed.error_code == "PermissionError"
    assert "s3:PutObject" in str(failed.error_message)


def test_a_role_that_codepipeline_may_not_assume_stops_the_first_action(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")))
    nobody = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    account.authority.put_role(ROLE, {"Statement": [nobody]})
    failed = account.end(account.start()).action("Source")
    assert failed.error_code == "PermissionError"
    assert f"CodePipeline is not authorized to perform AssumeRole on role {ROLE}" in str(failed.error_message)


ECR = (
    stage(
        "Source",
        action(
            "Image",
            "ECR",
            namespace="Image",
            configuration={"RepositoryName": "app", "ImageTag": "stg"},
            outputArtifacts=["ImageDetail"],
        ),
    ),
    stage("Release", action("Migrate", inputArtifacts=["ImageDetail"])),
)


def test_the_image_source_hands_on_the_digest_of_its_tag(account: Account) -> None:
    account.declare(*ECR)
    outputs = account.end(account.start()).action("Image").outputs
    assert outputs["ImageDigest"] == DIGEST
    assert outputs["ImageTag"] == "stg"
    detail = json.loads(unzipped(account.steps.calls[-1].get_artifact("ImageDetail"))["imageDetail.json"])
    assert detail == {
        "ImageSizeInBytes": "44728918",
        "ImageDigest": DIGEST,
        "Version": "1.0",
        "ImagePushedAt": "Mon Jan 21 20:04:00 UTC 2019",
        "RegistryId": "123456789012",
        "RepositoryName": "app",
        "ImageURI": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/app@{DIGEST}",
        "ImageTags": ["stg"],
    }, "file-reference.md: the URI is by digest"
    assert account.steps.calls[-1].inputs["ImageDetail"].revision == DIGEST


def test_an_overridden_image_has_no_tag(account: Account) -> None:
    account.declare(*ECR)
    execution = account.start(source_revisions=[SourceRevision("Image", "IMAGE_DIGEST", NEWER)])
    outputs = account.end(execution).action("Image").outputs
    assert outputs["ImageDigest"] == NEWER, "the pushed image is released, wherever the tag is by now"
    assert "ImageTag" not in outputs, "action-reference-ECR.md"


def test_a_tag_without_image_fails_the_source(account: Account) -> None:
    account.declare(*ECR)
    account.storage.tags.clear()
    failed = account.end(account.start()).action("Image")
    assert "stg was not found in repository app" in str(failed.error_message)


def test_a_fault_of_the_rehearsal_itself_is_not_taken_for_a_failed_action(account: Account) -> None:
    account.declare(
        stage("Source", action("Source", "Source", outputArtifacts=["Out"])), stage("B", action("Migrate"))
    )
    account.storage.puts = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        account.end(account.start())


TAGGED = {"RepositoryName": "app", "ImageTag": "stg"}
OWN_ROLE = "arn:aws:iam::123456789012:role/deployer"


def trust_of_own_role(account: Account, principal: dict[str, Any]) -> None:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    account.authority.put_role(OWN_ROLE, {"Statement": [trust]})


def test_an_action_with_a_role_of_its_own_acts_as_that_role_and_the_others_as_the_pipelines(
    account: Account,
) -> None:
    """codepipeline/latest/userguide/action-requirements.md, "roleArn": assumed through the pipeline's role."""
    trust_of_own_role(account, {"AWS": ROLE})
    build = action("Build", inputArtifacts=["App"], outputArtifacts=["Built"], roleArn=OWN_ROLE)
    account.declare(
        stage("Source", action("Source", "ECR", configuration=TAGGED, outputArtifacts=["App"])),
        stage("Release", build),
    )
    assert account.end(account.start()).status == "Succeeded"
    [call] = account.steps.calls
    assert (call.role_arn, call.credentials.role_arn) == (OWN_ROLE, OWN_ROLE)
    assert account.storage.callers == [ROLE, ROLE, OWN_ROLE], (
        "image and its artifact, then the build's artifact"
    )
    assert (ROLE, "sts:AssumeRole", OWN_ROLE, True) in account.authority.calls


def test_an_action_whose_role_the_pipeline_may_not_assume_fails_in_aws_words(account: Account) -> None:
    trust_of_own_role(account, {"Service": "codepipeline.amazonaws.com"})
    account.declare(SOURCE, stage("Release", action("Build", roleArn=OWN_ROLE)))
    failed = account.end(account.start()).action("Build")
    assert failed.error_code == "PermissionError"
    assert f"CodePipeline is not authorized to perform AssumeRole on role {OWN_ROLE}" in str(
        failed.error_message
    )
    assert account.steps.ran("Build") == [], "nothing may be done as the pipeline's role instead"


def test_a_revision_is_what_the_source_says_and_goes_on_with_what_is_made_of_it(account: Account) -> None:
    """Whatever the source: CODEBUILD_RESOLVED_SOURCE_VERSION is the artifact's revision (codebuild, build-env-ref-env-vars)."""
    account.steps.revision = "v-of-an-object"
    account.declare(
        stage("Source", action("Source", "Source", outputArtifacts=["App"])),
        stage("Release", action("Build", inputArtifacts=["App"], outputArtifacts=["Built"], runOrder=1),
              action("Deploy", inputArtifacts=["Built"], runOrder=2)),
    )  # fmt: skip
    assert account.end(account.start()).status == "Succeeded"
    seen = {call.action: [one.revision for one in call.inputs.values()] for call in account.steps.calls}
    assert seen == {"Source": [], "Build": ["v-of-an-object"], "Deploy": ["v-of-an-object"]}
