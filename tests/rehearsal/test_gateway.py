"""The gateway as its callers meet it: real boto3 calls and raw registry requests through one running gateway."""

import base64
import hashlib
import http.client
import json
import queue
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.ecr.registry_rules import Push
from rehearsal.errors import RehearsalError
from rehearsal.gateway.gateway import Gateway
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.running.endpoint import local_endpoint

ACCOUNT = "123456789012"
REGION = "us-east-1"
ADMINISTRATOR = Credentials("test", "test", None, None)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/rehearsal"
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/web-execution"
FAMILY = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web:*"


@dataclass
class Local:
    """A running gateway, and one role whose policies each test sets."""

    gateway: Gateway
    authority: Authority
    pushes: "queue.Queue[Push]"
    credentials: Credentials
    clients: dict[tuple[str | None, ...], Any] = field(default_factory=dict[tuple[str | None, ...], Any])

    def allow(self, *statements: tuple[str | list[str], str | list[str]]) -> None:
        """Let the role do exactly this from now on."""
        document = [
            {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements
        ]
        nothing = [{"Effect": "Allow", "Action": "none:Nothing", "Resource": "*"}]
        self.authority.put_policy(ROLE, "inline", {"Version": "2012-10-17", "Statement": document or nothing})

    def client(self, service: str, who: Credentials | None = None, config: Config | None = None) -> Any:
        """A boto3 client, the role's own when nobody is named; made once for each caller."""
        caller = who or self.credentials
        found = None if config else self.clients.get((service, caller.access_key_id, caller.session_token))
        if found is None:
            found = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self.gateway.endpoint,
                aws_access_key_id=caller.access_key_id,
                aws_secret_access_key=caller.secret_access_key,
                aws_session_token=caller.session_token,
                config=config or Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        if config is None:
            self.clients[service, caller.access_key_id, caller.session_token] = found
        return found

    def admin(self, service: str) -> Any:
        """The infrastructure team's client."""
        return self.client(service, ADMINISTRATOR)

    def registry(
        self, method: str, path: str, password: str | None, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One raw request of the registry protocol."""
        if password is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"AWS:{password}".encode()).decode()
        connection = http.client.HTTPConnection(self.gateway.endpoint.removeprefix("http://"), timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def password(self, who: Credentials | None = None) -> str:
        """A registry password of the role or of someone else."""
        data = self.client("ecr", who).get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        assert user == "AWS", "ECR's only user name (registry_auth.md)"
        return password

    def push(self, repository: str, tag: str, content: bytes, password: str) -> tuple[int, str, bytes]:
        """Push a one-layer image; answers the last status, the manifest's digest and the last body."""
        layers: list[dict[str, Any]] = []
        for blob in (b"{}", content):
            digest = digest_of(blob)
            status, headers, body = self.registry("POST", f"/v2/{repository}/blobs/uploads/", password)
            if status != 202:
                return status, "", body
            place = headers["location"]
            self.registry("PATCH", place, password, blob)
            status, _, body = self.registry("PUT", f"{place}?digest={digest}", password)
            assert status == 201, body
            layers.append({"mediaType": "application/octet-stream", "size": len(blob), "digest": digest})
        manifest = json.dumps({"schemaVersion": 2, "config": layers[0], "layers": layers[1:]}).encode()
        kind = "application/vnd.oci.image.manifest.v1+json"
        where = f"/v2/{repository}/manifests/{tag}"
        status, _, body = self.registry("PUT", where, password, manifest, **{"Content-Type": kind})
        return status, digest_of(manifest), body

    def no_push(self) -> bool:
        """Whether no push was announced, given a moment to be."""
        try:
            self.pushes.get(timeout=0.1)
        except queue.Empty:
            return True
        return False


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture(scope="module")
def running() -> Iterator[Local]:
    authority = Authority()
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    authority.put_role(ROLE, {"Version": "2012-10-17", "Statement": [trust]})
    pushes: queue.Queue[Push] = queue.Queue()
    with local_endpoint(authority, pushes.put) as gateway:
        yield Local(gateway, authority, pushes, authority.assume(ROLE, "codebuild.amazonaws.com"))


@pytest.fixture
def local(running: Local) -> Local:
    """The gateway with a role that may nothing, and no push waiting to be read."""
    running.allow()
    while not running.pushes.empty():
        running.pushes.get()
    return running


@pytest.fixture
def bucket(local: Local) -> str:
    name = f"artifacts-{uuid.uuid4().hex[:8]}"
    local.admin("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def repository(local: Local) -> str:
    name = f"app/{uuid.uuid4().hex[:8]}"
    local.admin("ecr").create_repository(
        repositoryName=name,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "stg*"}],
    )
    return name


def code_and_text(refused: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = refused.value.response["Error"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    return error.get("Code", ""), error.get("Message", "")


def implicit(action: str, resource: str) -> str:
    text = f"User: {SESSION} is not authorized to perform: {action} on resource: {resource} "
    return text + f"because no identity-based policy allows the {action} action"


def repository_arn(name: str) -> str:
    return f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}"


# Objects


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


# Callers


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


# Parameters, secrets, logs, task definitions


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


# The registry


def test_the_registry_asks_for_a_login(local: Local) -> None:
    for password in (None, "made-up"):
        status, headers, _ = local.registry("GET", "/v2/", password)
        assert (status, headers["www-authenticate"].partition(" ")[0]) == (401, "Basic"), (
            "what docker login needs"
        )
    password = local.password(ADMINISTRATOR)
    assert local.registry("GET", "/v2/", password)[0] == 200
    somebody = "Basic " + base64.b64encode(f"somebody:{password}".encode()).decode()
    assert local.registry("GET", "/v2/", None, Authorization=somebody)[0] == 401, "the user name is AWS"


def test_a_token_needs_its_own_permission(local: Local) -> None:
    with pytest.raises(ClientError) as refused:
        local.client("ecr").get_authorization_token()
    assert code_and_text(refused) == ("AccessDeniedException", implicit("ecr:GetAuthorizationToken", "*"))


PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
]
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_a_push_by_an_allowed_role_is_announced_once(local: Local, repository: str) -> None:
    local.allow(("ecr:GetAuthorizationToken", "*"), (PUSH, repository_arn(repository)))
    password = local.password()
    status, digest, body = local.push(repository, "stg", b"one", password)
    assert status == 201, body
    assert local.pushes.get(timeout=2) == Push(repository, "stg", digest, ACCOUNT, REGION)
    local.push(repository, "stg", b"one", password)
    assert local.no_push(), "the same image under the same tag is no change"
    status, second, _ = local.push(repository, "stg", b"two", password)
    assert local.pushes.get(timeout=2).digest == second != digest
    assert local.no_push(), "one push, one event"


def test_a_push_without_the_permission_is_denied_in_the_words_docker_shows(
    local: Local, repository: str
) -> None:
    local.allow(("ecr:GetAuthorizationToken", "*"), (PULL, repository_arn(repository)))
    status, _, body = local.push(repository, "stg", b"one", local.password())
    error = json.loads(body)["errors"][0]
    assert status == 403
    assert error == {
        "code": "DENIED",
        "message": implicit("ecr:InitiateLayerUpload", repository_arn(repository)),
    }
    assert local.no_push()


def test_a_pull_needs_its_permissions(local: Local, repository: str) -> None:
    _, digest, _ = local.push(repository, "stg", b"one", local.password(ADMINISTRATOR))
    local.allow(("ecr:GetAuthorizationToken", "*"))
    password = local.password()
    manifest, layer = f"/v2/{repository}/manifests/{digest}", f"/v2/{repository}/blobs/{digest_of(b'one')}"
    assert local.registry("GET", manifest, None)[0] == 401
    assert local.registry("GET", manifest, password)[0] == 403
    local.allow((PULL, repository_arn(repository)))
    assert digest_of(local.registry("GET", manifest, password)[2]) == digest
    assert local.registry("GET", layer, password)[2] == b"one"


def test_a_push_under_a_digest_alone_is_not_announced(local: Local, repository: str) -> None:
    password = local.password(ADMINISTRATOR)
    manifest = b'{"schemaVersion": 2}'
    assert (
        local.registry("PUT", f"/v2/{repository}/manifests/{digest_of(manifest)}", password, manifest)[0]
        == 201
    )
    assert local.no_push()


@pytest.mark.parametrize(("tag", "status"), [("stg-2", 201), ("v1.0.0", 400)])
def test_only_an_excluded_tag_may_move(local: Local, repository: str, tag: str, status: int) -> None:
    """image-tag-mutability.md: IMMUTABLE_WITH_EXCLUSION with the filter stg*."""
    password = local.password(ADMINISTRATOR)
    assert local.push(repository, tag, b"one", password)[0] == 201
    moved, _, body = local.push(repository, tag, b"two", password)
    assert moved == status
    if status == 400:
        error = json.loads(body)["errors"][0]
        assert error["code"] == "TAG_INVALID"
        assert error["message"].startswith(
            f"The image tag '{tag}' already exists in the '{repository}' repository"
        )
        assert local.push(repository, tag, b"one", password)[0] == 201, "the same image is no overwriting"
    local.admin("ecr").put_image_tag_mutability(repositoryName=repository, imageTagMutability="MUTABLE")
    assert local.push(repository, tag, b"three", password)[0] == 201, "the rule is what refused"


def test_another_tag_put_on_an_image_through_the_api_is_a_push(local: Local, repository: str) -> None:
    _, digest, _ = local.push(repository, "v1", b"one", local.password(ADMINISTRATOR))
    local.push(repository, "v2", b"two", local.password(ADMINISTRATOR))
    ecr = local.admin("ecr")
    wanted = [{"imageTag": "v1"}]
    manifest = ecr.batch_get_image(repositoryName=repository, imageIds=wanted)["images"][0]["imageManifest"]
    assert [local.pushes.get(timeout=2).tag for _ in "12"] == ["v1", "v2"]
    ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="stg")
    assert local.pushes.get(timeout=2) == Push(repository, "stg", digest, ACCOUNT, REGION)
    for tag, code in (("stg", "ImageAlreadyExistsException"), ("v2", "ImageTagAlreadyExistsException")):
        with pytest.raises(ClientError) as refused:
            ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)
        assert code_and_text(refused)[0] == code, "API_PutImage.md"
    assert local.no_push()


