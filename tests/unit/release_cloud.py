"""A cloud for the release function's tests: what each call finds, every call and answer held against AWS's own model."""

import io
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.handlers import json_decode_policies
from botocore.validate import ParamValidator

from documents import taskdef
from documents.appspec import Target, appspec
from documents.appspec import text as appspec_text
from documents.descriptor import StackDescriptor
from release import handler
from release.aws import Aws
from release.subject import DESCRIPTOR
from tests.unit.release_ecs import EcsCloud
from tests.unit.release_others import OthersCloud
from tests.unit.shop import PREFIX, SHOP, WEB

PARAMETER = "/delivery/shop/stg"
DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
CONFIG, CHILD = "sha256:" + "c" * 64, "sha256:" + "d" * 64
JOB = "11111111-abcd-1111-abcd-111111abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stg/database-AbCdEf"
HIDDEN = "s3cr3t-never-to-be-shown"
"""Every value of a secret here holds it, and so do the event's credentials: nothing the function says may."""


def definition(container: str = "app", **changes: Any) -> dict[str, Any]:
    """A task definition template whose container reads one JSON key of the secret."""
    shared = taskdef.Task("shop-stg-web", 256, 512, "X86_64", "execution", "task", "log", "us-east-1")
    pushed = taskdef.Container(
        name=container, image=taskdef.pushed_image(), secrets={"DATABASE_URL": f"{SECRET}:url::"}
    )
    return {**taskdef.task_definition(shared, [pushed]), **changes}


def spec(container: str = "app", port: int = 8080) -> str:
    """An AppSpec template."""
    return appspec_text(appspec(Target(container, port, ["subnet-1"], ["sg-1"]), {}))


def index(*platforms: tuple[str, str] | None, digest: str = CHILD) -> dict[str, Any]:
    """An index with one manifest for each platform; None for an entry that does not say its own."""
    entries = [
        {"digest": digest} | ({"platform": {"os": one[0], "architecture": one[1]}} if one else {})
        for one in platforms
    ]
    return {"schemaVersion": 2, "manifests": entries}


def manifest(config: str = CONFIG) -> dict[str, Any]:
    """A manifest of one platform, which its configuration names."""
    return {"schemaVersion": 2, "config": {"digest": config}, "layers": []}


