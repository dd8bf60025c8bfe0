"""The Lambda action gives out jobs, and an action is what their answers say (codepipeline/latest/userguide/action-reference-Lambda.md)."""

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codepipeline.actions.lambda_invoke import LambdaInvoke
from rehearsal.codepipeline.execution import Execution
from rehearsal.codepipeline.jobs import LARGEST_VARIABLES, Done, Failed, JobRefused, Jobs
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.identity.authority import AccessDenied
from rehearsal.lambda_.declared import Function, Logging, arn_of
from rehearsal.lambda_.service import InvokeRefused
from rehearsal.world.clock import Clock
from tests.rehearsal.build_world import allow
from tests.rehearsal.pipeline_world import ROLE, Account, action, stage

FAST = Clock(0.0005)
"""Twenty minutes pass in 0.6 seconds."""
PERMISSIONS = (
    allow("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:check"),
    allow("lambda:ListFunctions"),
)

Reaction = Callable[[Mapping[str, Any]], None]


@dataclass
class Queue:
    """Stands for Lambda: what is put in its queue, a test's own function reacts to."""

    account: Account
    events: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    reactions: list[Reaction] = field(default_factory=list[Reaction])

    def function(self, named: str) -> Function:
        if named != "check":
            raise InvokeRefused("ResourceNotFoundException", f"Function not found: {named}")
        arn = arn_of(self.account.cloud.place, named)
        return Function(named, arn, "role", "python3.13", "a.b", "x", Logging("/aws/lambda/check"))

    def queue(self, function: Function, payload: bytes) -> str:
        job = json.loads(payload)["CodePipeline.job"]
        self.events.append(job)
        if self.reactions:
            threading.Thread(target=self.reactions.pop(0), args=(job,)).start()
        return function.name


@dataclass
class World:
    """A pipeline whose second stage has one Lambda action, and one that reads what it says."""

    account: Account
    queue: Queue
    jobs: Jobs

    def allow(self, *statements: dict[str, Any]) -> None:
        self.account.authority.put_policy(ROLE, "own", {"Statement": list(statements)})

    def release(self, *reactions: Reaction, reads: Sequence[str] = (), **more: Any) -> Execution:
        self.queue.reactions = list(reactions)
        configuration = {
            "FunctionName": "check",
            "UserParameters": '{"step": "check"}',
            **more.pop("configuration", {}),
        }
        given = {"inputArtifacts": ["Image"], "namespace": "Checked", "runOrder": 1, **more}
        invoke = action(
            "Check", "Lambda", configuration={k: v for k, v in configuration.items() if v}, **given
        )
        source = stage("Source", action("Source", "Source", outputArtifacts=["Image"]))
        told = action("Told", runOrder=2, inputArtifacts=reads, configuration={"Said": "#{Checked.word}"})
        self.account.declare(source, stage("Release", invoke, told), **self.account_inputs)
        return self.account.end(self.account.start())

    account_inputs: dict[str, Any] = field(default_factory=dict[str, Any])

    def succeeds(self, **answer: Any) -> Reaction:
        return lambda job: self.jobs.answer(str(job["id"]), Done(**answer))

    def fails(self, kind: str, message: str) -> Reaction:
        return lambda job: self.jobs.answer(str(job["id"]), Failed(kind, message))


@pytest.fixture
def world(tmp_path: Path) -> Any:
    account = Account(tmp_path)
    account.cloud.clock = FAST
    queue, jobs = Queue(account), Jobs()
    invoke = LambdaInvoke(account.cloud, queue, jobs)  # pyright: ignore[reportArgumentType]
    account.engine = CodePipeline(account.cloud, {"Step": account.steps, "Lambda": invoke})
    with account.engine:
        made = World(account, queue, jobs)
        made.allow(*PERMISSIONS)
        yield made


def test_a_function_is_told_its_job_in_the_documented_form(world: World) -> None:
    """ "Example JSON event"."""
    world.account_inputs["artifactStores"] = [
        {"location": "bucket", "type": "S3", "encryptionKey": {"id": "key-1", "type": "KMS"}}
    ]
    world.account.steps.revision = "sha256:1"
    world.release(world.succeeds(variables={"word": "yes"}), outputArtifacts=["Templates"])
    (job,) = world.queue.events
    assert set(job) == {"id", "accountId", "data"}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", job["id"]), "API codepipeline.JobId"
    assert job["accountId"] == "123456789012"
    data = job["data"]
    assert data["actionConfiguration"] == {
        "configuration": {"FunctionName": "check", "UserParameters": '{"step": "check"}'}
    }
    (image,) = data["inputArtifacts"]
    assert (image["name"], image["revision"]) == ("Image", "sha256:1")
    assert image["location"]["type"] == "S3"
    stored = image["location"]["s3Location"]
    assert stored["bucketName"] == "bucket"
    assert stored["objectKey"] in world.account.storage.objects
    (templates,) = data["outputArtifacts"]
    assert templates["location"]["s3Location"]["objectKey"].startswith("a-pipeline-with-a-lo/Templates/")
    assert data["encryptionKey"] == {"id": "key-1", "type": "KMS"}
    assert "continuationToken" not in data, "there is none at first"


