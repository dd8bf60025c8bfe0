"""The gateway as its callers meet it: real boto3 calls and the AWS CLI through one running gateway."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.errors import RehearsalError
from rehearsal.identity.authority import Credentials
from rehearsal.running.endpoint import local_endpoint
from tests.rehearsal.gateway_world import (
    ACCOUNT,
    EXECUTION,
    FAMILY,
    REGION,
    ROLE,
    SESSION,
    Local,
    code_and_text,
    implicit,
    running_gateway,
)


@pytest.fixture(scope="module")
def running() -> Iterator[Local]:
    with running_gateway() as local:
        yield local


@pytest.fixture
def local(running: Local) -> Local:
    return running.cleared()


@pytest.fixture
def bucket(local: Local) -> str:
    name = f"artifacts-{uuid.uuid4().hex[:8]}"
    local.admin("s3").create_bucket(Bucket=name)
    return name


def test_an_allowed_call_reaches_the_store_and_is_recorded(local: Local, bucket: str) -> None:
    local.allow((["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*"))
    local.client("s3").put_object(Bucket=bucket, Key="release/taskdef.json", Body=b"{}" * 5000)
    assert (
        local.client("s3").get_object(Bucket=bucket, Key="release/taskdef.json")["Body"].read()
        == b"{}" * 5000
    )
    seen = [(call.action, call.resource, call.allowed) for call in local.authority.calls[-2:]]
    where = f"arn:aws:s3:::{bucket}/release/taskdef.json"
    assert seen == [("s3:PutObject", where, True), ("s3:GetObject", where, True)]


def test_s3_refuses_in_its_own_words(local: Local, bucket: str) -> None:
    with pytest.raises(ClientError) as refused:
        local.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
    quoted = f'"arn:aws:s3:::{bucket}/k"'
    assert code_and_text(refused) == ("AccessDenied", implicit("s3:PutObject", quoted)), (
        "S3 puts the resource in quotes (troubleshoot-403-errors.md)"
    )
    assert local.admin("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0, "a refused write stores nothing"


def test_a_refused_head_is_a_bare_403(local: Local, bucket: str) -> None:
    with pytest.raises(ClientError) as refused:
        local.client("s3").head_object(Bucket=bucket, Key="k")
    assert code_and_text(refused) == ("403", "Forbidden"), "a HEAD answer has no body that could say more"


def test_listing_is_held_to_the_declared_prefix(local: Local, bucket: str) -> None:
    only = {"StringLike": {"s3:prefix": "templates/*"}}
    allowed = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Condition": only,
    }
    local.authority.put_policy(ROLE, "inline", {"Statement": [allowed]})
    local.client("s3").list_objects_v2(Bucket=bucket, Prefix="templates/1f/")
    with pytest.raises(ClientError) as refused:
        local.client("s3").list_objects_v2(Bucket=bucket, Prefix="other/")
    assert code_and_text(refused)[0] == "AccessDenied"


@pytest.mark.parametrize(("listing", "code"), [("allowed", "NoSuchKey"), ("refused", "AccessDenied")])
def test_a_missing_object_is_told_only_to_who_may_list(
    local: Local, bucket: str, listing: str, code: str
) -> None:
    """API_GetObject.md: 404 with s3:ListBucket on the bucket, 403 without."""
    local.allow(
        ("s3:GetObject", f"arn:aws:s3:::{bucket}/*"),
        *([("s3:ListBucket", f"arn:aws:s3:::{bucket}")] if listing == "allowed" else []),
    )
    with pytest.raises(ClientError) as missing:
        local.client("s3").get_object(Bucket=bucket, Key="gone")
    assert code_and_text(missing)[0] == code


def test_an_object_under_a_customer_key_needs_the_key(local: Local, bucket: str) -> None:
    key = local.admin("kms").create_key()["KeyMetadata"]["Arn"]
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    local.admin("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    objects = (["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*")
    local.allow(objects)
    with pytest.raises(ClientError) as refused:
        local.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    assert code_and_text(refused) == ("AccessDenied", implicit("kms:GenerateDataKey", f'"{key}"'))
    local.allow(objects, ("kms:GenerateDataKey", key))
    local.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError) as refused:
        local.client("s3").get_object(Bucket=bucket, Key="k")
    assert code_and_text(refused) == ("AccessDenied", implicit("kms:Decrypt", f'"{key}"'))
    local.allow(objects, ("kms:Decrypt", key))
    assert local.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_kms_encryption_without_a_key_takes_the_managed_one(local: Local, bucket: str) -> None:
    """UsingKMSEncryption.md: S3 uses aws/s3 then, which needs no permission on a key."""
    local.allow((["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*"))
    local.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    assert local.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize("kind", ["s3", "s3v4"])
def test_a_presigned_url_acts_as_its_signer(local: Local, bucket: str, kind: str) -> None:
    local.admin("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
    local.allow(("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    presigning = Config(signature_version=kind, s3={"addressing_style": "path"})
    signer = local.client("s3", local.credentials, presigning)
    url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    with urlopen(url) as answer:
        assert answer.read() == b"x"
    assert local.authority.calls[-1].resource == f"arn:aws:s3:::{bucket}/k"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("ssm", "describe_parameters", {}, "UnrecognizedClientException"),
        ("s3", "list_objects_v2", {"Bucket": "artifacts"}, "InvalidAccessKeyId"),
        ("sns", "list_topics", {}, "InvalidClientTokenId"),
    ],
)
def test_an_unknown_key_is_refused(
    local: Local, service: str, operation: str, parameters: dict[str, Any], code: str
) -> None:
    stranger = Credentials("AKIASTRANGER", "x", None, None)
    with pytest.raises(ClientError) as refused:
        getattr(local.client(service, stranger), operation)(**parameters)
    assert code_and_text(refused)[0] == code


def test_temporary_keys_without_their_session_token_are_refused(local: Local) -> None:
    local.allow(("ssm:DescribeParameters", "*"))
    local.client("ssm").describe_parameters()
    without = Credentials(local.credentials.access_key_id, local.credentials.secret_access_key, None, ROLE)
    with pytest.raises(ClientError) as refused:
        local.client("ssm", without).describe_parameters()
    assert code_and_text(refused) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_who_am_i_names_the_role(local: Local) -> None:
    assert local.client("sts").get_caller_identity()["Arn"] == SESSION, "and needs no permission"


def test_an_unsigned_request_is_refused(local: Local) -> None:
    status, _, body = local.registry("GET", "/_ministack/reset", None)
    assert (status, b"MissingAuthenticationToken" in body) == (400, True), (
        "only the health path answers anyone"
    )


def test_the_aws_cli_shows_the_refusal_as_aws_would(local: Local, tmp_path: Path) -> None:
    environment = {
        "AWS_ENDPOINT_URL": local.gateway.endpoint,
        "AWS_ACCESS_KEY_ID": local.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": local.credentials.secret_access_key,
        "AWS_SESSION_TOKEN": str(local.credentials.session_token),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    cli = [sys.executable, "-m", "awscli", "ecr", "get-login-password"]
    refused = subprocess.run(cli, env=environment, capture_output=True, text=True, check=False, timeout=60)
    text = "An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: "
    assert (refused.returncode, refused.stdout) == (255, "")
    assert text + implicit("ecr:GetAuthorizationToken", "*") in refused.stderr
    local.allow(("ecr:GetAuthorizationToken", "*"))
    allowed = subprocess.run(cli, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert local.registry("GET", "/v2/", allowed.stdout.strip())[0] == 200, (
        "what it prints opens the registry"
    )


def test_parameters_are_authorized_one_by_one(local: Local) -> None:
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter"
    for name in ("/app/url", "/other/url"):
        local.admin("ssm").put_parameter(Name=name, Value="v", Type="String", Overwrite=True)
    local.allow(("ssm:GetParameters", f"{arn}/app/*"))
    assert local.client("ssm").get_parameters(Names=["/app/url"])["Parameters"][0]["Value"] == "v"
    with pytest.raises(ClientError) as refused:
        local.client("ssm").get_parameters(Names=["/app/url", "/other/url"])
    assert code_and_text(refused) == (
        "AccessDeniedException",
        implicit("ssm:GetParameters", f"{arn}/other/url"),
    ), "the one parameter that is not allowed is the one that is named"


@pytest.mark.parametrize("by", ["name", "ARN", "ARN without its suffix"])
def test_a_secret_is_read_by_any_of_its_names_under_one_statement(local: Local, by: str) -> None:
    name = f"app/{uuid.uuid4().hex[:8]}"
    arn = local.admin("secretsmanager").create_secret(Name=name, SecretString="s")["ARN"]
    asked = {"name": name, "ARN": arn, "ARN without its suffix": arn.rpartition("-")[0]}[by]
    with pytest.raises(ClientError) as refused:
        local.client("secretsmanager").get_secret_value(SecretId=asked)
    assert code_and_text(refused) == ("AccessDeniedException", implicit("secretsmanager:GetSecretValue", arn))
    local.allow(("secretsmanager:GetSecretValue", arn))
    assert local.client("secretsmanager").get_secret_value(SecretId=asked)["SecretString"] == "s"


def test_log_streams_are_allowed_by_the_usual_pattern(local: Local) -> None:
    group = f"/app/{uuid.uuid4().hex[:8]}"
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    local.admin("logs").create_log_group(logGroupName=group)
    local.allow((["logs:CreateLogStream", "logs:PutLogEvents"], f"{arn}:*"))
    logs = local.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])
    with pytest.raises(ClientError) as refused:
        logs.create_log_group(logGroupName=f"{group}-2")
    assert code_and_text(refused) == ("AccessDeniedException", implicit("logs:CreateLogGroup", f"{arn}-2"))


def test_registering_a_task_definition_without_pass_role_names_the_role(local: Local) -> None:
    local.allow(("ecs:RegisterTaskDefinition", "*"))
    containers = [{"name": "web", "image": "i", "memory": 64}]
    with pytest.raises(ClientError) as refused:
        local.client("ecs").register_task_definition(
            family="web", executionRoleArn=EXECUTION, containerDefinitions=containers
        )
    assert code_and_text(refused) == ("AccessDeniedException", implicit("iam:PassRole", EXECUTION))
    local.allow(("ecs:RegisterTaskDefinition", FAMILY), ("iam:PassRole", EXECUTION))
    made = local.client("ecs").register_task_definition(
        family="web", executionRoleArn=EXECUTION, containerDefinitions=containers
    )
    assert made["taskDefinition"]["family"] == "web"


def test_what_cannot_be_derived_is_not_let_through(local: Local) -> None:
    local.allow(("*", "*"))
    with pytest.raises(ClientError, match="cannot authorize this request"):
        local.client("ecs").run_task(taskDefinition="web")


def test_a_second_gateway_in_one_process_is_refused(local: Local) -> None:
    with pytest.raises(RehearsalError, match="keeps its state per process"):
        local_endpoint(local.authority).start()
    assert local.admin("sts").get_caller_identity()["Account"] == ACCOUNT, "the first goes on"
