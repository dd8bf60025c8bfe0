"""Executions steered by hand through CodePipeline's API: held, stopped, retried, approved."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rehearsal.endpoint_world import Endpoint, endpoint, refused
from tests.rehearsal.pipeline_api_world import ID, RULE, SHORT, STAGES, Pipelines, running_pipelines
from tests.rehearsal.pipeline_world import action, stage


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with endpoint(tmp_path_factory.mktemp("endpoint"), bucket="artifacts") as made:
        yield made


@pytest.fixture
def pipelines(there: Endpoint) -> Iterator[Pipelines]:
    with running_pipelines(there) as made:
        yield made


def test_a_disabled_transition_holds_executions_and_says_who_did_it_and_why(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop", *SHORT)
    door = {"pipelineName": name, "stageName": "Release", "transitionType": "Inbound"}
    pipelines.client.disable_stage_transition(**door, reason="frozen")
    execution = pipelines.start(name)
    states = pipelines.until(name, lambda states: "inboundExecution" in states["Release"])
    held = states["Release"]["inboundTransitionState"]
    assert (held["enabled"], held["disabledReason"]) == (False, "frozen")
    assert held["lastChangedBy"] == "arn:aws:iam::123456789012:root"
    assert abs(datetime.now(UTC) - held["lastChangedAt"]) < timedelta(seconds=60)
    pipelines.client.enable_stage_transition(**door)
    assert pipelines.end(execution) == "Succeeded"
    shown = pipelines.states(name)["Release"]["inboundTransitionState"]
    assert shown["enabled"]
    assert "disabledReason" not in shown


def test_an_execution_is_stopped_once_and_may_then_be_abandoned(pipelines: Pipelines) -> None:
    """concepts-how-it-works.md, "How pipeline executions are stopped"."""
    name = pipelines.declare("shop", *SHORT)
    pipelines.steps.held = {"Migrate"}
    execution = pipelines.start(name)
    pipelines.steps.wait("Migrate", execution)
    stop = {"pipelineName": name, "pipelineExecutionId": execution}
    answer = pipelines.client.stop_pipeline_execution(**stop, reason="wrong image")
    assert answer["pipelineExecutionId"] == execution
    assert (
        refused(pipelines.client.stop_pipeline_execution, **stop)["Code"] == "DuplicatedStopRequestException"
    )
    pipelines.client.stop_pipeline_execution(**stop, abandon=True, reason="at once")
    assert pipelines.end(execution) == "Stopped"
    (summary,) = pipelines.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    assert summary["stopTrigger"] == {"reason": "at once"}
    again = refused(pipelines.client.stop_pipeline_execution, **stop, abandon=True)
    assert again["Code"] == "PipelineExecutionNotStoppableException"
    pipelines.steps.release("Migrate")


def test_a_failed_stage_is_retried_where_it_failed(pipelines: Pipelines) -> None:
    """stage-retry.md: the same execution goes on, and its history is kept."""
    first, second = action("Prepare"), action("Migrate", runOrder=2)
    name = pipelines.declare(
        "shop", SHORT[0], stage("Release", first, second), stage("After", action("Tell"))
    )
    pipelines.steps.failing = {"Migrate"}
    execution = pipelines.start(name)
    assert pipelines.end(execution) == "Failed"
    pipelines.steps.failing, pipelines.steps.held = set(), {"Migrate"}
    again = {"pipelineName": name, "stageName": "Release", "pipelineExecutionId": execution}
    answer = pipelines.client.retry_stage_execution(**again, retryMode="FAILED_ACTIONS")
    assert answer["pipelineExecutionId"] == execution
    error = refused(pipelines.client.retry_stage_execution, **again, retryMode="FAILED_ACTIONS")
    assert error["Code"] == "StageNotRetryableException", "another retry is in progress"
    pipelines.steps.release("Migrate")
    assert pipelines.end(execution) == "Succeeded"
    assert [one for one, _ in pipelines.steps.entered] == ["Source", "Prepare", "Migrate", "Migrate", "Tell"]
    metadata = pipelines.states(name)["Release"]["retryStageMetadata"]
    assert metadata == {
        "manualStageRetryAttempt": 1,
        "latestRetryTrigger": "ManualStageRetry",
    }
    listed = pipelines.client.list_action_executions
    every = listed(pipelineName=name, filter={"pipelineExecutionId": execution})["actionExecutionDetails"]
    assert [one["actionName"] for one in every] == ["Tell", "Migrate", "Migrate", "Prepare", "Source"]
    latest = {"latestInPipelineExecution": {"pipelineExecutionId": execution, "startTimeRange": "Latest"}}
    kept = listed(pipelineName=name, filter=latest)["actionExecutionDetails"]
    assert [one["status"] for one in kept if one["actionName"] == "Migrate"] == ["Succeeded"]


def test_all_actions_of_a_stopped_stage_are_run_again_where_that_is_asked_for(pipelines: Pipelines) -> None:
    name = pipelines.declare(
        "shop", SHORT[0], stage("Release", action("Prepare"), action("Migrate", runOrder=2))
    )
    pipelines.steps.held = {"Migrate"}
    execution = pipelines.start(name)
    pipelines.steps.wait("Migrate", execution)
    stop = {"pipelineName": name, "pipelineExecutionId": execution, "abandon": True}
    pipelines.client.stop_pipeline_execution(**stop)
    assert pipelines.end(execution) == "Stopped"
    pipelines.steps.release("Migrate")
    again = {"pipelineName": name, "stageName": "Release", "pipelineExecutionId": execution}
    pipelines.client.retry_stage_execution(**again, retryMode="ALL_ACTIONS")
    assert pipelines.end(execution) == "Succeeded"
    assert [one for one, _ in pipelines.steps.entered] == [
        "Source",
        "Prepare",
        "Migrate",
        "Prepare",
        "Migrate",
    ]
    (summary,) = pipelines.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    assert "stopTrigger" not in summary, "it was not stopped this time"


def test_a_stage_that_a_later_execution_entered_is_not_retried_for_an_earlier_one(
    pipelines: Pipelines,
) -> None:
    name = pipelines.declare("shop", *SHORT)
    pipelines.steps.failing = {"Migrate"}
    first, second = pipelines.start(name), None
    pipelines.end(first)
    second = pipelines.start(name)
    pipelines.end(second)
    again = {"pipelineName": name, "retryMode": "FAILED_ACTIONS", "pipelineExecutionId": first}
    retry = pipelines.client.retry_stage_execution
    assert refused(retry, **again, stageName="Release")["Code"] == "NotLatestPipelineExecutionException"
    assert refused(retry, **again, stageName="Nowhere")["Code"] == "StageNotFoundException"
    of_second = {**again, "pipelineExecutionId": second}
    assert refused(retry, **of_second, stageName="Source")["Code"] == "StageNotRetryableException"
    unknown = {**again, "pipelineExecutionId": ID}
    assert refused(retry, **unknown, stageName="Release")["Code"] == "StageNotRetryableException"
    pipelines.declare(name, SHORT[0], stage("Release", action("Migrate", runOrder=3)))
    changed = refused(retry, **of_second, stageName="Release")
    assert changed["Code"] == "StageNotRetryableException"
    assert "the pipeline was changed since" in changed["Message"]


@pytest.mark.parametrize(("status", "ends"), [("Approved", "Succeeded"), ("Rejected", "Failed")])
def test_an_approval_is_answered_by_its_token_once(pipelines: Pipelines, status: str, ends: str) -> None:
    name = pipelines.declare("shop")
    execution = pipelines.start(name)
    token = pipelines.token(name)
    pipelines.steps.held = {"Migrate"}
    answer = pipelines.approve(name, token=token, result={"summary": "as said", "status": status})
    assert abs(datetime.now(UTC) - answer["approvedAt"]) < timedelta(seconds=60)
    given: dict[str, Any] = {"result": {"summary": "again", "status": "Approved"}, "token": token}
    assert refused(pipelines.approve, name=name, **given)["Code"] == "ApprovalAlreadyCompletedException"
    pipelines.steps.release("Migrate")
    assert pipelines.end(execution) == ends
    shown = pipelines.states(name)["Approve"]["actionStates"][0]["latestExecution"]
    assert (shown["summary"], shown["lastUpdatedBy"]) == ("as said", "arn:aws:iam::123456789012:root")
    assert "token" not in shown, "there is nothing left to answer"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"token": ID}, "InvalidApprovalTokenException"),
        ({"token": "short"}, "ValidationException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"actionName": "Nothing"}, "ActionNotFoundException"),
        ({"stageName": "Release", "actionName": "Deploy"}, "InvalidApprovalTokenException"),
        ({"pipelineName": "another"}, "PipelineNotFoundException"),
        ({"result": {"summary": "", "status": "Maybe"}}, "ValidationException"),
    ],
)
def test_an_answer_to_no_approval_is_refused(pipelines: Pipelines, how: Mapping[str, Any], code: str) -> None:
    name = pipelines.declare("shop")
    pipelines.start(name)
    assert refused(pipelines.approve, name=name, **how)["Code"] == code


def test_in_parallel_mode_an_approval_s_token_is_its_external_id(pipelines: Pipelines) -> None:
    """API_PutApprovalResult.md, "token"."""
    name = pipelines.declare("shop", *STAGES, mode="PARALLEL")
    execution = pipelines.start(name)
    wanted = {"pipelineName": name, "filter": {"pipelineExecutionId": execution}}

    def ask(_: Any) -> str:
        found = pipelines.client.list_action_executions(**wanted)["actionExecutionDetails"]
        result = next((one["output"]["executionResult"] for one in found if one["actionName"] == "Ask"), {})
        return str(result.get("externalExecutionId", ""))

    pipelines.until(name, ask)
    assert "token" not in pipelines.states(name)["Approve"]["actionStates"][0]["latestExecution"]
    pipelines.approve(name, token=ask(None))
    assert pipelines.end(execution) == "Succeeded"


def test_an_outbound_transition_is_refused_by_name(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop")
    door = {"pipelineName": name, "stageName": "Source", "transitionType": "Outbound"}
    error = refused(pipelines.client.enable_stage_transition, **door)
    assert error["Code"] == "NotImplemented"
    assert "transitionType Outbound: the rehearsal plays Inbound" in error["Message"]


CLOSED = {**RULE, "name": "Closed", "configuration": {"Cron": "* * * ? * * 1999"}, "region": "us-east-1"}


def test_a_stage_shows_which_rule_of_its_condition_kept_an_execution_out(pipelines: Pipelines) -> None:
    """API_StageConditionState.md, API_RuleExecutionDetail.md; a condition fails with any of its rules (concepts-how-it-works-conditions)."""
    entry = {"condition": {"result": "FAIL", "rules": [RULE, CLOSED]}}
    name = pipelines.declare("shop", SHORT[0], stage("Release", action("Migrate"), beforeEntry=entry))
    before = pipelines.states(name)["Release"]["beforeEntryConditionState"]
    assert before == {"conditionStates": [{"ruleStates": [{"ruleName": "Hours"}, {"ruleName": "Closed"}]}]}
    first = pipelines.start(name)
    assert pipelines.end(first) == "Failed"
    state = pipelines.states(name)["Release"]
    told = state["beforeEntryConditionState"]
    assert told["latestExecution"]["status"] == "Failed"
    (condition,) = told["conditionStates"]
    hours, closed = (one["latestExecution"] for one in condition["ruleStates"])
    assert (hours["status"], closed["status"]) == ("Succeeded", "Failed")
    assert "outside the deployment window '* * * ? * * 1999'" in closed["errorDetails"]["message"]
    assert told["latestExecution"]["summary"] == closed["summary"]
    second = pipelines.start(name)
    pipelines.end(second)
    listed = pipelines.client.list_rule_executions
    found = listed(pipelineName=name)["ruleExecutionDetails"]
    assert [(one["pipelineExecutionId"], one["ruleName"]) for one in found] == [
        (second, "Closed"),
        (second, "Hours"),
        (first, "Closed"),
        (first, "Hours"),
    ]
    (kept, _) = listed(pipelineName=name, filter={"pipelineExecutionId": first})["ruleExecutionDetails"]
    assert kept["ruleExecutionId"] == closed["ruleExecutionId"]
    assert kept["input"]["configuration"] == CLOSED["configuration"]
    assert (kept["input"]["ruleTypeId"]["provider"], kept["input"]["region"]) == (
        "DeploymentWindow",
        "us-east-1",
    )
    assert kept["output"]["executionResult"]["externalExecutionSummary"] == closed["summary"]


def test_a_stage_without_a_condition_shows_none(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop", *SHORT)
    pipelines.end(pipelines.start(name))
    assert "beforeEntryConditionState" not in pipelines.states(name)["Release"]
    assert pipelines.client.list_rule_executions(pipelineName=name)["ruleExecutionDetails"] == []


def test_a_stage_whose_condition_was_not_met_is_not_retried(pipelines: Pipelines) -> None:
    """stage-retry.md: a stage is retried when all of its actions failed or some did; here none ran."""
    entry = {"condition": {"result": "FAIL", "rules": [CLOSED]}}
    name = pipelines.declare("shop", SHORT[0], stage("Release", action("Migrate"), beforeEntry=entry))
    execution = pipelines.start(name)
    pipelines.end(execution)
    asked = {"pipelineName": name, "stageName": "Release", "pipelineExecutionId": execution}
    error = refused(pipelines.client.retry_stage_execution, **asked, retryMode="ALL_ACTIONS")
    assert error["Code"] == "StageNotRetryableException"
    assert "its entry condition was not met" in error["Message"]
    assert pipelines.steps.ran("Migrate") == [], "nothing went past the condition"