def test_the_credentials_of_a_job_reach_its_artifacts_and_nothing_else_of_the_role(world: World) -> None:
    """ "used to access input and output artifacts in the Amazon S3 bucket"."""
    world.allow(*PERMISSIONS, allow("s3:*"))
    world.release(world.succeeds(variables={"word": "yes"}), outputArtifacts=["Templates"])
    data = world.queue.events[0]["data"]
    authority = world.account.authority
    known = authority.credentials_of(data["artifactCredentials"]["accessKeyId"])
    assert known.session_token == data["artifactCredentials"]["sessionToken"]
    assert known.role_arn is not None
    image, templates = (
        f"arn:aws:s3:::bucket/{data[kind][0]['location']['s3Location']['objectKey']}"
        for kind in ("inputArtifacts", "outputArtifacts")
    )
    authority.authorize(known.role_arn, "s3:GetObject", image)
    authority.authorize(known.role_arn, "s3:PutObject", templates)
    for action_, resource in (
        ("s3:PutObject", image),
        ("s3:GetObject", "arn:aws:s3:::bucket/another"),
        ("lambda:ListFunctions", "*"),
    ):
        with pytest.raises(AccessDenied, match="because no session policy allows") as denied:
            authority.authorize(known.role_arn, action_, resource)
        assert denied.value.principal == "arn:aws:sts::123456789012:assumed-role/pipeline/rehearsal"
    assert authority.calls[-1].role_arn == ROLE, "CloudTrail names the role"


def test_what_a_function_says_is_read_by_later_actions(world: World) -> None:
    ended = world.release(world.succeeds(variables={"word": "yes"}))
    assert ended.status == "Succeeded"
    assert world.account.steps.calls[-1].configuration == {"Said": "yes"}


def test_an_artifact_that_the_function_stores_is_where_later_actions_look(world: World) -> None:
    def store(job: Mapping[str, Any]) -> None:
        where = job["data"]["outputArtifacts"][0]["location"]["s3Location"]
        world.account.storage.objects[where["objectKey"]] = b"stored by the function"
        world.jobs.answer(str(job["id"]), Done({"word": "yes"}))

    assert world.release(store, outputArtifacts=["Out"], reads=["Out"]).status == "Succeeded"
    assert world.account.steps.calls[-1].get_artifact("Out") == b"stored by the function"


def test_what_a_function_says_of_its_success_is_the_actions_summary(world: World) -> None:
    """API_ExecutionDetails.md; shown as `summary` (API_ActionExecution.md) and `externalExecutionSummary`."""
    said = {"summary": "checked: images", "external_id": "request-1"}
    ran = world.release(world.succeeds(variables={"word": "yes"}, **said)).action("Check")
    assert (ran.summary, ran.external_id) == ("checked: images", "request-1")
    told = [entry.message for entry in world.account.cloud.journal.entries("CodePipeline")]
    assert "action Check Succeeded: checked: images" in told


def test_a_failure_is_the_functions_own_words(world: World) -> None:
    ended = world.release(world.fails("ConfigurationError", "the secret is not there; make it"))
    failed = ended.action("Check")
    assert (failed.error_code, failed.error_message) == (
        "ConfigurationError",
        "the secret is not there; make it",
    )
    assert world.account.steps.ran("Told") == [], "nothing after it runs"


def test_a_continued_job_is_given_out_again_with_its_token_and_another_id(world: World) -> None:
    """actions-invoke-lambda-function.md: "when a new job is scheduled to continue the current execution"."""
    again = world.succeeds(continuation_token='{"seen": 1}', summary="waiting for it")
    ended = world.release(again, again, world.succeeds(variables={"word": "yes"}))
    assert ended.status == "Succeeded"
    tokens = [job["data"].get("continuationToken") for job in world.queue.events]
    assert tokens == [None, '{"seen": 1}', '{"seen": 1}']
    assert len({job["id"] for job in world.queue.events}) == 3
    told = [entry.message for entry in world.account.cloud.journal.entries("CodePipeline")]
    assert told.count("action Check goes on: waiting for it") == 2, "the timeline says what it waits for"


