"""One declared pipeline whose actions wait for the test, with storage that stands for S3 and ECR."""

import io
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.codepipeline import declared
from rehearsal.codepipeline.actions.ecr_source import EcrSource
from rehearsal.codepipeline.execution import ActionCall, ActionFailed, Execution
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.identity.authority import Authority
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal
from rehearsal.world.zips import zipped

PATIENCE = 5.0
ROLE = "arn:aws:iam::123456789012:role/pipeline"
NAME = "a-pipeline-with-a-long-name"
DIGEST = "sha256:" + "a" * 64
NEWER = "sha256:" + "b" * 64


class Steps:
    """An action provider whose every run waits until the test lets it go on."""

    def __init__(self) -> None:
        self.entered: list[tuple[str, str]] = []
        self.calls: list[ActionCall] = []
        self.outputs: dict[str, Mapping[str, str]] = {}
        self.failing: set[str] = set()
        self.held: set[str] = set()
        self.revision: str | None = None
        """What the source says it found."""
        self.changed = threading.Condition()

    def run(self, call: ActionCall) -> Mapping[str, str]:
        with self.changed:
            self.entered.append((call.action, call.execution_id))
            self.calls.append(call)
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: call.action not in self.held, PATIENCE)
        revision = self.revision if call.action == "Source" else None
        for name in call.outputs:
            call.put_artifact(name, zipped({"from": call.action.encode()}), revision=revision)
        if call.action in self.failing:
            raise ActionFailed("JobFailed", f"{call.action} did not work")
        return self.outputs.get(call.action, {})

    def release(self, action: str) -> None:
        with self.changed:
            self.held.discard(action)
            self.changed.notify_all()

    def wait(self, action: str, execution: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: (action, execution) in self.entered, PATIENCE), self.entered

    def ran(self, action: str) -> list[str]:
        return [execution for name, execution in self.entered if name == action]


class Storage:
    """Stands for S3 and ECR."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts: list[dict[str, Any]] = []
        self.tags = {"stg": DIGEST}
        self.refuse = False
        self.callers: list[str] = []
        """As which role each client was asked for."""

    def put_object(self, **put: Any) -> dict[str, str]:
        if self.refuse:
            text = "User: x is not authorized to perform: s3:PutObject on resource: y"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": text}}, "PutObject")
        self.puts.append(put)
        self.objects[put["Key"]] = put["Body"]
        return {"VersionId": "1"}

    def get_object(self, **get: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[get["Key"]])}

    def describe_images(self, **asked: Any) -> dict[str, Any]:
        (image,) = asked["imageIds"]
        digest = image.get("imageDigest") or self.tags.get(image["imageTag"])
        if digest not in (DIGEST, NEWER):
            raise ClientError(
                {"Error": {"Code": "ImageNotFoundException", "Message": "none"}}, "DescribeImages"
            )
        pushed = datetime(2019, 1, 21, 20, 4, tzinfo=UTC)
        detail = {
            "imageDigest": digest,
            "imageTags": ["stg"],
            "imageSizeInBytes": 44728918,
            "imagePushedAt": pushed,
        }
        return {"imageDetails": [{**detail, "registryId": "123456789012", "repositoryName": "app"}]}


class CloudWithStorage(Cloud):
    """A cloud whose services are the storage."""

    storage: Storage

    def client(self, service: str, credentials: Any = None, region: str = "") -> Any:
        self.storage.callers.append(credentials.role_arn)
        return self.storage


def action(name: str, provider: str = "Step", **more: Any) -> dict[str, Any]:
    category = "Source" if provider in ("Source", "ECR") else "Approval" if provider == "Manual" else "Build"
    provider = "Step" if provider == "Source" else provider
    return {"name": name, "category": category, "owner": "AWS", "provider": provider, "version": "1", **more}


def stage(name: str, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "actions": list(actions), **more}


SOURCE = stage("Source", action("Source", "Source"))


class Account:
    """One pipeline, its role and its engine."""

    def __init__(self, scratch: Path) -> None:
        self.authority = Authority()
        self.cloud = CloudWithStorage("http://127.0.0.1:1", self.authority, Journal(), scratch)
        self.storage = self.cloud.storage = Storage()
        principal = {"Service": "codepipeline.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        self.authority.put_role(ROLE, {"Statement": [trust]})
        self.steps = Steps()
        self.now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
        providers = {"Step": self.steps, "ECR": EcrSource(self.cloud)}
        self.engine = CodePipeline(self.cloud, providers, now=lambda: self.now)

    def declare(self, *stages: dict[str, Any], mode: str = "SUPERSEDED", **more: Any) -> None:
        inputs = {
            "name": NAME,
            "roleArn": ROLE,
            "pipelineType": "V2",
            "executionMode": mode,
            "artifactStores": [{"location": "bucket", "type": "S3"}],
            "stages": list(stages),
            **more,
        }
        self.cloud.add(Declared("urn:p", declared.PIPELINE_TYPE, "p", NAME, inputs, inputs))

    def start(self, **how: Any) -> str:
        return self.engine.start(NAME, **how)

    def end(self, execution: str) -> Execution:
        return self.engine.wait(execution, PATIENCE)
