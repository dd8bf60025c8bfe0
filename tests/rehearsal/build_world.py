"""One declared build project, its role, and what runs it."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rehearsal.codebuild.declared import PROJECT_TYPE
from rehearsal.codebuild.service import CodeBuild
from rehearsal.codepipeline.actions.codebuild import CodeBuildAction
from rehearsal.codepipeline.artifacts import ArtifactStore
from rehearsal.codepipeline.execution import ActionCall, ActionFailed, ArtifactLocation
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Authority, Credentials
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.clock import Clock
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.journal import Journal
from rehearsal.world.zips import zipped

ACCOUNT = "123456789012"
BUILD_ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
PIPELINE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"
PROJECT = f"arn:aws:codebuild:us-east-1:{ACCOUNT}:project/migrate"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/codebuild/migrate"
SUBNETS = [f"arn:aws:ec2:us-east-1:{ACCOUNT}:subnet/subnet-{n}" for n in (1, 2)]
PASSWORD = "correct-horse-battery"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(service: str) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}


STATEMENTS = {
    "logs": allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [LOGS, f"{LOGS}:*"]),
    "artifacts": allow(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], "arn:aws:s3:::artifacts/*"),
    "parameters": allow("ssm:GetParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/app/*"),
    "secrets": allow(
        "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:app/*"
    ),
    "interfaces": allow(
        [
            f"ec2:{verb}"
            for verb in (
                "CreateNetworkInterface", "DescribeDhcpOptions", "DescribeNetworkInterfaces", "DeleteNetworkInterface",
                "DescribeSubnets", "DescribeSecurityGroups", "DescribeVpcs",
            )
        ]
    ),
    "permission": allow(
        "ec2:CreateNetworkInterfacePermission",
        f"arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/*",
        Condition={
            "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
            "ArnEquals": {"ec2:Subnet": SUBNETS},
        },
    ),
}  # fmt: skip


@contextmanager
def stocked_account(scratch: Path) -> Generator[tuple[str, Authority]]:
    """The endpoint and the authority of an account that holds what the builds of these tests use."""
    authority = Authority()
    with local_endpoint(authority) as gateway:
        cloud = Cloud(gateway.endpoint, authority, Journal(), scratch)
        cloud.client("s3").create_bucket(Bucket="artifacts")
        cloud.client("ssm").put_parameter(Name="/app/level", Value="debug-level", Type="SecureString")
        secrets = cloud.client("secretsmanager")
        secrets.create_secret(Name="app/db", SecretString=json.dumps({"password": PASSWORD, "port": 5432}))
        yield gateway.endpoint, authority


class Shop:
    """One project and what runs it."""

    def __init__(self, endpoint: str, authority: Authority, scratch: Path, processes: Processes) -> None:
        self.authority = authority
        self.cloud = Cloud(endpoint, authority, Journal(), scratch, clock=Clock(0.001))
        self.builds = CodeBuild(self.cloud, processes, limit=20)
        self.codebuild = CodeBuildAction(self.builds)
        self.project: dict[str, Any] = {"environmentVariables": []}
        self.stored: dict[str, ArtifactLocation] = {}
        self.store = ArtifactStore(self.cloud, "release", "artifacts")
        self.action: list[dict[str, str]] = []
        self.outputs: list[str] = []
        authority.put_role(BUILD_ROLE, trust("codebuild.amazonaws.com"))
        authority.put_role(PIPELINE_ROLE, trust("codepipeline.amazonaws.com"))
        authority.put_policy(
            PIPELINE_ROLE,
            "start",
            {"Statement": [allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds"], PROJECT)]},
        )
        for name, each in STATEMENTS.items():
            authority.put_policy(BUILD_ROLE, name, {"Statement": [each]})
        self.more: dict[str, Any] = {}

    def declare(self, buildspec: str) -> None:
        environment = {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "privilegedMode": True,
            "environmentVariables": self.project["environmentVariables"],
            **self.more.pop("environment", {}),
        }
        inputs = {
            "name": "migrate",
            "serviceRole": BUILD_ROLE,
            "environment": environment,
            "source": {"type": "CODEPIPELINE", "buildspec": buildspec},
            "artifacts": {"type": "CODEPIPELINE"},
            **self.more,
        }
        self.cloud.add(Declared("urn:b", PROJECT_TYPE, "b", "migrate", inputs, {**inputs, "arn": PROJECT}))

    def call(self) -> ActionCall:
        own = Credentials("test", "test", None, None)
        self.stored = {"Image": self.store.put("Image", zipped({"imageDetail.json": b"{}"}), own)}

        def put(
            name: str,
            data: bytes,
            credentials: Credentials | None = None,
            key_id: str | None = None,
            revision: str | None = None,
        ) -> ArtifactLocation:
            self.stored[name] = self.store.put(
                name, data, credentials or own, key_id=key_id, revision=revision
            )
            return self.stored[name]

        def get(name: str, credentials: Credentials | None = None) -> bytes:
            return self.store.get(self.stored[name], credentials or own)

        configuration = {"ProjectName": "migrate"}
        if self.action:
            configuration["EnvironmentVariables"] = json.dumps(self.action)
        return ActionCall(
            pipeline="release",
            stage="Release",
            action="Migrate",
            execution_id="execution-1",
            configuration=configuration,
            inputs=dict(self.stored),
            outputs=self.outputs,
            role_arn=PIPELINE_ROLE,
            credentials=own,
            put_artifact=put,
            get_artifact=get,
            place_artifact=lambda name: ArtifactLocation("bucket", name),
        )

    def run(self, buildspec: str) -> dict[str, str]:
        self.declare(buildspec)
        return dict(self.codebuild.run(self.call()))

    def fails(self, buildspec: str) -> str:
        with pytest.raises(ActionFailed) as failed:
            self.run(buildspec)
        return failed.value.message

    def log(self) -> list[str]:
        logs = self.cloud.client("logs")
        group = "/aws/codebuild/migrate"
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        newest = max(streams, key=lambda stream: stream["creationTime"])["logStreamName"]
        name = next(s["logStreamName"] for s in streams if s["logStreamName"] == self.build_id()) or newest
        events = logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        return [event["message"] for event in events]

    def build_id(self) -> str:
        entries = self.cloud.journal.entries("CodeBuild")
        started = next(entry for entry in reversed(entries) if "started" in entry.message)
        return started.message.split(":")[1].split()[0]

    def phases(self) -> dict[str, str]:
        words = [
            e.message.split()
            for e in self.cloud.journal.entries("CodeBuild")
            if e.message.startswith("phase")
        ]
        return {name: state for _, name, state in words}


def spec(shell: str = "bash", env: str = "", artifacts: str = "", **phases: Any) -> str:
    lines = [
        "version: 0.2",
        "env:",
        f"  shell: {shell}",
        *(f"  {line}" for line in env.splitlines()),
        "phases:",
    ]
    for name, commands in phases.items():
        block = commands if isinstance(commands, dict) else {"commands": commands}
        lines.append(f"  {name}: {json.dumps(block)}")
    return "\n".join([*lines, artifacts])
