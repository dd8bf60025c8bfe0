"""Executions move as codepipeline/latest/userguide documents: locks, modes, variables, approvals, stops."""

import io
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.codepipeline import declared
from rehearsal.codepipeline.actions.ecr_source import EcrSource
from rehearsal.codepipeline.actions.manual_approval import ManualApproval
from rehearsal.codepipeline.execution import ActionCall, ActionFailed, Execution, SourceRevision, StartRefused
from rehearsal.codepipeline.service import QUEUED_LIMIT, CodePipeline
from rehearsal.codepipeline.variables import UnresolvedVariable, resolve
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal
from rehearsal.world.zips import unzipped, zipped

PATIENCE = 5.0
ROLE = "arn:aws:iam::123456789012:role/pipeline"
NAME = "a-pipeline-with-a-long-name"
DIGEST = "sha256:" + "a" * 64
NEWER = "sha256:" + "b" * 64


class Steps:
    """An action provider whose every run waits until the test lets it go on."""

    def __init__(self) -> None:
        self.entered: list[tuple[str, str]] = []
        self.calls: list[ActionCall] = []
        self.outputs: dict[str, Mapping[str, str]] = {}
        self.failing: set[str] = set()
        self.held: set[str] = set()
        self.revision: str | None = None
        """What the source says it found."""
        self.changed = threading.Condition()

    def run(self, call: ActionCall) -> Mapping[str, str]:
        with self.changed:
            self.entered.append((call.action, call.execution_id))
            self.calls.append(call)
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: call.action not in self.held, PATIENCE)
        revision = self.revision if call.action == "Source" else None
        for name in call.outputs:
            call.put_artifact(name, zipped({"from": call.action.encode()}), revision=revision)
        if call.action in self.failing:
            raise ActionFailed("JobFailed", f"{call.action} did not work")
        return self.outputs.get(call.action, {})

    def release(self, action: str) -> None:
        with self.changed:
            self.held.discard(action)
            self.changed.notify_all()

    def wait(self, action: str, execution: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: (action, execution) in self.entered, PATIENCE), self.entered

    def ran(self, action: str) -> list[str]:
        return [execution for name, execution in self.entered if name == action]


