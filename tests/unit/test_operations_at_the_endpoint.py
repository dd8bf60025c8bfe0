"""A class of methods answers as an API of AWS: inputs, errors, permissions, pages, and what is left to the emulator."""

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from documents.place import Place
from rehearsal.cloudwatch.api import CloudWatchApi
from rehearsal.codebuild.api import CodeBuildApi
from rehearsal.codedeploy.api import CodeDeployApi
from rehearsal.codepipeline.api import CodePipelineApi
from rehearsal.ecs.api import EcsApi
from rehearsal.elb.api import LoadBalancersApi
from rehearsal.emulated.api import Emulated
from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.models import operations_of
from rehearsal.endpoint.operations import Operations, operation
from rehearsal.endpoint.paging import Paging
from rehearsal.endpoint.permissions import Needed, anywhere, on
from rehearsal.endpoint.request import Request
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.eventbridge.api import EventBridgeApi
from rehearsal.identity.authority import AccessDenied
from rehearsal.lambda_.api import LambdaApi
from rehearsal.sns.api import SnsApi

HERE = Place("123456789012", "eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/team/operator"
PAGES = Paging(3)


def on_pipeline(request: Request, place: Place) -> list[Needed]:
    return on(request, place.arn("codepipeline", request.document["name"]))


class Pipelines:
    """A service of three operations and its own ways to go wrong."""

    def __init__(self) -> None:
        self.names: Sequence[str] = [f"shop-{number}" for number in range(7)]

    @operation(anywhere)
    def list_pipelines(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return PAGES.page(asked, "pipelines", [{"name": name} for name in self.names])

    @operation(on_pipeline)
    def start_pipeline_execution(self, asked: Mapping[str, Any], *, caller: str) -> Mapping[str, Any]:
        faults: Mapping[str, Exception] = {
            "missing": AwsRefusal("PipelineNotFoundException", "no such pipeline"),
            "unplayed": RehearsalError("type V1", "V2 is played", "set it"),
            "denied": AccessDenied("me", "iam:PassRole", "role", "not for you"),
            "broken": ZeroDivisionError("by zero"),
        }
        if asked["name"] in faults:
            raise faults[asked["name"]]
        return {
            "pipelineExecutionId": caller
            if asked["name"] == "who"
            else "0a1b2c3d-0000-4000-8000-000000000000"
        }

    @operation(on_pipeline)
    def get_pipeline(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"pipelin": asked["name"]}

    def helper(self) -> None:
        raise AssertionError("no operation")


def request(name: str, /, **asked: Any) -> Request:
    headers = {"x-amz-target": f"CodePipeline_20150709.{name}"}
    return Request("codepipeline", "POST", "/", {}, headers, json.dumps(asked).encode())


async def emulated() -> Answer:
    return Answer(200, {}, b"the emulator's")


def asked_of(
    service: Operations, name: str, role: str | None = None, /, **asked: Any
) -> tuple[Answer, dict[str, Any]]:
    async def ask() -> Answer:
        return await service.answer(request(name, **asked), role, emulated)

    answer = asyncio.run(ask())
    try:
        return answer, json.loads(answer.body)
    except ValueError:
        return answer, {}


@pytest.fixture
def service() -> Operations:
    return Operations(Pipelines(), model="codepipeline", place=HERE)


def test_an_operation_is_answered_in_the_api_s_own_shape(service: Operations) -> None:
    answer, body = asked_of(service, "StartPipelineExecution", name="shop")
    assert (answer.status, body) == (200, {"pipelineExecutionId": "0a1b2c3d-0000-4000-8000-000000000000"})
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"


@pytest.mark.parametrize(
    ("name", "status", "code", "said"),
    [
        ("missing", 400, "PipelineNotFoundException", "no such pipeline"),
        ("unplayed", 501, "NotImplemented", "type V1: V2 is played; set it"),
        ("broken", 500, "InternalFailure", "the rehearsal itself failed: ZeroDivisionError"),
        ("a b", 400, "ValidationException", "Member must satisfy regular expression pattern"),
        (3, 400, "SerializationException", "can not be converted to string"),
        (None, 400, "ValidationException", "Value null at 'name'"),
    ],
)
def test_whatever_goes_wrong_is_said_with_a_code(
    service: Operations, name: Any, status: int, code: str, said: str
) -> None:
    answer, body = asked_of(service, "StartPipelineExecution", name=name)
    assert (answer.status, answer.headers["x-amzn-errortype"], body["__type"]) == (status, code, code)
    assert said in body["message"]


def test_an_answer_that_is_none_of_the_api_s_is_never_given(service: Operations) -> None:
    answer, body = asked_of(service, "GetPipeline", name="shop")
    assert answer.status == 500
    assert "codepipeline GetPipeline: pipelin is not in the API" in body["message"]


def test_a_refused_permission_is_the_endpoint_s_to_word(service: Operations) -> None:
    with pytest.raises(AccessDenied):
        asked_of(service, "StartPipelineExecution", name="denied")


@pytest.mark.parametrize(
    ("role", "who"),
    [
        (None, "arn:aws:iam::123456789012:root"),
        (ROLE, "arn:aws:sts::123456789012:assumed-role/operator/rehearsal"),
    ],
)
def test_an_operation_is_told_who_calls_where_it_asks(
    service: Operations, role: str | None, who: str
) -> None:
    """The answer's shape refuses an ARN for an id, so it is the fault that names the caller."""
    _, body = asked_of(service, "StartPipelineExecution", role, name="who")
    assert f"Value '{who}' at 'pipelineExecutionId'" in body["message"]


def test_an_operation_that_is_not_there_is_refused_with_those_there_are(service: Operations) -> None:
    assert not service.holds(request("DeletePipeline", name="shop"))
    assert not service.holds(request("helper"))
    assert service.held == "codepipeline's GetPipeline, ListPipelines, StartPipelineExecution"


def test_what_a_caller_needs_is_derived_from_the_input(service: Operations) -> None:
    needed = service.needed(request("GetPipeline", name="shop"), HERE, None)
    assert needed == [Needed("codepipeline:GetPipeline", "arn:aws:codepipeline:eu-west-1:123456789012:shop")]
    assert service.needed(request("ListPipelines"), HERE, None) == [Needed("codepipeline:ListPipelines", "*")]
    assert service.needed(request("GetPipeline"), HERE, None) == [], (
        "an input without a name is refused whoever sends it"
    )


def test_operations_that_wait_for_each_other_are_all_let_in() -> None:
    """A function that is invoked over the endpoint asks the endpoint, and so may any number of them."""
    everybody = threading.Barrier(100)

    class Waiting:
        @operation(anywhere)
        def list_pipelines(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
            everybody.wait(20)
            return {"pipelines": []}

    service = Operations(Waiting(), model="codepipeline", place=HERE)

    async def all_of_them() -> list[Answer]:
        asked = (service.answer(request("ListPipelines"), None, emulated) for _ in range(everybody.parties))
        return await asyncio.gather(*asked)

    assert {answer.status for answer in asyncio.run(all_of_them())} == {200}


def test_operations_that_are_not_ours_are_left_to_the_emulator() -> None:
    left = Emulated("codepipeline's DeletePipeline", lambda name: name == "DeletePipeline")
    service = Operations(Pipelines(), model="codepipeline", place=HERE, otherwise=left)
    answer, _ = asked_of(service, "DeletePipeline", name="shop")
    assert answer.body == b"the emulator's"
    assert service.holds(request("DeletePipeline"))
    assert not service.holds(request("CreatePipeline"))
    assert service.held.endswith("StartPipelineExecution, codepipeline's DeletePipeline")


def test_another_service_asks_by_the_same_constraints_and_shapes(service: Operations) -> None:
    answer = service.ask("start_pipeline_execution", {"name": "shop"}, caller="a rule")
    assert answer == {"pipelineExecutionId": "0a1b2c3d-0000-4000-8000-000000000000"}
    for wrong, code in (
        ({"name": "a b"}, "ValidationException"),
        ({"name": ["x"]}, "SerializationException"),
    ):
        with pytest.raises(AwsRefusal) as refused:
            service.ask("start_pipeline_execution", wrong, caller="a rule")
        assert refused.value.code == code


def test_pages_follow_each_other_to_the_end(service: Operations) -> None:
    seen: list[str] = []
    token: dict[str, str] = {}
    for size in (3, 3, 1):
        _, body = asked_of(service, "ListPipelines", **token)
        assert len(body["pipelines"]) == size
        seen += [one["name"] for one in body["pipelines"]]
        token = {"nextToken": body["nextToken"]} if "nextToken" in body else {}
    assert seen == [f"shop-{number}" for number in range(7)]
    assert token == {}, "the last page has no token"


def test_a_smaller_page_is_given_where_it_is_asked_for(service: Operations) -> None:
    _, body = asked_of(service, "ListPipelines", maxResults=2)
    assert len(body["pipelines"]) == 2
    _, body = asked_of(service, "ListPipelines", maxResults=900)
    assert len(body["pipelines"]) == 3, "never more than the service gives"


@pytest.mark.parametrize("token", ["MQ==", "WzMsICJhYmMiXQ==", "not base64", "ü", "bnVsbA=="])
def test_a_token_that_was_never_given_out_is_refused(service: Operations, token: str) -> None:
    answer, body = asked_of(service, "ListPipelines", nextToken=token)
    assert (answer.status, body["__type"]) == (400, "InvalidNextTokenException")


def test_a_token_belongs_to_its_question() -> None:
    token = PAGES.page({"pipelineName": "a"}, "items", range(9))["nextToken"]
    assert PAGES.page({"pipelineName": "a", "nextToken": token}, "items", range(9))["items"] == [3, 4, 5]
    with pytest.raises(AwsRefusal):
        PAGES.page({"pipelineName": "b", "nextToken": token}, "items", range(9))


APIS: Mapping[str, tuple[type[object], str]] = {
    "codepipeline": (
        CodePipelineApi,
        (
            "StartPipelineExecution GetPipeline GetPipelineState ListPipelines ListPipelineExecutions GetPipelineExecution "
            "ListActionExecutions StopPipelineExecution RetryStageExecution PutApprovalResult DisableStageTransition "
            "EnableStageTransition PutJobSuccessResult PutJobFailureResult"
        ),
    ),
    "codebuild": (
        CodeBuildApi,
        "BatchGetBuilds ListBuildsForProject ListBuilds BatchGetProjects ListProjects StopBuild",
    ),
    "codedeploy": (
        CodeDeployApi,
        (
            "GetDeployment ListDeployments GetDeploymentTarget ListDeploymentTargets StopDeployment ContinueDeployment "
            "CreateDeployment GetDeploymentGroup UpdateDeploymentGroup GetApplicationRevision"
        ),
    ),
    "ecs": (
        EcsApi,
        "DescribeServices ListServices ListTasks DescribeTasks DescribeTaskSets DescribeClusters UpdateService",
    ),
    "elbv2": (
        LoadBalancersApi,
        "DescribeLoadBalancers DescribeListeners DescribeRules DescribeTargetGroups DescribeTargetHealth ModifyListener",
    ),
    "cloudwatch": (CloudWatchApi, "DescribeAlarms SetAlarmState"),
    "events": (EventBridgeApi, "PutEvents DescribeRule ListTargetsByRule"),
    "lambda": (LambdaApi, "Invoke GetFunction"),
    "sns": (SnsApi, "ListSubscriptions ListSubscriptionsByTopic ListTopics"),
}
"""What an operator's commands and code that runs in AWS ask of a kept rehearsal, by botocore's names of the services."""


@pytest.mark.parametrize("model", APIS)
def test_every_operation_that_runbooks_need_is_there_and_is_one_of_the_api_s(model: str) -> None:
    api, needed = APIS[model]
    names = operations_of(model)
    ours = {names[one] for one in Operations(api, model=model, place=HERE).methods}
    assert set(needed.split()) <= ours
