"""Lambda's API, and the answers to CodePipeline's jobs, asked by boto3 as anybody asks them."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.codepipeline.declared import PIPELINE_TYPE
from rehearsal.codepipeline.execution import Execution
from rehearsal.endpoint.links import Links
from rehearsal.world.cloud import Declared
from rehearsal.world.zips import unzipped
from tests.rehearsal.build_world import allow, trust
from tests.rehearsal.function_world import LOGS, FunctionWorld, eventually, function_world

PIPELINE_ROLE = "arn:aws:iam::123456789012:role/pipeline"
ARN = "arn:aws:lambda:us-east-1:123456789012:function"
ECHO = "def handler(event, context):\n    print('said')\n    if event == 'fail': raise ValueError('no')\n    return event"
ANSWERING = """
import boto3, io, json, zipfile

def handler(event, context):
    job = event["CodePipeline.job"]
    data, pipelines = job["data"], boto3.client("codepipeline")
    step = data["actionConfiguration"]["configuration"]["UserParameters"]
    if step == "fail":
        pipelines.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": "not today", "externalExecutionId": context.aws_request_id}
        )
        return
    keys = data["artifactCredentials"]
    s3 = boto3.client(
        "s3", aws_access_key_id=keys["accessKeyId"], aws_secret_access_key=keys["secretAccessKey"], aws_session_token=keys["sessionToken"]
    )
    def place(kind):
        where = data[kind][0]["location"]["s3Location"]
        return {"Bucket": where["bucketName"], "Key": where["objectKey"]}
    with zipfile.ZipFile(io.BytesIO(s3.get_object(**place("inputArtifacts"))["Body"].read())) as archive:
        text = archive.read("from").decode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("from", text + " and the function")
    s3.put_object(**place("outputArtifacts"), Body=buffer.getvalue())
    if not data.get("continuationToken"):
        pipelines.put_job_success_result(jobId=job["id"], continuationToken="second")
        return
    pipelines.put_job_success_result(jobId=job["id"], outputVariables={"token": data["continuationToken"]})
    try:
        pipelines.put_job_success_result(jobId=job["id"])
    except pipelines.exceptions.InvalidJobStateException as error:
        print("second answer:", error.response["Error"]["Code"])
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionWorld]:
    with function_world(tmp_path_factory.mktemp("lambda")) as made:
        made.declare("echo", ECHO, environment={"variables": {"KEY": "value"}}, timeout=20)
        made.declare("reserved", ECHO, reservedConcurrentExecutions=0, loggingConfig={"logFormat": "JSON"})
        made.declare("answering", ANSWERING, timeout=60, memorySize=256)
        made.allow(LOGS, allow(["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"]))
        made.cloud.client("s3").create_bucket(Bucket="artifacts")
        authority = made.cloud.authority
        authority.put_role(PIPELINE_ROLE, trust("codepipeline.amazonaws.com"))
        needs = [
            allow(["lambda:InvokeFunction", "lambda:ListFunctions"]),
            allow("s3:*", "arn:aws:s3:::artifacts/*"),
        ]
        authority.put_policy(PIPELINE_ROLE, "own", {"Version": "2012-10-17", "Statement": needs})
        yield made


@pytest.fixture(scope="module")
def client(world: FunctionWorld) -> Any:
    return world.cloud.client("lambda")


def refused(call: Callable[..., Any], **asked: Any) -> ClientError:
    with pytest.raises(ClientError) as error:
        call(**asked)
    return error.value


def test_a_function_is_invoked_by_name_or_arn_and_its_log_comes_along(
    world: FunctionWorld, client: Any
) -> None:
    for named in ("echo", f"{ARN}:echo", f"{ARN}:echo:$LATEST"):
        answer = client.invoke(FunctionName=named, Payload=json.dumps({"a": [1, "ä"]}), LogType="Tail")
        assert json.loads(answer["Payload"].read()) == {"a": [1, "ä"]}
        assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
        assert "FunctionError" not in answer
        assert "said\n" in base64.b64decode(answer["LogResult"]).decode()


