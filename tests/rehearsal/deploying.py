"""The action CodeDeployToECS in the small declared world, with what each test changes about it."""

import json
from typing import Any

import pytest

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.codedeploy.service import Deployments
from rehearsal.codepipeline.actions.codedeploy_to_ecs import CodeDeployToECS
from rehearsal.codepipeline.execution import ActionCall, ArtifactLocation
from rehearsal.world.zips import zipped
from tests.rehearsal.bluegreen_world import (
    BLUE,
    GREEN,
    PIPELINE_ROLE,
    PRODUCTION,
    World,
    task_definition,
)

CONFIGURATION = {
    "ApplicationName": "web",
    "DeploymentGroupName": "web",
    "TaskDefinitionTemplateArtifact": "Templates",
    "TaskDefinitionTemplatePath": "taskdef-web.json",
    "AppSpecTemplateArtifact": "Templates",
    "AppSpecTemplatePath": "appspec-web.yaml",
    "Image1ArtifactName": "Image",
    "Image1ContainerName": "IMAGE1_NAME",
}
APPSPEC = """version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo: {ContainerName: web, ContainerPort: 8080}
"""
ALARM_ON_GREEN = {
    "namespace": "AWS/ApplicationELB",
    "dimensions": {"TargetGroup": GREEN.split(":")[-1], "LoadBalancer": "app/shop/50dc6c495c0c9188"},
    "metricName": "HTTPCode_Target_5XX_Count",
    "statistic": "Sum",
    "period": 60,
    "evaluationPeriods": 1,
    "threshold": 3,
    "comparisonOperator": "GreaterThanOrEqualToThreshold",
    "treatMissingData": "notBreaching",
}


def deploy(  # noqa: PLR0913  (each test names only what it changes)
    world: World,
    image: str,
    *,
    deployments: Deployments | None = None,
    template: dict[str, Any] | None = None,
    appspec: str = APPSPEC,
    files: dict[str, dict[str, bytes]] | None = None,
    change: dict[str, str] | None = None,
) -> None:
    """Run the action with an image; ActionFailed as the pipeline sees it."""
    taskdef = json.dumps(template or task_definition("<IMAGE1_NAME>")).encode()
    artifacts = {
        "Templates": {"taskdef-web.json": taskdef, "appspec-web.yaml": appspec.encode()},
        "Image": {"imageDetail.json": json.dumps({"ImageURI": image}).encode()},
        **(files or {}),
    }

    def get_artifact(name: str, credentials: object = None) -> bytes:
        del credentials
        return zipped(artifacts[name])

    def put_artifact(*args: Any, **more: Any) -> ArtifactLocation:
        pytest.fail(f"the action has no output artifacts, but put {args} {more}")

    call = ActionCall(
        pipeline="shop",
        stage="Release",
        action="Deploy",
        execution_id="e-1",
        configuration={key: value for key, value in {**CONFIGURATION, **(change or {})}.items() if value},
        inputs={name: ArtifactLocation("bucket", name) for name in artifacts},
        outputs=[],
        role_arn=PIPELINE_ROLE,
        credentials=world.cloud.authority.assume(PIPELINE_ROLE, "codepipeline.amazonaws.com"),
        put_artifact=put_artifact,
        get_artifact=get_artifact,
        place_artifact=lambda name: ArtifactLocation("bucket", name),
    )
    CodeDeployToECS(world.cloud, deployments or codedeploy(world)).run(call)


def codedeploy(world: World) -> Deployments:
    alarms = Alarms(world.cloud, world.load_balancers)
    return Deployments(world.cloud, world.services, world.load_balancers, alarms)


def said(world: World, source: str) -> list[str]:
    return [entry.message for entry in world.cloud.journal.entries(source)]


def on_blue_alone(world: World, image: str = "example/app:v1") -> None:
    """Traffic is on blue and nothing of green is left."""
    assert world.answer() == image
    assert world.load_balancers.weights(PRODUCTION)[BLUE] > 0
    assert world.load_balancers.weights(PRODUCTION).get(GREEN, 0) == 0
    assert world.runtime.alive == [image], "green's tasks are stopped"
    service = world.services.service("shop", "web")
    assert [task_set.status for task_set in service.task_sets] == ["PRIMARY"], "green's task set is deleted"
