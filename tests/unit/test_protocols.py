"""How requests and answers of imitated services travel: botocore writes the requests and reads the answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.constraints import WrongShape, broken, shaped
from rehearsal.endpoint.models import model_of
from rehearsal.endpoint.protocols import Wire, cbor, json_rpc, query, rest_json, spoken_in
from rehearsal.endpoint.protocols.cbor_data import decoded, encoded
from rehearsal.endpoint.request import Request
from rehearsal.errors import AwsRefusal

WIRES: Mapping[str, Wire] = {
    "json": json_rpc,
    "query": query,
    "rest-json": rest_json,
    "smithy-rpc-v2-cbor": cbor,
}
NOON = datetime(2026, 11, 25, 12, 0, 0, 250_000, UTC)


def sent(service: str, operation: str, protocol: str = "", **asked: Any) -> Request:
    """The request that botocore sends for an operation."""
    model = model_of(service)
    described = model.operation_model(operation)
    serializer = create_serializer(protocol or model.protocol, include_validation=False)
    made: Any = serializer.serialize_to_request(asked, described)
    body = made["body"]
    if isinstance(body, Mapping):
        body = urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    split = urlsplit(made["url_path"])
    asked_in_url = {**parse_qs(split.query, keep_blank_values=True)}
    for name, value in dict(made["query_string"] or {}).items():
        asked_in_url[name] = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    headers = {name.lower(): str(value) for name, value in dict(made["headers"]).items()}
    return Request(service, made["method"], split.path, asked_in_url, headers, body)


def understood(request: Request, service: str) -> tuple[str, dict[str, Any]]:
    """The operation and the input that the endpoint reads in a request."""
    wire, model = spoken_in(request), model_of(service)
    operation = wire.operation_of(request, model)
    return operation, wire.asked(request, model.operation_model(operation))


def read(answer: Answer, service: str, operation: str, protocol: str = "") -> dict[str, Any]:
    """What botocore makes of an answer."""
    model = model_of(service)
    response = {
        "status_code": answer.status,
        "headers": dict(answer.headers),
        "body": answer.body,
        "context": {"operation_name": operation},
    }
    shape = model.operation_model(operation).output_shape if answer.status < 300 else None
    parser: Any = create_parser(protocol or model.protocol)
    found: dict[str, Any] = parser.parse(response, shape)
    found.pop("ResponseMetadata", None)
    return found


START = {
    "name": "shop",
    "variables": [{"name": "IMAGE", "value": "a&b=ü"}],
    "sourceRevisions": [{"actionName": "Image", "revisionType": "IMAGE_DIGEST", "revisionValue": "sha256:1"}],
}
ALARM = {
    "AlarmName": "Größe & mehr",
    "StateValue": "ALARM",
    "StateReason": "said by hand",
    "StateReasonData": '{"a": [1, 2.5]}',
}
LISTENER = {
    "ListenerArn": "arn:1",
    "Port": 443,
    "DefaultActions": [
        {
            "Type": "forward",
            "ForwardConfig": {
                "TargetGroups": [
                    {"TargetGroupArn": "arn:2", "Weight": 100},
                    {"TargetGroupArn": "arn:3", "Weight": 0},
                ],
                "TargetGroupStickinessConfig": {"Enabled": False},
            },
        }
    ],
}
MESSAGE = {
    "TopicArn": "arn:4",
    "Message": "hello",
    "MessageAttributes": {
        "kind": {"DataType": "String", "StringValue": "x"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    },
}
BUILDS = {"ids": ["shop:1", "shop:2"]}
INVOKE = {
    "FunctionName": "shop-check",
    "InvocationType": "RequestResponse",
    "Payload": b'{"a": 1}',
    "Qualifier": "3",
}


@pytest.mark.parametrize(
    ("service", "operation", "protocol", "asked"),
    [
        ("codepipeline", "StartPipelineExecution", "", START),
        ("codebuild", "BatchGetBuilds", "", BUILDS),
        ("cloudwatch", "SetAlarmState", "", ALARM),
        ("cloudwatch", "SetAlarmState", "query", ALARM),
        ("cloudwatch", "SetAlarmState", "json", ALARM),
        (
            "cloudwatch",
            "PutMetricData",
            "",
            {"Namespace": "n", "MetricData": [{"MetricName": "m", "Timestamp": NOON, "Value": -1.5}]},
        ),
        ("elbv2", "ModifyListener", "", LISTENER),
        ("elbv2", "DescribeTargetGroups", "", {"Names": ["a", "b"], "PageSize": 2, "Marker": "x=="}),
        ("sns", "Publish", "", MESSAGE),
        ("lambda", "Invoke", "", INVOKE),
        (
            "lambda",
            "GetFunction",
            "",
            {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:shop"},
        ),
        ("lambda", "ListFunctions", "", {"MaxItems": 2, "Marker": "m"}),
        (
            "lambda",
            "CreateFunction",
            "",
            {"FunctionName": "f", "Role": "r", "Timeout": 9, "Code": {"ZipFile": b"PK"}},
        ),
        ("ecs", "DescribeServices", "", {"cluster": "shop", "services": ["web"], "include": ["TAGS"]}),
    ],
)
def test_what_an_sdk_sends_is_what_a_service_is_asked(
    service: str, operation: str, protocol: str, asked: Mapping[str, Any]
) -> None:
    request = sent(service, operation, protocol, **asked)
    assert understood(request, service) == (operation, asked)


@pytest.mark.parametrize(
    ("service", "operation", "protocol", "answer"),
    [
        (
            "codepipeline",
            "ListPipelines",
            "",
            {"pipelines": [{"name": "shop", "version": 1, "created": NOON}], "nextToken": "t"},
        ),
        (
            "codepipeline",
            "StopPipelineExecution",
            "",
            {"pipelineExecutionId": "0a1b2c3d-0000-4000-8000-000000000000"},
        ),
        ("elbv2", "DescribeListeners", "", {"Listeners": [LISTENER], "NextMarker": "m <&>"}),
        ("elbv2", "DescribeListeners", "", {"Listeners": []}),
        ("sns", "GetTopicAttributes", "", {"Attributes": {"TopicArn": "arn:4", "Policy": '{"a": "<b>"}'}}),
        (
            "cloudwatch",
            "DescribeAlarms",
            "",
            {"MetricAlarms": [{"AlarmName": "ü", "StateUpdatedTimestamp": NOON, "Threshold": 1.0}]},
        ),
        (
            "cloudwatch",
            "DescribeAlarms",
            "query",
            {
                "MetricAlarms": [
                    {
                        "AlarmName": "ü",
                        "StateUpdatedTimestamp": NOON,
                        "Threshold": 1.0,
                        "ActionsEnabled": True,
                    }
                ]
            },
        ),
        ("cloudwatch", "SetAlarmState", "", {}),
        ("cloudwatch", "SetAlarmState", "query", {}),
        ("codepipeline", "EnableStageTransition", "", {}),
        (
            "lambda",
            "GetFunctionConfiguration",
            "",
            {"FunctionName": "shop", "Timeout": 3, "LastModified": "now"},
        ),
    ],
)
def test_what_a_service_answers_is_what_an_sdk_reads(
    service: str, operation: str, protocol: str, answer: Mapping[str, Any]
) -> None:
    wire = WIRES[protocol or model_of(service).protocol]
    described = model_of(service).operation_model(operation)
    assert (
        read(wire.answered(described, shaped(service, operation, answer)), service, operation, protocol)
        == answer
    )


def test_a_function_s_answer_keeps_its_bytes_and_says_its_error_in_a_header() -> None:
    answer = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorMessage": "x"}'}
    made = rest_json.answered(model_of("lambda").operation_model("Invoke"), answer)
    assert (made.status, made.body) == (200, b'{"errorMessage": "x"}')
    assert made.headers["x-amz-function-error"] == "Unhandled"


@pytest.mark.parametrize(
    ("service", "protocol", "code", "status", "seen"),
    [
        ("codepipeline", "", "PipelineNotFoundException", 400, "PipelineNotFoundException"),
        ("codepipeline", "", "InternalFailure", 500, "InternalFailure"),
        ("elbv2", "", "ListenerNotFoundException", 400, "ListenerNotFound"),
        ("cloudwatch", "", "InvalidNextToken", 400, "InvalidNextToken"),
        ("cloudwatch", "query", "ResourceNotFound", 404, "ResourceNotFound"),
        ("lambda", "", "ResourceNotFoundException", 404, "ResourceNotFoundException"),
    ],
)
def test_an_error_keeps_its_code_and_text_in_each_protocol(
    service: str, protocol: str, code: str, status: int, seen: str
) -> None:
    model = model_of(service)
    wire = WIRES[protocol or model.protocol]
    found = read(
        wire.refused(model, code, "no <such> thing & more", status),
        service,
        model.operation_names[0],
        protocol,
    )
    assert (found["Error"]["Code"], found["Error"]["Message"]) == (seen, "no <such> thing & more")


def test_an_empty_list_of_a_form_is_a_list() -> None:
    request = Request(
        "elbv2",
        "POST",
        "/",
        {},
        {"content-type": "application/x-www-form-urlencoded"},
        b"Action=DescribeTargetGroups&Names=",
    )
    assert understood(request, "elbv2")[1] == {"Names": []}


@pytest.mark.parametrize(
    "body",
    [b"[1]", b"{", b"null", b'{"name": 3}', b'{"variables": {"a": "b"}}', b'{"name": ["a"]}', b"\xff\xfe"],
)
def test_a_json_body_that_is_no_input_is_refused_and_breaks_nothing(body: bytes) -> None:
    headers = {"x-amz-target": "CodePipeline_20150709.StartPipelineExecution"}
    request = Request("codepipeline", "POST", "/", {}, headers, body)
    with pytest.raises(AwsRefusal) as refused:
        understood(request, "codepipeline")
    assert refused.value.code == "SerializationException"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\x9f\x01",
        b"\x7b" + b"\xff" * 8,
        b"\x01",
        b"\xa1\x01",
        b"\xbf" * 5000,
        b"\xc1\x61a",
        b"\x1c",
    ],
)
def test_broken_cbor_is_refused_and_breaks_nothing(body: bytes) -> None:
    request = sent("cloudwatch", "DescribeAlarms")
    broken_one = Request("monitoring", "POST", request.path, {}, request.headers, body)
    with pytest.raises(AwsRefusal):
        understood(broken_one, "cloudwatch")


def test_cbor_keeps_every_kind_of_value() -> None:
    value = {
        "n": [0, 23, 24, 255, 256, 65536, 2**40, -1, -500],
        "t": NOON,
        "f": 0.1,
        "b": b"\x00",
        "o": [None, True, False],
        "d": {},
    }
    assert decoded(encoded(value)) == value
    assert decoded(b"\xbf\x61a\x9f\x01\x02\xff\xff") == {"a": [1, 2]}, "of a length that is not said before"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {},
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        ),
        ({"name": ""}, "Member must have length greater than or equal to 1"),
        ({"name": "a" * 101}, "Member must have length less than or equal to 100"),
        (
            {"name": "a b"},
            "Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern",
        ),
        ({"name": "a", "variables": [{"name": "A", "value": ""}]}, "at 'variables.1.member.value'"),
        ({"name": "a b", "variables": []}, "2 validation errors detected"),
        (
            {
                "name": "a",
                "sourceRevisions": [{"actionName": "a", "revisionType": "TAG", "revisionValue": "x"}],
            },
            "Member must satisfy enum value set: [COMMIT_ID, IMAGE_DIGEST",
        ),
    ],
)
def test_an_input_that_breaks_a_constraint_is_refused_in_aws_s_words(
    asked: Mapping[str, Any], said: str
) -> None:
    """codepipeline/latest/APIReference/API_StartPipelineExecution.md, "Request Parameters"."""
    assert said in broken(
        model_of("codepipeline").operation_model("StartPipelineExecution").input_shape, asked
    )


def test_an_input_that_keeps_every_constraint_is_taken() -> None:
    assert broken(model_of("codepipeline").operation_model("StartPipelineExecution").input_shape, START) == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"pipelines": [{"nam": "shop"}]}, "pipelines.1.member.nam is not in the API"),
        ({"pipelines": [{"created": "today"}]}, "pipelines.1.member.created is 'today', no timestamp"),
        ({"pipelines": [{"version": True}]}, "is True, no integer"),
        ({"pipelines": {}}, "no list"),
        ({"pipelines": [{"executionMode": "ALL"}]}, "enum value set"),
    ],
)
def test_an_answer_that_is_none_of_the_api_s_is_a_fault(answer: Mapping[str, Any], said: str) -> None:
    with pytest.raises(WrongShape, match="codepipeline ListPipelines") as fault:
        shaped("codepipeline", "ListPipelines", answer)
    assert said in str(fault.value)


def test_a_list_of_an_answer_may_be_empty_where_aws_s_own_is() -> None:
    """cli/latest/reference/codebuild/batch-get-builds: `"buildsNotFound": []`, whose model has a least length of 1."""
    assert shaped("codebuild", "BatchGetBuilds", {"builds": [], "buildsNotFound": []})
    asked = model_of("codebuild").operation_model("BatchGetBuilds").input_shape
    assert "greater than or equal to 1" in broken(asked, {"ids": []}), "what is asked for may not"


@pytest.mark.parametrize(
    "body",
    [
        b'{"pipelineName": "a", "maxResults": NaN}',
        b'{"pipelineName": "a", "maxResults": Infinity}',
        b'{"pipelineName": "a", "maxResults": 1.5}',
        b'{"pipelineName": "a", "maxResults": true}',
        b'{"pipelineName": "a", "filter": ' + b"[" * 100_000,
    ],
)
def test_numbers_that_are_none_and_endless_depth_are_refused(body: bytes) -> None:
    headers = {"x-amz-target": "CodePipeline_20150709.ListPipelineExecutions"}
    with pytest.raises(AwsRefusal) as refused:
        understood(Request("codepipeline", "POST", "/", {}, headers, body), "codepipeline")
    assert refused.value.code == "SerializationException"
