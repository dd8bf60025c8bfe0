"""CodePipeline's API at the endpoint, asked by boto3: what it shows, its errors, and what a caller needs."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rehearsal.endpoint_world import Endpoint, allow, endpoint, refused
from tests.rehearsal.pipeline_api_world import ID, RULE, SHORT, Pipelines, running_pipelines
from tests.rehearsal.pipeline_world import DIGEST, PATIENCE


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with endpoint(tmp_path_factory.mktemp("endpoint"), bucket="artifacts") as made:
        yield made


@pytest.fixture
def pipelines(there: Endpoint) -> Iterator[Pipelines]:
    with running_pipelines(there) as made:
        yield made


def test_a_pipeline_is_shown_as_it_would_be_created(pipelines: Pipelines) -> None:
    answer = pipelines.client.get_pipeline(name=pipelines.declare("shop"))
    found = answer["pipeline"]
    assert (found["name"], found["version"], found["pipelineType"]) == ("shop", 1, "V2")
    assert found["artifactStore"] == {"type": "S3", "location": "artifacts"}
    assert found["variables"] == [{"name": "WHY", "defaultValue": "nothing"}]
    assert [one["name"] for one in found["stages"]] == ["Source", "Approve", "Release"]
    assert (
        found["stages"][2]["beforeEntry"]["conditions"][0]["rules"][0]["configuration"]
        == RULE["configuration"]
    )
    migrate = found["stages"][2]["actions"][0]
    kind = {"category": "Build", "owner": "AWS", "provider": "Step", "version": "1"}
    assert (migrate["actionTypeId"], migrate["runOrder"], migrate["namespace"]) == (kind, 1, "Migrated")
    assert migrate["inputArtifacts"] == [{"name": "Detail"}]
    assert answer["metadata"]["pipelineArn"] == "arn:aws:codepipeline:us-east-1:123456789012:shop"
    error = refused(pipelines.client.get_pipeline, name="shop", version=2)
    assert error["Code"] == "PipelineVersionNotFoundException"


def test_pipelines_are_listed_by_name_and_page(pipelines: Pipelines) -> None:
    for name in ("shop", "bank", "mill"):
        pipelines.declare(name)
    pages = pipelines.client.get_paginator("list_pipelines").paginate(PaginationConfig={"PageSize": 2})
    assert [[one["name"] for one in page["pipelines"]] for page in pages] == [["bank", "mill"], ["shop"]]


def test_an_execution_tells_who_started_it_and_from_what(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop", *SHORT)
    begun = datetime.now(UTC) - timedelta(seconds=1)
    execution = pipelines.client.start_pipeline_execution(
        name=name, variables=[{"name": "WHY", "value": "a fix"}]
    )
    found = execution["pipelineExecutionId"]
    assert pipelines.end(found) == "Succeeded"
    shown = pipelines.client.get_pipeline_execution(pipelineName=name, pipelineExecutionId=found)[
        "pipelineExecution"
    ]
    root = "arn:aws:iam::123456789012:root"
    assert shown["trigger"] == {"triggerType": "StartPipelineExecution", "triggerDetail": root}
    assert shown["variables"] == [{"name": "WHY", "resolvedValue": "a fix"}]
    assert (shown["status"], shown["executionMode"], shown["executionType"]) == (
        "Succeeded",
        "SUPERSEDED",
        "STANDARD",
    )
    (summary,) = pipelines.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    assert begun <= summary["startTime"] <= summary["lastUpdateTime"] <= datetime.now(UTC)
    assert summary["pipelineExecutionId"] == found


def test_a_start_that_is_sent_again_starts_nothing_again(pipelines: Pipelines) -> None:
    """API_StartPipelineExecution.md, "clientRequestToken"; SDKs send a new one with each call."""
    name = pipelines.declare("shop", *SHORT)
    start = pipelines.client.start_pipeline_execution
    first, again = (start(name=name, clientRequestToken="once")["pipelineExecutionId"] for _ in range(2))
    assert first == again
    assert pipelines.start(name) != pipelines.start(name), "each of these is a call of its own"
    pipelines.declare("bank", *SHORT)
    assert refused(start, name="bank", clientRequestToken="once")["Code"] == "ConflictException"


def test_another_region_is_refused_where_the_account_would_be_empty(pipelines: Pipelines) -> None:
    pipelines.declare("shop", *SHORT)
    elsewhere = pipelines.cloud.client("codepipeline", region="eu-west-1")
    error = refused(elsewhere.list_pipelines)
    assert error["Code"] == "NotImplemented"
    assert "Region eu-west-1: the rehearsal's codepipeline is in us-east-1" in error["Message"]


def test_a_role_that_starts_is_named_by_its_session(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop", *SHORT)
    arn = "arn:aws:codepipeline:us-east-1:123456789012:shop"
    client = pipelines.there.client_of("codepipeline", allow("codepipeline:StartPipelineExecution", arn))
    execution = client.start_pipeline_execution(name=name)["pipelineExecutionId"]
    assert pipelines.service.wait(execution, PATIENCE).trigger_detail == (
        "arn:aws:sts::123456789012:assumed-role/operator/rehearsal"
    )


def test_executions_are_listed_the_latest_first_and_by_the_stage_they_went_through(
    pipelines: Pipelines,
) -> None:
    name = pipelines.declare("shop", *SHORT)
    good = pipelines.start(name)
    pipelines.end(good)
    pipelines.steps.failing = {"Migrate"}
    bad = pipelines.start(name)
    pipelines.end(bad)
    listed = pipelines.client.list_pipeline_executions
    found = listed(pipelineName=name)["pipelineExecutionSummaries"]
    assert [one["pipelineExecutionId"] for one in found] == [bad, good]
    assert found[0]["statusSummary"] == "stage Release failed: Migrate"
    through = listed(pipelineName=name, filter={"succeededInStage": {"stageName": "Release"}})
    assert [one["pipelineExecutionId"] for one in through["pipelineExecutionSummaries"]] == [good]
    first = listed(pipelineName=name, maxResults=1)
    second = listed(pipelineName=name, maxResults=1, nextToken=first["nextToken"])
    assert [one["pipelineExecutionId"] for one in second["pipelineExecutionSummaries"]] == [good]
    assert "nextToken" not in second
    assert refused(listed, pipelineName=name, nextToken="guessed")["Code"] == "InvalidNextTokenException"


def test_actions_are_listed_with_what_went_in_and_came_out(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop")
    execution = pipelines.start(name)
    pipelines.approve(name)
    assert pipelines.end(execution) == "Succeeded"
    wanted = {"pipelineExecutionId": execution}
    found = pipelines.client.list_action_executions(pipelineName=name, filter=wanted)[
        "actionExecutionDetails"
    ]
    assert [one["actionName"] for one in found] == ["Deploy", "Migrate", "Ask", "Source"]
    _, migrate, ask, image = found
    assert migrate["input"]["configuration"] == {"Digest": "#{Image.Digest}"}
    assert migrate["input"]["resolvedConfiguration"] == {"Digest": DIGEST}
    assert migrate["input"]["inputArtifacts"] == image["output"]["outputArtifacts"]
    stored = image["output"]["outputArtifacts"][0]["s3location"]
    assert pipelines.cloud.client("s3").head_object(Bucket=stored["bucket"], Key=stored["key"])[
        "ContentLength"
    ]
    assert image["output"]["outputVariables"] == {"Digest": DIGEST}
    assert (image["input"]["namespace"], image["status"]) == ("Image", "Succeeded")
    assert ask["output"]["executionResult"]["externalExecutionSummary"] == "looks good"
    assert ask["updatedBy"] == "arn:aws:iam::123456789012:root"
    shown = pipelines.client.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)
    (revision,) = shown["pipelineExecution"]["artifactRevisions"]
    assert (revision["name"], revision["revisionId"]) == ("Detail", DIGEST)


def test_a_failed_action_shows_its_error_in_the_state_and_in_the_list(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop", *SHORT)
    pipelines.steps.failing = {"Migrate"}
    pipelines.end(pipelines.start(name))
    state = pipelines.states(name)["Release"]
    error = {"code": "JobFailed", "message": "Migrate did not work"}
    assert state["latestExecution"]["status"] == "Failed"
    assert state["actionStates"][0]["latestExecution"]["errorDetails"] == error
    (last, _) = pipelines.client.list_action_executions(pipelineName=name)["actionExecutionDetails"]
    assert last["output"]["executionResult"]["errorDetails"] == error


def test_the_state_tells_who_is_in_a_stage_and_who_waits_in_front_of_it(pipelines: Pipelines) -> None:
    name = pipelines.declare("shop", *SHORT)
    pipelines.steps.held = {"Migrate"}
    first = pipelines.start(name)
    pipelines.steps.wait("Migrate", first)
    second = pipelines.start(name)
    states = pipelines.until(name, lambda states: "inboundExecution" in states["Release"])
    assert states["Release"]["inboundExecution"]["pipelineExecutionId"] == second
    assert states["Release"]["latestExecution"] == {
        "pipelineExecutionId": first,
        "status": "InProgress",
        "type": "STANDARD",
    }
    assert states["Source"]["latestExecution"] == {
        "pipelineExecutionId": second,
        "status": "Succeeded",
        "type": "STANDARD",
    }
    assert states["Release"]["actionStates"][0]["latestExecution"]["status"] == "InProgress"
    assert states["Release"]["inboundTransitionState"] == {"enabled": True}
    pipelines.steps.release("Migrate")


ARN = "arn:aws:codepipeline:us-east-1:123456789012:shop"
NAMED = {"pipelineName": "shop"}
ONE = {**NAMED, "pipelineExecutionId": ID}
DOOR = {**NAMED, "stageName": "Release", "transitionType": "Inbound"}
APPROVAL = {
    **NAMED,
    "stageName": "Approve",
    "actionName": "Ask",
    "token": ID,
    "result": {"summary": "", "status": "Approved"},
}
CALLS: Mapping[str, tuple[dict[str, Any], str]] = {
    "get_pipeline": ({"name": "shop"}, ARN),
    "get_pipeline_state": ({"name": "shop"}, ARN),
    "start_pipeline_execution": ({"name": "shop"}, ARN),
    "list_pipelines": ({}, "*"),
    "list_pipeline_executions": (NAMED, ARN),
    "list_action_executions": (NAMED, ARN),
    "list_rule_executions": (NAMED, ARN),
    "get_pipeline_execution": (ONE, ARN),
    "stop_pipeline_execution": (ONE, ARN),
    "retry_stage_execution": ({**ONE, "stageName": "Release", "retryMode": "ALL_ACTIONS"}, f"{ARN}/Release"),
    "disable_stage_transition": ({**DOOR, "reason": "x"}, f"{ARN}/Release"),
    "enable_stage_transition": (DOOR, f"{ARN}/Release"),
    "put_approval_result": (APPROVAL, f"{ARN}/Approve/Ask"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_role_needs_the_action_on_the_resource_that_is_documented(pipelines: Pipelines, name: str) -> None:
    """service-authorization/latest/reference/list_awscodepipeline.md."""
    asked, resource = CALLS[name]
    called = "".join(part.title() for part in name.split("_"))
    other = pipelines.there.client_of("codepipeline", allow(f"codepipeline:{called}", f"{ARN}-other"))
    error = refused(getattr(other, name), **asked)
    assert error["Code"] == "AccessDeniedException"
    assert f"is not authorized to perform: codepipeline:{called} on resource: {resource} " in error["Message"]
    allowed = pipelines.there.client_of("codepipeline", allow(f"codepipeline:{called}", resource))
    if asked:
        assert refused(getattr(allowed, name), **asked)["Code"] == "PipelineNotFoundException", (
            "it was let in"
        )
    else:
        assert allowed.list_pipelines()["pipelines"] == []


@pytest.mark.parametrize("name", [name for name, (asked, _) in CALLS.items() if asked])
def test_a_pipeline_that_is_not_there_is_not_found(pipelines: Pipelines, name: str) -> None:
    assert refused(getattr(pipelines.client, name), **CALLS[name][0])["Code"] == "PipelineNotFoundException"


def test_an_execution_of_another_pipeline_is_not_found(pipelines: Pipelines) -> None:
    pipelines.declare("bank", *SHORT)
    execution = pipelines.start("bank")
    pipelines.declare("shop", *SHORT)
    error = refused(
        pipelines.client.get_pipeline_execution, pipelineName="shop", pipelineExecutionId=execution
    )
    assert error["Code"] == "PipelineExecutionNotFoundException"
    wanted = {"pipelineExecutionId": execution}
    error = refused(pipelines.client.list_action_executions, pipelineName="shop", filter=wanted)
    assert error["Code"] == "PipelineExecutionNotFoundException"


def test_an_input_that_breaks_a_constraint_is_refused(pipelines: Pipelines) -> None:
    wrong = [{"actionName": "Image", "revisionType": "TAG", "revisionValue": "stg"}]
    name = pipelines.declare("shop")
    error = refused(pipelines.client.start_pipeline_execution, name=name, sourceRevisions=wrong)
    assert error["Code"] == "ValidationException"
    assert "Member must satisfy enum value set: [COMMIT_ID" in error["Message"]


def test_an_operation_that_is_not_played_is_refused_with_those_that_are(pipelines: Pipelines) -> None:
    error = refused(pipelines.client.delete_pipeline, name="shop")
    assert error["Code"] == "NotImplemented"
    assert "does not answer codepipeline DeletePipeline" in error["Message"]
    assert (
        "it answers codepipeline's DisableStageTransition, EnableStageTransition, GetPipeline"
        in error["Message"]
    )