def test_twenty_minutes_of_silence_fail_the_action_and_a_late_answer_is_not_taken(world: World) -> None:
    """limits.md: "has sent no reply after 20 minutes, the action times out"."""
    before = FAST.now()
    ended = world.release()
    assert 1200 <= FAST.now() - before < 1400
    failed = ended.action("Check")
    assert failed.error_code == "JobFailed"
    assert "The AWS Lambda function check failed to return a result." in str(failed.error_message)
    with pytest.raises(JobRefused) as late:
        world.jobs.answer(str(world.queue.events[0]["id"]), Done())
    assert late.value.code == "InvalidJobStateException"


def test_an_action_that_is_continued_for_a_day_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """limits.md: "not successful after 24 hours"."""
    monkeypatch.setattr("rehearsal.codepipeline.actions.lambda_invoke.LONGEST", 100.0)
    ended = world.release(*[world.succeeds(continuation_token="more")] * 20)
    assert "still in progress" in str(ended.action("Check").error_message)
    assert 2 <= len(world.queue.events) <= 5


def test_a_job_takes_one_answer_and_one_that_nobody_was_given_none() -> None:
    jobs = Jobs()
    job = jobs.open()
    jobs.answer(job, Failed("JobFailed", "first"))
    for second in (Done(), Failed("JobFailed", "second")):
        with pytest.raises(JobRefused) as refused:
            jobs.answer(job, second)
        assert refused.value.code == "InvalidJobStateException"
    assert jobs.wait(job, FAST, 10) == Failed("JobFailed", "first"), "the first one counts"
    with pytest.raises(JobRefused) as unknown:
        jobs.answer("11111111-abcd-1111-abcd-111111abcdef", Done())
    assert unknown.value.code == "JobNotFoundException"


def test_variables_go_with_the_last_answer_only_and_have_a_largest_size() -> None:
    jobs = Jobs()
    job = jobs.open()
    with pytest.raises(JobRefused, match="only when there is no continuationToken") as both:
        jobs.answer(job, Done({"a": "b"}, "token"))
    assert both.value.code == "ValidationException"
    with pytest.raises(JobRefused) as large:
        jobs.answer(job, Done({"a": "x" * LARGEST_VARIABLES}))
    assert large.value.code == "OutputVariablesSizeExceededException"
    jobs.answer(job, Done({"a": "x" * (LARGEST_VARIABLES - 1)}))


@pytest.mark.parametrize("missing", ["InvokeFunction", "ListFunctions"])
def test_the_pipelines_role_needs_both_documented_permissions(world: World, missing: str) -> None:
    """actions-invoke-lambda-function.md, step 1, note."""
    world.allow(*[one for one in PERMISSIONS if missing not in one["Action"]])
    failed = world.release(world.succeeds()).action("Check")
    assert failed.error_code == "PermissionError"
    assert f"not authorized to perform: lambda:{missing}" in str(failed.error_message)
    assert world.queue.events == [], "nothing was invoked"


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"FunctionName": ""}, "FunctionName is missing"),
        ({"FunctionName": "absent"}, "not authorized to perform: lambda:InvokeFunction"),
        ({"Qualifier": "live"}, "Qualifier is unknown"),
    ],
)
def test_a_configuration_that_codepipeline_does_not_take_fails_the_action(
    world: World, configuration: dict[str, str], message: str
) -> None:
    failed = world.release(configuration=configuration).action("Check")
    assert message in str(failed.error_message)


def test_a_function_that_is_not_there_fails_the_action_by_name(world: World) -> None:
    world.allow(allow(["lambda:InvokeFunction", "lambda:ListFunctions"]))
    failed = world.release(configuration={"FunctionName": "absent"}).action("Check")
    assert (failed.error_code, failed.error_message) == (
        "ConfigurationError",
        "FunctionName absent: Function not found: absent",
    )


def test_a_stopped_execution_gives_out_no_more_jobs(world: World) -> None:
    def stop(job: Mapping[str, Any]) -> None:
        (running,) = world.account.engine.executions("a-pipeline-with-a-long-name")
        world.account.engine.stop(running.id, abandon=True)
        world.jobs.answer(str(job["id"]), Done(continuation_token="more"))

    assert world.release(stop).status == "Stopped"
    threading.Event().wait(0.1)
    assert len(world.queue.events) == 1