@dataclass
class ReleaseCloud:
    """What there is, as each test wants it; by default everything is well."""

    stack: StackDescriptor[str] | None = SHOP
    tags: dict[str, str] = field(default_factory=lambda: {"stg": DIGEST})
    manifests: dict[str, Mapping[str, Any]] = field(
        default_factory=lambda: {DIGEST: index(("linux", "amd64"))}
    )
    failure: str = "ImageNotFound"
    """What ECR says of a manifest it does not give."""
    blobs: dict[str, bytes] = field(
        default_factory=lambda: {CONFIG: b'{"os":"linux","architecture":"amd64"}'}
    )
    objects: dict[str, str] = field(
        default_factory=lambda: {
            f"{PREFIX}/taskdef-web.json": json.dumps(definition()),
            f"{PREFIX}/appspec-web.yaml": spec(),
        }
    )
    heeds: bool = True
    """Whether the deployment groups heed their alarms."""
    alarms: dict[str, str] = field(default_factory=lambda: {"shop-stg-web-1-unhealthy": "OK"})
    deployments: dict[str, tuple[str, str]] = field(default_factory=dict)
    """State and creator by id."""
    variables: list[dict[str, str]] = field(default_factory=list)
    """Of the migration's project."""
    secrets: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {SECRET: {"SecretString": json.dumps({"url": HIDDEN})}}
    )
    parameters: set[str] = field(default_factory=set)
    ecs: EcsCloud = field(default_factory=EcsCloud)
    others: OthersCloud = field(default_factory=OthersCloud)
    lines: dict[str, list[str]] = field(default_factory=dict)
    """What was logged, by stream."""
    errors: dict[str, Any] = field(default_factory=dict)
    """What stands before an operation's answer: an error's code, anything to raise, or something to do."""
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Service (with the Region, if one was named), operation and input of every call."""

    def called(self, operation: str) -> list[dict[str, Any]]:
        """The inputs of every call of an operation."""
        return [given for _, name, given in self.calls if name == operation]

    @property
    def failed(self) -> str:
        """The message of the one failure CodePipeline was told."""
        [told] = self.called("PutJobFailureResult")
        assert not self.called("PutJobSuccessResult"), "a job has one answer"
        return told["failureDetails"]["message"]

    @property
    def kind(self) -> str:
        """The type of the one failure."""
        return self.called("PutJobFailureResult")[0]["failureDetails"]["type"]

    @property
    def succeeded(self) -> dict[str, Any]:
        """The one success CodePipeline was told."""
        assert not self.called("PutJobFailureResult"), self.called("PutJobFailureResult")
        [told] = self.called("PutJobSuccessResult")
        return told

    def answer(self, service: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """What AWS answers."""
        wrong = self.errors.get(operation)
        if isinstance(wrong, BaseException):
            raise wrong
        if isinstance(wrong, str):
            raise refused(operation, wrong)
        if wrong is not None:
            wrong()
        answers: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetParameter": self._descriptor,
            "GetParameters": self._parameters,
            "DescribeImages": self._describe,
            "BatchGetImage": self._image,
            "GetDownloadUrlForLayer": lambda asked: {"downloadUrl": f"signed:{asked['layerDigest']}"},
            "GetDeploymentGroup": self._group,
            "DescribeAlarms": self._alarms,
            "ListDeployments": lambda _: {"deployments": list(self.deployments)},
            "GetDeployment": self._deployment,
            "ListObjectsV2": self._listed,
            "GetObject": lambda asked: {"Body": io.BytesIO(self.objects[asked["Key"]].encode())},
            "BatchGetProjects": lambda _: {"projects": [{"environment": self._environment()}]},
            "GetSecretValue": self._secret,
            "GetLogEvents": self._lines,
            **self.ecs.operations,
            **self.others.operations,
            "PutJobSuccessResult": lambda _: {},
            "PutJobFailureResult": lambda _: {},
        }
        return answers[operation](given)

    def _environment(self) -> dict[str, Any]:
        return {
            "type": "LINUX_CONTAINER",
            "image": "i",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                *self.variables,
                {"name": "PLAIN", "value": HIDDEN, "type": "PLAINTEXT"},
            ],
        }

    def _descriptor(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.stack is None or asked["Name"] != PARAMETER:
            raise refused("GetParameter", "ParameterNotFound")
        return {"Parameter": {"Value": json.dumps(self.stack.document())}}

    def _parameters(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = [
            {"Name": one, "Value": f"{HIDDEN}-{one}"} for one in asked["Names"] if one in self.parameters
        ]
        unknown = [one for one in asked["Names"] if one not in self.parameters]
        return {"Parameters": known} | ({"InvalidParameters": unknown} if unknown else {})

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        tag = asked["imageIds"][0]["imageTag"]
        if tag not in self.tags:
            raise refused("DescribeImages", "ImageNotFoundException")
        return {"imageDetails": [{"imageDigest": self.tags[tag], "imageTags": [tag]}]}

    def _image(self, asked: dict[str, Any]) -> dict[str, Any]:
        [wanted] = asked["imageIds"]
        found = self.manifests.get(wanted["imageDigest"])
        if found is None:
            return {
                "images": [],
                "failures": [{"imageId": wanted, "failureCode": self.failure, "failureReason": "r"}],
            }
        return {"images": [{"imageId": wanted, "imageManifest": json.dumps(found)}], "failures": []}

    def _group(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["applicationName"] == asked["deploymentGroupName"] == "shop-stg-web"
        alarms = [{"name": name} for name in self.alarms]
        return {"deploymentGroupInfo": {"alarmConfiguration": {"enabled": self.heeds, "alarms": alarms}}}

    def _alarms(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert set(asked["AlarmTypes"]) == {"MetricAlarm", "CompositeAlarm"}, (
            "composite ones are left out otherwise"
        )
        on = [one for one in asked["AlarmNames"] if self.alarms[one] == asked["StateValue"]]
        composite = [{"AlarmName": one} for one in on if one.startswith("composite")]
        return {
            "MetricAlarms": [{"AlarmName": one} for one in on if not one.startswith("composite")],
            "CompositeAlarms": composite,
        }

    def _deployment(self, asked: dict[str, Any]) -> dict[str, Any]:
        state, creator = self.deployments[asked["deploymentId"]]
        return {"deploymentInfo": {"status": state, "creator": creator}}

    def _lines(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["logGroupName"] == "log"
        if asked["logStreamName"] not in self.lines:
            raise refused("GetLogEvents", "ResourceNotFoundException")
        said = self.lines[asked["logStreamName"]][-asked["limit"] :]
        return {"events": [{"message": one, "timestamp": 1} for one in said]}

    def _listed(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [{"Key": one} for one in self.objects if one.startswith(asked["Prefix"])]
        return {"Contents": found} if found else {}

    def _secret(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = self.secrets.get(asked["SecretId"])
        version = asked.get("VersionStage") or asked.get("VersionId") or "AWSCURRENT"
        if known is None or version not in known.get("versions", ["AWSCURRENT"]):
            raise refused("GetSecretValue", "ResourceNotFoundException")
        return {name: value for name, value in known.items() if name != "versions"}


def refused(operation: str, code: str) -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": f"the message of {code}"}}, operation)


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class _Client:
    def __init__(self, cloud: ReleaseCloud, service: str, region: str) -> None:
        self._cloud, self._service, self._region = cloud, service, region

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.capitalize() for part in name.split("_"))
        return lambda **given: self._call(operation, given)

    def _call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        model = _model(self._service).operation_model(operation)
        wrong = ParamValidator().validate(given, model.input_shape)
        if wrong.has_errors():
            raise ParamValidationError(report=wrong.generate_report())
        where = f"{self._service} {self._region}".strip()
        self._cloud.calls.append((where, operation, given))
        answer = self._cloud.answer(self._service, operation, given)
        if model.output_shape is not None and "Body" not in answer:
            found = ParamValidator().validate(answer, model.output_shape)
            assert not found.has_errors(), found.generate_report()
            json_decode_policies(answer, model)  # as boto3 does, of IAM's answers
        return answer


class FakeAws(Aws):
    """The function's way to this cloud."""

    def __init__(self, cloud: ReleaseCloud) -> None:
        super().__init__()
        self._cloud = cloud

    def client(self, service: str, region: str = "") -> Any:
        return _Client(self._cloud, service, region)

    def fetch(self, url: str) -> bytes:
        return self._cloud.blobs[url.removeprefix("signed:")]


