"""CodePipeline's API at the endpoint of a running rehearsal, asked by boto3 as anybody asks it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.running.rehearsal import Rehearsal

ID = "0a1b2c3d-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def pipelines(rehearsal: Rehearsal) -> Any:
    """The administrator's client."""
    return rehearsal.cloud.client("codepipeline")


def refused(call: Callable[..., Any], **asked: Any) -> Mapping[str, str]:
    """The error of a call that is refused: code and text."""
    with pytest.raises(ClientError) as error:
        call(**asked)
    return error.value.response["Error"]


def as_role(rehearsal: Rehearsal, *statements: Mapping[str, Any]) -> Any:
    """A client that acts as a role with exactly these statements."""
    authority, role = rehearsal.cloud.authority, rehearsal.cloud.place.iam_arn("role/operator")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    authority.put_role(role, {"Version": "2012-10-17", "Statement": [trust]})
    authority.put_policy(role, "inline", {"Version": "2012-10-17", "Statement": list(statements)})
    return rehearsal.cloud.client("codepipeline", authority.assume(role, "ec2.amazonaws.com"))


def test_a_pipeline_is_started_and_knows_who_did(rehearsal: Rehearsal, pipelines: Any) -> None:
    name = rehearsal.pipeline_name
    execution = pipelines.start_pipeline_execution(name=name)["pipelineExecutionId"]
    started = rehearsal.pipeline.wait(execution, 60)
    assert started.trigger == "StartPipelineExecution"
    assert started.trigger_detail == rehearsal.cloud.place.iam_arn("root")


def test_a_pipeline_that_is_not_there_is_not_started(pipelines: Any) -> None:
    assert refused(pipelines.start_pipeline_execution, name="nobody")["Code"] == "PipelineNotFoundException"


def test_an_input_that_breaks_a_constraint_is_refused(rehearsal: Rehearsal, pipelines: Any) -> None:
    wrong = [{"actionName": "Image", "revisionType": "TAG", "revisionValue": "stg"}]
    error = refused(pipelines.start_pipeline_execution, name=rehearsal.pipeline_name, sourceRevisions=wrong)
    assert error["Code"] == "ValidationException"
    assert "Member must satisfy enum value set: [COMMIT_ID" in error["Message"]


def test_a_role_may_do_what_its_policy_says_on_this_pipeline_only(rehearsal: Rehearsal) -> None:
    """service-authorization/latest/reference/list_awscodepipeline.md."""
    arn = rehearsal.cloud.place.arn("codepipeline", "another")
    allowed = {"Effect": "Allow", "Action": "codepipeline:StartPipelineExecution", "Resource": arn}
    role = as_role(rehearsal, allowed)
    error = refused(role.start_pipeline_execution, name=rehearsal.pipeline_name)
    assert error["Code"] == "AccessDeniedException"
    own = rehearsal.cloud.place.arn("codepipeline", rehearsal.pipeline_name)
    assert (
        f"not authorized to perform: codepipeline:StartPipelineExecution on resource: {own}"
        in error["Message"]
    )
    assert refused(role.start_pipeline_execution, name="another")["Code"] == "PipelineNotFoundException"


def test_an_operation_that_is_not_played_is_refused_with_those_that_are(pipelines: Any) -> None:
    error = refused(pipelines.delete_pipeline, name="shop")
    assert error["Code"] == "NotImplemented"
    assert "does not answer codepipeline DeletePipeline" in error["Message"]
    assert "it answers codepipeline's" in error["Message"]
    assert "StartPipelineExecution" in error["Message"]
