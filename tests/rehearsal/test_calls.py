"""From a request to the permissions AWS checks. The requests are the SDK's own, built by boto3 and never sent."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from documents.place import Place
from rehearsal.ecr.registry_calls import registry_needed, registry_request
from rehearsal.endpoint.keys import key_needed
from rehearsal.endpoint.permissions import Needed, Underivable, needed
from rehearsal.endpoint.request import Request
from rehearsal.endpoint.signature import Signature, signature_of

HERE = Place("123456789012", "us-east-1")
EXECUTION = "arn:aws:iam::123456789012:role/web-execution"
TASK = "arn:aws:iam::123456789012:role/web-task"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-AbCdEf"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/app/build"


def request_of(service: str, operation: str, **parameters: Any) -> Request:
    """What boto3 would send."""
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="ASIAX",
        aws_secret_access_key="x",
        aws_session_token="token",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )
    seen: list[Any] = []

    def keep(request: Any, **_: Any) -> AWSResponse:
        seen.append(request)
        return AWSResponse(request.url, 500, {}, None)

    client.meta.events.register("before-send", keep)
    with pytest.raises(Exception):  # noqa: B017, PT011  (the answer is of no interest)
        getattr(client, operation)(**parameters)
    sent = seen[0]
    headers = {k.lower(): v.decode() if isinstance(v, bytes) else str(v) for k, v in sent.headers.items()}
    parts = urlsplit(sent.url)
    query = parse_qs(parts.query, keep_blank_values=True)
    body = sent.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    signature = signature_of(headers, query)
    assert signature is not None, "boto3 signs"
    return Request(signature.service, sent.method, parts.path, query, headers, body, signature)


def parameter(name: str) -> str:
    return f"arn:aws:ssm:us-east-1:123456789012:parameter/{name}"


def repository(name: str) -> str:
    return f"arn:aws:ecr:us-east-1:123456789012:repository/{name}"


ROWS: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    ("s3", "get_object", {"Bucket": "bucket", "Key": "a/b"}, [("s3:GetObject", "arn:aws:s3:::bucket/a/b")]),
    ("s3", "head_object", {"Bucket": "bucket", "Key": "a/b"}, [("s3:GetObject", "arn:aws:s3:::bucket/a/b")]),
    (
        "s3",
        "head_object",
        {"Bucket": "bucket", "Key": "k", "VersionId": "v1"},
        [("s3:GetObjectVersion", "arn:aws:s3:::bucket/k")],
    ),
    (
        "s3",
        "put_object",
        {"Bucket": "bucket", "Key": "k", "Body": b"x"},
        [("s3:PutObject", "arn:aws:s3:::bucket/k")],
    ),
    ("s3", "delete_object", {"Bucket": "bucket", "Key": "k"}, [("s3:DeleteObject", "arn:aws:s3:::bucket/k")]),
    ("s3", "list_objects_v2", {"Bucket": "bucket"}, [("s3:ListBucket", "arn:aws:s3:::bucket")]),
    ("s3", "head_bucket", {"Bucket": "bucket"}, [("s3:ListBucket", "arn:aws:s3:::bucket")]),
    ("s3", "get_bucket_location", {"Bucket": "bucket"}, [("s3:GetBucketLocation", "arn:aws:s3:::bucket")]),
    (
        "s3",
        "get_bucket_versioning",
        {"Bucket": "bucket"},
        [("s3:GetBucketVersioning", "arn:aws:s3:::bucket")],
    ),
    ("s3", "get_bucket_acl", {"Bucket": "bucket"}, [("s3:GetBucketAcl", "arn:aws:s3:::bucket")]),
    (
        "s3",
        "copy_object",
        {"Bucket": "bucket", "Key": "k", "CopySource": "other/key"},
        [("s3:PutObject", "arn:aws:s3:::bucket/k"), ("s3:GetObject", "arn:aws:s3:::other/key")],
    ),
    (
        "s3",
        "create_multipart_upload",
        {"Bucket": "bucket", "Key": "k"},
        [("s3:PutObject", "arn:aws:s3:::bucket/k")],
    ),
    (
        "ssm",
        "get_parameters",
        {"Names": ["/app/a", "plain", "/app/v:3", parameter("app/arn")]},
        [("ssm:GetParameters", parameter(name)) for name in ("app/a", "plain", "app/v", "app/arn")],
    ),
    ("ssm", "get_parameter", {"Name": "/app/a"}, [("ssm:GetParameter", parameter("app/a"))]),
    ("ssm", "get_parameters_by_path", {"Path": "/app"}, [("ssm:GetParametersByPath", parameter("app"))]),
    ("ssm", "describe_parameters", {}, [("ssm:DescribeParameters", "*")]),
    ("logs", "create_log_group", {"logGroupName": "/app/build"}, [("logs:CreateLogGroup", GROUP)]),
    (
        "logs",
        "create_log_stream",
        {"logGroupName": "/app/build", "logStreamName": "s/1"},
        [("logs:CreateLogStream", f"{GROUP}:log-stream:s/1")],
    ),
    (
        "logs",
        "put_log_events",
        {"logGroupName": "/app/build", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]},
        [("logs:PutLogEvents", f"{GROUP}:log-stream:s")],
    ),
    ("logs", "describe_log_streams", {"logGroupName": "/app/build"}, [("logs:DescribeLogStreams", GROUP)]),
    ("logs", "describe_log_groups", {}, [("logs:DescribeLogGroups", "*")]),
    ("ecr", "get_authorization_token", {}, [("ecr:GetAuthorizationToken", "*")]),
    (
        "ecr",
        "describe_images",
        {"repositoryName": "app/web"},
        [("ecr:DescribeImages", repository("app/web"))],
    ),
    (
        "ecr",
        "describe_repositories",
        {"repositoryNames": ["app", "web"]},
        [("ecr:DescribeRepositories", repository("app")), ("ecr:DescribeRepositories", repository("web"))],
    ),
    ("ecr", "describe_repositories", {}, [("ecr:DescribeRepositories", repository("*"))]),
    (
        "ecr",
        "put_image",
        {"repositoryName": "app", "imageManifest": "{}"},
        [("ecr:PutImage", repository("app"))],
    ),
    ("ecs", "describe_task_definition", {"taskDefinition": "web:1"}, [("ecs:DescribeTaskDefinition", "*")]),
    (
        "sqs",
        "send_message",
        {"QueueUrl": "http://127.0.0.1:9/123456789012/dead", "MessageBody": "m"},
        [("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:dead")],
    ),
    (
        "sns",
        "publish",
        {"TopicArn": "arn:aws:sns:us-east-1:123456789012:alarms", "Message": "m"},
        [("sns:Publish", "arn:aws:sns:us-east-1:123456789012:alarms")],
    ),
    (
        "kms",
        "decrypt",
        {"KeyId": "arn:aws:kms:us-east-1:123456789012:key/k", "CiphertextBlob": b"x"},
        [("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/k")],
    ),
    ("sts", "get_caller_identity", {}, []),
]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "wanted"), ROWS, ids=[f"{r[0]} {r[1]}" for r in ROWS]
)
def test_a_request_needs(
    service: str, operation: str, parameters: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    found = needed(request_of(service, operation, **parameters), HERE)
    assert [(call.action, call.resource) for call in found] == wanted


def test_listing_tells_the_prefix_to_the_policy() -> None:
    (call,) = needed(
        request_of("s3", "list_objects_v2", Bucket="bucket", Prefix="templates/", Delimiter="/"), HERE
    )
    assert call.context == {"s3:prefix": "templates/", "s3:delimiter": "/"}


def test_writing_tells_the_encryption_to_the_policy() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    sent = request_of(
        "s3", "put_object", Bucket="bucket", Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )
    (call,) = needed(sent, HERE)
    assert call.context["s3:x-amz-server-side-encryption"] == "aws:kms"
    assert call.context["s3:x-amz-server-side-encryption-aws-kms-key-id"] == key


@pytest.mark.parametrize("named", ["app/db", SECRET, SECRET.rpartition("-")[0]])
def test_a_secret_is_checked_by_its_full_arn_however_it_is_named(named: str) -> None:
    (call,) = needed(request_of("secretsmanager", "get_secret_value", SecretId=named), HERE, SECRET)
    assert (call.action, call.resource) == ("secretsmanager:GetSecretValue", SECRET)


def test_a_secret_that_does_not_exist_is_checked_by_what_was_named() -> None:
    (call,) = needed(request_of("secretsmanager", "get_secret_value", SecretId="gone"), HERE)
    assert call.resource == "arn:aws:secretsmanager:us-east-1:123456789012:secret:gone"


def test_registering_a_task_definition_passes_both_roles_and_tags() -> None:
    sent = request_of(
        "ecs",
        "register_task_definition",
        family="web",
        cpu="256",
        memory="512",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn=EXECUTION,
        taskRoleArn=TASK,
        containerDefinitions=[{"name": "web", "image": "i"}],
        tags=[{"key": "stack", "value": "stg"}],
    )
    family = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:*"
    tags = {"aws:RequestTag/stack": "stg", "aws:TagKeys": ["stack"]}
    sizes = {"ecs:task-cpu": "256", "ecs:task-memory": "512", "ecs:compute-compatibility": ["FARGATE"]}
    passed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    assert needed(sent, HERE) == [
        Needed("ecs:RegisterTaskDefinition", family, {**tags, **sizes}),
        Needed("iam:PassRole", EXECUTION, passed),
        Needed("iam:PassRole", TASK, passed),
        Needed("ecs:TagResource", family, {**tags, "ecs:CreateAction": "RegisterTaskDefinition"}),
    ], "list_amazonelasticcontainerservice.md, RegisterTaskDefinition; supported-iam-actions-tagging.md"


def test_registering_without_roles_and_tags_passes_none() -> None:
    sent = request_of("ecs", "register_task_definition", family="web", containerDefinitions=[{"name": "w"}])
    assert [call.action for call in needed(sent, HERE)] == ["ecs:RegisterTaskDefinition"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("ecs", "run_task", {"taskDefinition": "web"}),
        ("secretsmanager", "batch_get_secret_value", {"SecretIdList": ["a"]}),
    ],
)
def test_what_cannot_be_derived_is_refused_rather_than_let_through(
    service: str, operation: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(Underivable):
        needed(request_of(service, operation, **parameters), HERE)


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("HEAD", "/v2/app/web/blobs/sha256:aa", "ecr:BatchCheckLayerAvailability"),
        ("GET", "/v2/app/web/blobs/sha256:aa", "ecr:GetDownloadUrlForLayer"),
        ("POST", "/v2/app/web/blobs/uploads/", "ecr:InitiateLayerUpload"),
        ("PATCH", "/v2/app/web/blobs/uploads/id", "ecr:UploadLayerPart"),
        ("PUT", "/v2/app/web/blobs/uploads/id", "ecr:CompleteLayerUpload"),
        ("HEAD", "/v2/app/web/manifests/stg", "ecr:BatchGetImage"),
        ("GET", "/v2/app/web/manifests/sha256:aa", "ecr:BatchGetImage"),
        ("PUT", "/v2/app/web/manifests/stg", "ecr:PutImage"),
        ("DELETE", "/v2/app/web/manifests/sha256:aa", "ecr:BatchDeleteImage"),
        ("GET", "/v2/app/web/tags/list", "ecr:ListImages"),
    ],
)
def test_a_registry_request_is_an_ecr_action_on_the_repository(method: str, path: str, action: str) -> None:
    asked = registry_request(path)
    assert asked is not None
    assert registry_needed(method, asked, HERE) == [Needed(action, repository("app/web"))]


def test_a_registry_method_nobody_knows_is_refused() -> None:
    asked = registry_request("/v2/app/manifests/stg")
    assert asked is not None
    with pytest.raises(Underivable):
        registry_needed("POST", asked, HERE)


@pytest.mark.parametrize(("reference", "tag"), [("stg", "stg"), ("sha256:aa", None)])
def test_a_manifest_is_put_under_a_tag_or_a_digest(reference: str, tag: str | None) -> None:
    asked = registry_request(f"/v2/app/manifests/{reference}")
    assert asked is not None
    assert asked.tag == tag


@pytest.mark.parametrize(
    ("action", "service", "wanted"),
    [
        ("s3:GetObject", "s3", "kms:Decrypt"),
        ("s3:PutObject", "s3", "kms:GenerateDataKey"),
        ("ssm:GetParameters", "ssm", "kms:Decrypt"),
        ("secretsmanager:GetSecretValue", "secretsmanager", "kms:Decrypt"),
    ],
)
def test_a_customer_key_is_used_through_its_service(action: str, service: str, wanted: str) -> None:
    (call,) = key_needed([Needed(action, "r")], {"r": "key-arn"}, HERE)
    assert (call.action, call.resource) == (wanted, "key-arn")
    assert call.context["kms:ViaService"] == f"{service}.us-east-1.amazonaws.com"


def test_what_no_customer_key_protects_needs_none() -> None:
    assert key_needed([Needed("s3:GetObject", "r")], {}, HERE) == []


def test_the_caller_is_read_from_header_and_from_presigned_query() -> None:
    header = {
        "authorization": "AWS4-HMAC-SHA256 Credential=ASIA1/20260101/eu-west-1/s3/aws4_request, Signature=0"
    }
    assert signature_of(header, {}) == Signature("ASIA1", "eu-west-1", "s3", None)
    query = {"X-Amz-Credential": ["ASIA2/20260101/us-east-1/s3/aws4_request"], "X-Amz-Security-Token": ["t"]}
    assert signature_of({}, query) == Signature("ASIA2", "us-east-1", "s3", "t")
    assert signature_of({"authorization": "Basic QVdTOng="}, {}) is None