@dataclass
class Invocation:
    """Lambda's context."""

    milliseconds: int = 60_000
    aws_request_id: str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def event(*, token: str = "", parameters: str | None = None, **changes: str) -> dict[str, Any]:
    """CodePipeline's event (CodePipeline User Guide, action-reference-Lambda)."""
    asked = {"step": "check", "digest": DIGEST, "trigger": "push", "migrate": "run", **changes}
    told = json.dumps(asked) if parameters is None else parameters
    configuration = {"FunctionName": "shop-stg-release", "UserParameters": told}
    data: dict[str, Any] = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [],
        "outputArtifacts": [],
        "artifactCredentials": {"accessKeyId": "AKIA", "secretAccessKey": HIDDEN, "sessionToken": HIDDEN},
    }
    if token:
        data["continuationToken"] = token
    return {"CodePipeline.job": {"id": JOB, "accountId": "123456789012", "data": data}}


def invoke(
    cloud: ReleaseCloud,
    monkeypatch: pytest.MonkeyPatch,
    sent: Mapping[str, Any] | None = None,
    context: Invocation | None = None,
) -> None:
    """Let Lambda call the function."""
    monkeypatch.setattr(handler, "_AWS", FakeAws(cloud))
    monkeypatch.setenv(DESCRIPTOR, PARAMETER)
    handler.handle(event() if sent is None else sent, context or Invocation())


def with_services(*names: str) -> StackDescriptor[str]:
    """A stack of these services."""
    return replace(SHOP, services=dict.fromkeys(names, WEB))


@contextmanager
def silent_about_secrets(capfd: pytest.CaptureFixture[str]) -> Generator[ReleaseCloud]:
    """A cloud whose secrets, and the event's credentials, are never told to anybody."""
    cloud = ReleaseCloud()
    yield cloud
    shown = capfd.readouterr()
    told = [given for _, operation, given in cloud.calls if operation.startswith("PutJob")]
    assert HIDDEN not in f"{shown}{told}", "neither values of secrets nor the event's credentials are told"