def test_a_missing_tag_is_not_found(local: Local, repository: str) -> None:
    with pytest.raises(ClientError) as missing:
        local.admin("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": "stg"}])
    assert code_and_text(missing)[0] == "ImageNotFoundException", "the emulator would answer with no image"
    status, _, body = local.registry("GET", f"/v2/{repository}/manifests/stg", local.password(ADMINISTRATOR))
    assert (status, json.loads(body)["errors"][0]["message"]) == (404, "Requested image not found")


def test_a_layer_is_never_mounted_from_another_repository(local: Local, repository: str) -> None:
    admin = local.password(ADMINISTRATOR)
    local.push(repository, "stg", b"private", admin)
    other = f"{repository}-other"
    local.admin("ecr").create_repository(repositoryName=other)
    where = f"/v2/{other}/blobs/uploads/?mount={digest_of(b'private')}&from={repository}"
    assert local.registry("POST", where, admin)[0] == 202, "an upload begins; 201 would be a mount"
    assert local.registry("HEAD", f"/v2/{other}/blobs/{digest_of(b'private')}", admin)[0] == 404


def test_a_slow_handler_of_pushes_holds_nobody_up(local: Local, repository: str) -> None:
    entered, leave, over = threading.Event(), threading.Event(), threading.Event()

    def slow(_: Push) -> None:
        entered.set()
        leave.wait(3)
        over.set()

    held: Any = local.gateway._services["ecr"]  # pyright: ignore[reportPrivateUsage]
    before, held._on_push = held._on_push, slow
    try:
        assert local.push(repository, "stg", b"one", local.password(ADMINISTRATOR))[0] == 201
        assert entered.wait(2)
        local.admin("ecr").describe_images(repositoryName=repository)
        assert not over.is_set(), "both were answered while the handler was still at work"
    finally:
        held._on_push = before
        leave.set()


def test_a_second_gateway_in_one_process_is_refused(local: Local) -> None:
    with pytest.raises(RehearsalError, match="keeps its state per process"):
        local_endpoint(local.authority).start()
    assert local.admin("sts").get_caller_identity()["Account"] == ACCOUNT, "the first goes on"
