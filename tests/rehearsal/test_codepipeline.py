"""Executions move as codepipeline/latest/userguide documents: locks, modes, approvals, stops."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codepipeline import declared
from rehearsal.codepipeline.actions.manual_approval import ManualApproval
from rehearsal.codepipeline.execution import ActionCall, SourceRevision, StartRefused
from rehearsal.codepipeline.service import QUEUED_LIMIT, CodePipeline
from rehearsal.codepipeline.stage_locks import Transition
from tests.rehearsal.pipeline_world import DIGEST, NAME, PATIENCE, SOURCE, Account, action, stage


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


APPROVED = (SOURCE, stage("Approve", action("Ask", "Manual")), stage("Release", action("Migrate")))


@pytest.mark.parametrize(("approved", "status"), [(True, "Succeeded"), (False, "Failed")])
def test_an_approval_decides(account: Account, approved: Any, status: str) -> None:
    account.declare(*APPROVED)
    execution = account.start()
    account.engine.approvals.decide(execution, approved=approved, comment="not today", timeout=PATIENCE)
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
    account.engine.change_transition(NAME, "Release", Transition(enabled=False, reason="frozen"))
    first = account.start()
    account.steps.wait("Source", first)
    second = account.start()
    assert account.end(first).status == "Superseded"
    assert account.steps.ran("Migrate") == []
    account.engine.change_transition(NAME, "Release", Transition())
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
