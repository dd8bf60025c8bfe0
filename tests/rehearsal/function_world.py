"""Declared functions in a local cloud of their own, with the role they act as."""

import json
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi

from rehearsal.codepipeline.actions.lambda_invoke import LambdaInvoke
from rehearsal.codepipeline.execution import ActionCall
from rehearsal.codepipeline.jobs import Jobs
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.evaluation.resources import make
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Authority
from rehearsal.lambda_.declared import FUNCTION
from rehearsal.lambda_.execution_environment import Invocation
from rehearsal.lambda_.service import Functions
from rehearsal.running.apis import pipeline_apis
from rehearsal.running.endpoint import local_endpoint
from rehearsal.world.cloud import Cloud
from rehearsal.world.journal import Journal
from rehearsal.world.zips import zipped
from tests.rehearsal.build_world import allow, trust

ROLE = "arn:aws:iam::123456789012:role/function"
LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])


class Artifacts:
    """An action that stores each of its output artifacts, and reads its input artifacts."""

    read: bytes = b""
    told: Mapping[str, str] = {}

    def run(self, call: ActionCall) -> Mapping[str, str]:
        for name in call.outputs:
            call.put_artifact(name, zipped({"from": b"source"}))
        for name in call.inputs:
            self.read, self.told = call.get_artifact(name), call.configuration
        return {}


class FunctionWorld:
    """A Lambda and what it runs."""

    def __init__(self, cloud: Cloud, processes: Processes) -> None:
        self.cloud = cloud
        self.processes = processes
        self.functions = Functions(cloud, processes)
        self.jobs = Jobs()
        self.artifacts = Artifacts()
        invoke = LambdaInvoke(cloud, self.functions, self.jobs)
        self.pipelines = CodePipeline(cloud, {"Lambda": invoke, "Artifacts": self.artifacts})
        cloud.authority.put_role(ROLE, trust("lambda.amazonaws.com"))
        self.allow(LOGS)

    def allow(self, *statements: dict[str, Any]) -> None:
        self.cloud.authority.put_policy(ROLE, "own", {"Version": "2012-10-17", "Statement": list(statements)})

    def declare(self, name: str, code: str, *, logical: str = "", **inputs: Any) -> None:
        archive = pulumi.AssetArchive({"app.py": pulumi.StringAsset(code)})
        given = {
            "name": name,
            "role": ROLE,
            "runtime": "python3.13",
            "handler": "app.handler",
            "code": archive,
            **inputs,
        }
        urn = f"urn:pulumi:stg::delivery::{FUNCTION}::{logical or name}"
        for before in self.cloud.declared(FUNCTION):
            if before.urn == urn:
                self.cloud.remove(urn, before.id)
        make(self.cloud, urn, FUNCTION, logical or name, given)

    def run(self, name: str, event: Any = None) -> Invocation:
        return self.functions.invoke(self.functions.function(name), json.dumps(event).encode())

    def answer(self, name: str, event: Any = None) -> Any:
        invocation = self.run(name, event)
        assert invocation.error is None, invocation.log
        return json.loads(invocation.payload)

    def failure(self, name: str, event: Any = None) -> Mapping[str, Any]:
        invocation = self.run(name, event)
        assert invocation.error is not None, f"it answered {invocation.payload!r}"
        assert json.loads(invocation.payload) == invocation.error
        return invocation.error

    def lines(self, group: str) -> list[str]:
        """What stands in a log group, stream after stream."""
        logs = self.cloud.client("logs")
        found: list[str] = []
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            answer = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
            found += [event["message"] for event in answer["events"]]
        return found


@contextmanager
def function_world(folder: Path) -> Generator[FunctionWorld]:
    authority = Authority()
    with local_endpoint(authority) as gateway, Processes() as processes:
        cloud = Cloud(gateway.endpoint, authority, Journal(), folder)
        world = FunctionWorld(cloud, processes)
        gateway.answer_by(pipeline_apis(cloud, world.pipelines, world.jobs, world.functions))
        with world.pipelines:
            yield world
        cloud.close()


def eventually(true: Callable[[], bool], within: float = 10.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)