def test_an_error_of_the_function_is_an_answer_and_none_of_the_calls(client: Any) -> None:
    answer = client.invoke(FunctionName="echo", Payload=json.dumps("fail"))
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorMessage"] == "no"


def test_an_event_is_queued_and_a_dry_run_runs_nothing(world: FunctionWorld, client: Any) -> None:
    before = len(world.cloud.journal.entries("Lambda"))
    assert client.invoke(FunctionName="echo", InvocationType="DryRun")["StatusCode"] == 204
    assert len(world.cloud.journal.entries("Lambda")) == before
    assert client.invoke(FunctionName="echo", InvocationType="Event")["StatusCode"] == 202
    eventually(lambda: len(world.cloud.journal.entries("Lambda")) == before + 1)


@pytest.mark.parametrize(
    ("asked", "code", "status"),
    [
        ({"FunctionName": "absent"}, "ResourceNotFoundException", 404),
        ({"FunctionName": "echo", "Qualifier": "live"}, "ResourceNotFoundException", 404),
        ({"FunctionName": "reserved"}, "TooManyRequestsException", 429),
        ({"FunctionName": "echo", "Payload": b"{no json"}, "InvalidRequestContentException", 400),
        (
            {"FunctionName": "echo", "Payload": b'"' + b"x" * 6_300_000 + b'"'},
            "RequestTooLargeException",
            413,
        ),
        (
            {"FunctionName": "echo", "InvocationType": "Event", "Payload": b'"' + b"x" * 1_100_000 + b'"'},
            "RequestTooLargeException",
            413,
        ),
        ({"FunctionName": "echo", "ClientContext": "e30="}, "NotImplemented", 501),
    ],
)
def test_what_cannot_be_invoked_is_refused_with_lambdas_code(
    client: Any, asked: dict[str, Any], code: str, status: int
) -> None:
    error = refused(client.invoke, **asked).response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_a_function_tells_what_it_was_declared_as(client: Any) -> None:
    told = client.get_function(FunctionName="echo")
    assert "Concurrency" not in told
    configuration = told["Configuration"]
    assert configuration == {
        key: value
        for key, value in client.get_function_configuration(FunctionName="echo").items()
        if key != "ResponseMetadata"
    }
    assert configuration["FunctionArn"] == f"{ARN}:echo"
    assert configuration["Environment"] == {"Variables": {"KEY": "value"}}
    assert (configuration["Runtime"], configuration["Timeout"], configuration["State"]) == (
        "python3.13",
        20,
        "Active",
    )
    reserved = client.get_function(FunctionName="reserved")
    assert reserved["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    assert reserved["Configuration"]["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
    assert (
        refused(client.get_function, FunctionName="absent").response["Error"]["Code"]
        == "ResourceNotFoundException"
    )


def test_a_package_is_read_at_the_address_that_is_given_for_ten_minutes(client: Any) -> None:
    """lambda/latest/api/API_GetFunction.md; whoever has the address needs no keys."""
    told = client.get_function(FunctionName="echo")
    address = told["Code"]["Location"]
    with urllib.request.urlopen(address, timeout=10) as answer:
        package = answer.read()
    digest = base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert digest == told["Configuration"]["CodeSha256"]
    assert list(unzipped(package).values()) == [ECHO.encode()]
    with pytest.raises(urllib.error.HTTPError) as denied:
        urllib.request.urlopen(f"{address[:-4]}abcd", timeout=10)
    assert denied.value.code == 403, "an address that was never given out"
    old = Links("/x/", seconds=0)
    assert old.named(old.give("", "echo")) is None, "one that is too old"


def test_functions_are_listed_page_by_page(client: Any) -> None:
    first = client.list_functions(MaxItems=2)
    rest = client.list_functions(MaxItems=2, Marker=first["NextMarker"])
    assert [one["FunctionName"] for one in first["Functions"] + rest["Functions"]] == [
        "echo",
        "reserved",
        "answering",
    ]
    assert "NextMarker" not in rest
    error = refused(client.list_functions, Marker="made up").response["Error"]
    assert error["Code"] == "InvalidParameterValueException"


def test_a_role_may_call_what_its_policy_names(world: FunctionWorld) -> None:
    """service-authorization/latest/reference/list_awslambda.md."""
    role = "arn:aws:iam::123456789012:role/caller"
    authority = world.cloud.authority
    authority.put_role(role, trust("ec2.amazonaws.com"))
    authority.put_policy(
        role, "own", {"Statement": [allow(["lambda:InvokeFunction", "lambda:GetFunction"], f"{ARN}:echo")]}
    )
    client = world.cloud.client("lambda", authority.assume(role, "ec2.amazonaws.com"))
    assert client.invoke(FunctionName="echo", Payload=b"1")["StatusCode"] == 200
    assert client.get_function(FunctionName="echo")["Configuration"]["FunctionName"] == "echo"
    for call, asked in (
        (client.invoke, {"FunctionName": "answering"}),
        (client.invoke, {"FunctionName": "echo", "Qualifier": "1"}),
        (client.get_function_configuration, {"FunctionName": "echo"}),
        (client.list_functions, {}),
    ):
        assert "is not authorized to perform: lambda:" in str(refused(call, **asked))


def release(world: FunctionWorld, step: str) -> Execution:
    def action(name: str, provider: str, category: str, **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "category": category,
            "owner": "AWS",
            "provider": provider,
            "version": "1",
            **more,
        }

    configuration = {"FunctionName": "answering", "UserParameters": step}
    names = {"inputArtifacts": ["In"], "outputArtifacts": ["Out"], "namespace": "Function"}
    inputs = {
        "name": "release",
        "roleArn": PIPELINE_ROLE,
        "pipelineType": "V2",
        "artifactStores": [{"location": "artifacts", "type": "S3"}],
        "stages": [
            {"name": "Source", "actions": [action("Source", "Artifacts", "Source", outputArtifacts=["In"])]},
            {
                "name": "Invoke",
                "actions": [action("Invoke", "Lambda", "Invoke", configuration=configuration, **names)],
            },
            {
                "name": "Read",
                "actions": [
                    action(
                        "Read",
                        "Artifacts",
                        "Build",
                        inputArtifacts=["Out"],
                        configuration={"Token": "#{Function.token}"},
                    )
                ],
            },
        ],
    }
    world.cloud.add(Declared("urn:release", PIPELINE_TYPE, "release", "release", inputs, inputs))
    return world.pipelines.wait(world.pipelines.start("release"), 30)


def test_a_real_function_reads_and_stores_artifacts_goes_on_and_answers(world: FunctionWorld) -> None:
    ended = release(world, "go")
    assert ended.status == "Succeeded", ended.action("Invoke").error_message
    assert unzipped(world.artifacts.read) == {"from": b"source and the function"}
    assert world.artifacts.told == {"Token": "second"}, "its second job knew what the first had left"
    eventually(lambda: "second answer: InvalidJobStateException" in world.lines("/aws/lambda/answering"))


def test_a_real_functions_refusal_is_what_the_action_says(world: FunctionWorld) -> None:
    ended = release(world, "fail")
    failed = ended.action("Invoke")
    assert (failed.error_code, failed.error_message) == ("JobFailed", "not today")


def test_a_job_that_nobody_was_given_has_no_result(world: FunctionWorld) -> None:
    pipelines = world.cloud.client("codepipeline")
    unknown = "11111111-abcd-1111-abcd-111111abcdef"
    assert (
        refused(pipelines.put_job_success_result, jobId=unknown).response["Error"]["Code"]
        == "JobNotFoundException"
    )
    wrong = {"type": "NoSuchType", "message": "x"}
    error = refused(pipelines.put_job_failure_result, jobId=unknown, failureDetails=wrong).response["Error"]
    assert error["Code"] == "ValidationException"
    assert "enum value set" in error["Message"]