class Storage:
    """Stands for S3 and ECR."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts: list[dict[str, Any]] = []
        self.tags = {"stg": DIGEST}
        self.refuse = False
        self.callers: list[str] = []
        """As which role each client was asked for."""

    def put_object(self, **put: Any) -> dict[str, str]:
        if self.refuse:
            text = "User: x is not authorized to perform: s3:PutObject on resource: y"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": text}}, "PutObject")
        self.puts.append(put)
        self.objects[put["Key"]] = put["Body"]
        return {"VersionId": "1"}

    def get_object(self, **get: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[get["Key"]])}

    def describe_images(self, **asked: Any) -> dict[str, Any]:
        (image,) = asked["imageIds"]
        digest = image.get("imageDigest") or self.tags.get(image["imageTag"])
        if digest not in (DIGEST, NEWER):
            raise ClientError(
                {"Error": {"Code": "ImageNotFoundException", "Message": "none"}}, "DescribeImages"
            )
        pushed = datetime(2019, 1, 21, 20, 4, tzinfo=UTC)
        detail = {
            "imageDigest": digest,
            "imageTags": ["stg"],
            "imageSizeInBytes": 44728918,
            "imagePushedAt": pushed,
        }
        return {"imageDetails": [{**detail, "registryId": "123456789012", "repositoryName": "app"}]}


class CloudWithStorage(Cloud):
    """A cloud whose services are the storage."""

    storage: Storage

    def client(self, service: str, credentials: Any = None, region: str = "") -> Any:
        self.storage.callers.append(credentials.role_arn)
        return self.storage


def action(name: str, provider: str = "Step", **more: Any) -> dict[str, Any]:
    category = "Source" if provider in ("Source", "ECR") else "Approval" if provider == "Manual" else "Build"
    provider = "Step" if provider == "Source" else provider
    return {"name": name, "category": category, "owner": "AWS", "provider": provider, "version": "1", **more}


def stage(name: str, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "actions": list(actions), **more}


SOURCE = stage("Source", action("Source", "Source"))


class Account:
    """One pipeline, its role and its engine."""

    def __init__(self, scratch: Path) -> None:
        self.authority = Authority()
        self.cloud = CloudWithStorage("http://127.0.0.1:1", self.authority, Journal(), scratch)
        self.storage = self.cloud.storage = Storage()
        principal = {"Service": "codepipeline.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        self.authority.put_role(ROLE, {"Statement": [trust]})
        self.steps = Steps()
        self.now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
        providers = {"Step": self.steps, "ECR": EcrSource(self.cloud)}
        self.engine = CodePipeline(self.cloud, providers, now=lambda: self.now)

    def declare(self, *stages: dict[str, Any], mode: str = "SUPERSEDED", **more: Any) -> None:
        inputs = {
            "name": NAME,
            "roleArn": ROLE,
            "pipelineType": "V2",
            "executionMode": mode,
            "artifactStores": [{"location": "bucket", "type": "S3"}],
            "stages": list(stages),
            **more,
        }
        self.cloud.add(Declared("urn:p", declared.PIPELINE_TYPE, "p", NAME, inputs, inputs))

    def start(self, **how: Any) -> str:
        return self.engine.start(NAME, **how)

    def end(self, execution: str) -> Execution:
        return self.engine.wait(execution, PATIENCE)


@pytest.fixture
def account(tmp_path: Path) -> Any:
    account = Account(tmp_path)
    with account.engine:
        yield account


def test_a_waiting_execution_is_superseded_and_a_running_one_never(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")))
    account.steps.held = {"Migrate"}
    first = account.start()
    account.steps.wait("Migrate", first)
    second, third = account.start(), account.start()
    assert account.end(second).status == "Superseded", (
        "a more recent execution overtakes the waiting one (rule 3)"
    )
    account.steps.release("Migrate")
    assert account.end(first).status == "Succeeded", "executions are only superseded in between stages"
    assert account.end(third).status == "Succeeded"
    assert account.steps.ran("Migrate") == [first, third]


def test_while_the_source_stage_is_locked_the_latest_start_waits(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")))
    account.steps.held = {"Source"}
    started = [account.start() for _ in range(4)]
    account.steps.release("Source")
    statuses = [account.end(execution).status for execution in started]
    assert statuses == ["Succeeded", "Superseded", "Superseded", "Succeeded"]


def test_queued_executions_keep_their_order(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")), mode="QUEUED")
    account.steps.held = {"Migrate"}
    started = [account.start() for _ in range(4)]
    account.steps.wait("Migrate", started[0])
    account.steps.release("Migrate")
    assert [account.end(execution).status for execution in started] == ["Succeeded"] * 4
    assert account.steps.ran("Migrate") == started, "waiting executions do not overtake"


def test_two_executions_are_never_in_one_stage(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")), mode="QUEUED")
    account.steps.held = {"Migrate"}
    first, second = account.start(), account.start()
    account.steps.wait("Migrate", first)
    account.steps.wait("Source", second)
    assert account.steps.ran("Migrate") == [first], "the stage is locked while an execution is in it (rule 1)"


def test_parallel_executions_do_not_wait(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")), mode="PARALLEL")
    account.steps.held = {"Migrate"}
    for execution in [account.start(), account.start()]:
        account.steps.wait("Migrate", execution)


def test_a_queued_pipeline_fails_what_exceeds_its_limit(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")), mode="QUEUED")
    account.steps.held = {"Source"}
    for _ in range(QUEUED_LIMIT):
        account.start()
    over = account.end(account.start())
    assert (over.status, over.summary) == ("Failed", ""), "troubleshooting.md: fails without a status message"


def test_a_failure_releases_the_stage(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate"), action("Deploy", runOrder=2)))
    account.steps.failing, account.steps.held = {"Migrate"}, {"Migrate"}
    first = account.start()
    account.steps.wait("Migrate", first)
    second = account.start()
    account.steps.release("Migrate")
    failed = account.end(first)
    assert failed.status == "Failed"
    assert failed.action("Migrate").error_code == "JobFailed"
    assert failed.action("Migrate").error_message == "Migrate did not work"
    account.steps.wait("Migrate", second)
    account.end(second)
    assert account.steps.ran("Deploy") == [], "no action of a higher run order starts after a failure"


def test_actions_of_one_run_order_run_at_the_same_time(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("A"), action("B"), action("After", runOrder=2)))
    account.steps.held, account.steps.failing = {"A", "B"}, {"A"}
    execution = account.start()
    account.steps.wait("A", execution)
    account.steps.wait("B", execution)
    account.steps.release("A")
    account.steps.release("B")
    ended = account.end(execution)
    assert ended.action("B").status == "Succeeded", "a failed neighbor does not stop it"
    assert account.steps.ran("After") == []


def test_a_stage_that_may_is_retried_once(account: Account) -> None:
    retry = {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}
    account.declare(SOURCE, stage("Release", action("A"), action("B", runOrder=2), onFailure=retry))
    account.steps.failing = {"B"}
    execution = account.start()
    assert account.end(execution).status == "Failed"
    ran = [name for name, _ in account.steps.entered]
    assert ran == ["Source", "A", "B", "B"], "stage-retry.md: one automatic attempt, of the failed actions"


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


def _two(first: dict[str, Any], second: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        stage("Source", action("Source", "Source", **first)),
        stage("Release", action("Migrate", **second)),
    ]


@pytest.mark.parametrize(
    ("stages", "reason"),
    [
        (_two({}, {"configuration": {"A": "x" * 1001}}), "1001 characters"),
        (_two({}, {"namespace": "Own", "configuration": {"A": "#{Own.x}"}}), "does not exist before"),
        (_two({}, {"configuration": {"A": "#{variables.NONE}"}}), "does not declare"),
        (_two({"configuration": {"A": "#{variables.V}"}}, {}), "not supported in source actions"),
        (_two({"namespace": "variables"}, {}), "reserved"),
        (_two({"namespace": "Out", "outputArtifacts": ["Out"]}, {}), "conflicts with the artifact"),
        (_two({"namespace": "N"}, {"namespace": "N"}), "declared by one action only"),
        (_two({}, {"inputArtifacts": ["Nothing"]}), "is an output of an action that runs before"),
        ([SOURCE], "at least 2 stages"),
        ([stage("Release", action("Migrate")), SOURCE], "source actions only"),
    ],
)
def test_a_pipeline_that_aws_refuses_is_refused(
    account: Account, stages: list[dict[str, Any]], reason: str
) -> None:
    account.declare(*stages, variables=[{"name": "V", "defaultValue": "1"}])
    with pytest.raises(declared.InvalidStructure, match=reason):
        account.start()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"source_revisions": [SourceRevision("Migrate", "IMAGE_DIGEST", DIGEST)]}, "source actions are"),
        ({"source_revisions": [SourceRevision("Image", "COMMIT_ID", DIGEST)]}, "does not go with ECR"),
        ({"source_revisions": [SourceRevision("Image", "IMAGE_DIGEST", "")]}, "is empty"),
        ({"variables": {"UNKNOWN": "1", "NEEDED": "1"}}, "are not declared"),
        ({}, "have no default value"),
    ],
)
def test_a_wrong_start_makes_no_execution(account: Account, how: dict[str, Any], reason: str) -> None:
    image = action("Image", "ECR", configuration={"RepositoryName": "app"}, outputArtifacts=["ImageDetail"])
    account.declare(
        stage("Source", image), stage("Release", action("Migrate")), variables=[{"name": "NEEDED"}]
    )
    with pytest.raises(StartRefused, match=reason) as refused:
        account.start(**{"variables": {"NEEDED": "1"} if how else {}, **how})
    assert refused.value.code == "ValidationException"
    assert account.engine.executions(NAME) == []


def test_an_unknown_pipeline_is_not_found(account: Account) -> None:
    with pytest.raises(StartRefused) as refused:
        account.engine.start("other")
    assert refused.value.code == "PipelineNotFoundException"


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


APPROVED = (SOURCE, stage("Approve", action("Ask", "Manual")), stage("Release", action("Migrate")))


@pytest.mark.parametrize(("approved", "status"), [(True, "Succeeded"), (False, "Failed")])
def test_an_approval_decides(account: Account, approved: Any, status: str) -> None:
    account.declare(*APPROVED)
    execution = account.start()
    account.engine.approve(execution, approved=approved, comment="not today", timeout=PATIENCE)
    ended = account.end(execution)
    assert ended.status == status
    if not approved:
        assert "not today" in str(ended.action("Ask").error_message)


def test_a_rehearsal_may_approve_by_itself(account: Account) -> None:
    account.declare(*APPROVED)
    asked: list[str] = []

    def approver(call: ActionCall) -> bool:
        asked.append(call.action)
        return True

    engine = CodePipeline(
        account.cloud, {"Step": account.steps, "Manual": ManualApproval(account.cloud, approver)}
    )
    assert engine.wait(engine.start(NAME), PATIENCE).status == "Succeeded"
    assert asked == ["Ask"]


def test_an_approval_that_nobody_gives_ends_at_its_timeout(account: Account) -> None:
    account.declare(SOURCE, stage("Approve", action("Ask", "Manual", timeoutInMinutes=0.01)))
    assert account.end(account.start()).action("Ask").error_code == "TimeoutError"


def test_stop_and_wait_lets_the_running_action_finish(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate"), action("Deploy", runOrder=2)))
    account.steps.held = {"Migrate"}
    execution = account.start()
    account.steps.wait("Migrate", execution)
    account.engine.stop(execution, reason="wrong image")
    assert account.engine.execution(execution).status == "Stopping"
    account.steps.release("Migrate")
    ended = account.end(execution)
    assert (ended.status, ended.summary) == ("Stopped", "wrong image")
    assert ended.action("Migrate").status == "Succeeded"
    assert account.steps.ran("Deploy") == []


def test_stop_and_abandon_frees_the_stage_at_once(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")))
    account.steps.held = {"Migrate"}
    first = account.start()
    account.steps.wait("Migrate", first)
    account.engine.stop(first, abandon=True)
    ended = account.end(first)
    assert (ended.status, ended.action("Migrate").status) == ("Stopped", "Abandoned")
    second = account.start()
    account.steps.wait("Migrate", second)  # while the abandoned one still runs: AWS warns of exactly this


def test_a_disabled_transition_holds_the_newest_execution(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")))
    account.engine.disable_transition(NAME, "Release", "frozen")
    first = account.start()
    account.steps.wait("Source", first)
    second = account.start()
    assert account.end(first).status == "Superseded"
    assert account.steps.ran("Migrate") == []
    account.engine.enable_transition(NAME, "Release")
    assert account.end(second).status == "Succeeded"


WINDOW = {
    "condition": {
        "result": "FAIL",
        "rules": [
            {
                "name": "Hours",
                "ruleTypeId": {
                    "category": "Rule",
                    "owner": "AWS",
                    "provider": "DeploymentWindow",
                    "version": "1",
                },
                "configuration": {"Cron": "0 * 9-17 ? * MON-FRI *", "TimeZone": "UTC+02:00"},
            }
        ],
    }
}


@pytest.mark.parametrize(
    ("hour", "status"), [(7, "Succeeded"), (15, "Succeeded"), (16, "Failed"), (6, "Failed")]
)
def test_a_stage_is_entered_in_its_window_only(account: Account, hour: int, status: str) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate"), beforeEntry=WINDOW))
    account.now = datetime(2026, 5, 4, hour, 30, tzinfo=UTC)  # a Monday
    ended = account.end(account.start())
    assert ended.status == status
    if status == "Failed":
        assert "outside the deployment window" in ended.summary


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


def test_the_journal_tells_what_happened(account: Account) -> None:
    account.declare(SOURCE, stage("Release", action("Migrate")))
    account.end(account.start())
    told = [entry.message for entry in account.cloud.journal.entries("CodePipeline")]
    assert told == [
        "execution started by StartPipelineExecution",
        "stage Source entered",
        "action Source started",
        "action Source Succeeded",
        "stage Source succeeded",
        "stage Release entered",
        "action Migrate started",
        "action Migrate Succeeded",
        "execution Succeeded",
    ]


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
