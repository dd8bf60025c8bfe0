"""The pipeline: from a pushed image through migration to traffic on the new version."""

from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi
from pulumi_aws import codepipeline

from components.artifact_store import ArtifactStore
from components.blue_green_deployment import BlueGreenDeployment
from components.migration_build import MigrationBuild
from components.role import granted_role
from components.web_service import WebService
from documents import grants, stages
from documents.names import Names
from documents.place import Place
from documents.policy import Statement, trust
from settings.release import Release
from settings.service import Service


class DeliveryPipelineArgs(TypedDict):
    """What the pipeline needs from the rest of the stack."""

    names: Names
    place: Place
    release: Release
    tag: str
    repository: pulumi.Input[str]
    repository_arn: pulumi.Input[str]
    artifacts: ArtifactStore
    migration: MigrationBuild
    services: Mapping[str, Service]
    web: Mapping[str, WebService]
    deployments: Mapping[str, BlueGreenDeployment]


class DeliveryPipeline(pulumi.ComponentResource):
    """A V2 pipeline that releases one digest at a time."""

    name: pulumi.Output[str]
    """Name of the pipeline."""
    arn: pulumi.Output[str]
    """ARN of the pipeline."""

    def __init__(
        self, name: str, args: DeliveryPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the pipeline and its role."""
        super().__init__("delivery:index:DeliveryPipeline", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        names, release, artifacts = args["names"], args["release"], args["artifacts"]
        role = granted_role(
            name, names.pipeline, trust("codepipeline.amazonaws.com"), _statements(args), inside
        )
        store: codepipeline.PipelineArtifactStoreArgsDict = {"type": "S3", "location": artifacts.bucket}
        if release.artifact_key_arn:
            store["encryption_key"] = {"type": "KMS", "id": release.artifact_key_arn}
        pipeline = codepipeline.Pipeline(
            f"{name}-pipeline",
            name=names.pipeline,
            pipeline_type="V2",
            execution_mode=release.mode,
            role_arn=role.arn,
            artifact_stores=[store],
            variables=[
                {"name": n, "default_value": value, "description": meaning}
                for n, value, meaning in stages.VARIABLES
            ],
            stages=_stages(args),
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=role.policies)),
        )
        self.name = pipeline.name
        self.arn = pipeline.arn
        self.register_outputs({"name": self.name, "arn": self.arn})


def _stages(args: DeliveryPipelineArgs) -> list[Any]:
    release = args["release"]
    deployments = [
        stages.Deployment(key, deployment.application, deployment.group)
        for key, deployment in args["deployments"].items()
    ]
    last = stages.release(args["migration"].project_name, deployments)
    if release.window:
        last["before_entry"] = stages.window(release.window.cron, release.window.time_zone)
    consent = (
        [stages.approve(release.approval.message, release.approval.timeout_minutes)]
        if release.approval
        else []
    )
    return [stages.source(args["repository"], args["tag"]), *consent, last]


def _statements(args: DeliveryPipelineArgs) -> list[Statement]:
    """Each action's documented statements, with exactly this stack's resources."""
    artifacts, key = args["artifacts"], args["release"].artifact_key_arn
    deploy = [
        statement
        for name, service in args["services"].items()
        for statement in grants.deploy_to_ecs(
            args["place"],
            args["names"].service(name),
            args["names"].service(name),
            service.rollout.traffic_shift.value,
        )
    ]
    roles = [arn for web in args["web"].values() for arn in (web.execution_role_arn, web.task_role_arn)]
    return [
        *grants.pipeline_artifacts(artifacts.arn, artifacts.artifact_objects),
        *([grants.use_key(key)] if key else []),
        grants.read_tags(args["repository_arn"]),
        grants.start_build(args["migration"].project_arn),
        *deploy,
        grants.register_task_definitions(),
        grants.pass_roles(roles, ["ecs.amazonaws.com", "ecs-tasks.amazonaws.com"]),
    ]
