"""Pipelines behind an endpoint, whose actions wait for the test."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rehearsal.codepipeline.api import CodePipelineApi
from rehearsal.codepipeline.declared import PIPELINE_TYPE
from rehearsal.codepipeline.jobs import Jobs
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.endpoint.operations import Operations
from rehearsal.world.cloud import Declared
from tests.rehearsal.endpoint_world import Endpoint, allow
from tests.rehearsal.pipeline_world import DIGEST, PATIENCE, Steps, action, stage

ID = "0a1b2c3d-0000-4000-8000-000000000000"
RULE = {
    "name": "Hours",
    "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"},
    "configuration": {"Cron": "* * * ? * * *", "TimeZone": "Europe/Berlin"},
}
STAGES = (
    stage("Source", action("Source", "Source", outputArtifacts=["Detail"], namespace="Image")),
    stage("Approve", action("Ask", "Manual", configuration={"CustomData": "really?"})),
    stage(
        "Release",
        action(
            "Migrate",
            inputArtifacts=["Detail"],
            configuration={"Digest": "#{Image.Digest}"},
            namespace="Migrated",
        ),
        action("Deploy", runOrder=2),
        beforeEntry={"condition": {"result": "FAIL", "rules": [RULE]}},
    ),
)

SHORT = (stage("Source", action("Source", "Source")), stage("Release", action("Migrate")))


class Pipelines:
    """Pipelines behind an endpoint, whose actions wait for the test."""

    def __init__(self, there: Endpoint) -> None:
        self.there = there
        self.cloud = there.cloud
        self.steps = Steps()
        self.steps.revision = DIGEST
        self.steps.outputs = {"Source": {"Digest": DIGEST}}
        self.role = there.role("pipeline", "codepipeline", allow("s3:*", "*"))
        self.service = CodePipeline(self.cloud, {"Step": self.steps})
        api = CodePipelineApi(self.service, Jobs())
        there.gateway.answer_by(
            {"codepipeline": Operations(api, model="codepipeline", place=self.cloud.place)}
        )
        self.client = self.cloud.client("codepipeline")

    def declare(self, name: str, *stages: dict[str, Any], mode: str = "SUPERSEDED") -> str:
        inputs = {
            "name": name,
            "roleArn": self.role,
            "pipelineType": "V2",
            "executionMode": mode,
            "artifactStores": [{"location": "artifacts", "type": "S3"}],
            "stages": list(stages or STAGES),
            "variables": [{"name": "WHY", "defaultValue": "nothing"}],
        }
        outputs = {**inputs, "arn": self.cloud.place.arn("codepipeline", name)}
        self.cloud.add(Declared(f"urn:{name}", PIPELINE_TYPE, name, name, inputs, outputs))
        return name

    def start(self, name: str) -> str:
        return str(self.client.start_pipeline_execution(name=name)["pipelineExecutionId"])

    def end(self, execution: str) -> str:
        return str(self.service.wait(execution, PATIENCE).status)

    def states(self, name: str) -> dict[str, dict[str, Any]]:
        return {one["stageName"]: one for one in self.client.get_pipeline_state(name=name)["stageStates"]}

    def until(
        self, name: str, holds: Callable[[dict[str, dict[str, Any]]], Any]
    ) -> dict[str, dict[str, Any]]:
        """The states once something holds of them."""
        end = time.monotonic() + PATIENCE
        while not holds(states := self.states(name)):
            assert time.monotonic() < end, states
            time.sleep(0.02)
        return states

    def token(self, name: str) -> str:
        """What the open approval of a pipeline is answered by."""

        def asked(states: dict[str, dict[str, Any]]) -> str:
            return str(states["Approve"]["actionStates"][0].get("latestExecution", {}).get("token", ""))

        return asked(self.until(name, asked))

    def approve(self, name: str, **how: Any) -> Any:
        given = {
            "pipelineName": name,
            "stageName": "Approve",
            "actionName": "Ask",
            "result": {"summary": "looks good", "status": "Approved"},
            **how,
        }
        return self.client.put_approval_result(
            **{"token": self.token(name), **given} if "token" not in how else given
        )


@contextmanager
def running_pipelines(there: Endpoint) -> Generator[Pipelines]:
    """What a test declares goes with it, so that an endpoint serves many."""
    made = Pipelines(there)
    with made.service:
        yield made
    for one in there.cloud.declared(PIPELINE_TYPE):
        there.cloud.remove(one.urn, one.id)
