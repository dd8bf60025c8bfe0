"""The CodeDeployToECS action: from templates and an image to a deployment, and its outcome.

Everything here is codepipeline/latest/userguide/action-reference-ECSbluegreen, and for messages
codepipeline/latest/userguide/troubleshooting ("CodeDeployToECS") where nothing else is named.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.codedeploy import appspec
from rehearsal.codedeploy.declared import DeploymentGroup, GroupInvalid
from rehearsal.codedeploy.deployment import Deployment, DeploymentStatus
from rehearsal.codedeploy.service import DeploymentLimitExceeded, Deployments
from rehearsal.codepipeline.execution import ActionCall, ActionFailed
from rehearsal.ecs import task_definition
from rehearsal.identity.authority import AccessDenied
from rehearsal.world.cloud import Cloud
from rehearsal.world.zips import unzipped

REQUIRED = (
    "ApplicationName",
    "DeploymentGroupName",
    "TaskDefinitionTemplateArtifact",
    "AppSpecTemplateArtifact",
)
OPTIONAL = ("TaskDefinitionTemplatePath", "AppSpecTemplatePath")
LARGEST_ARTIFACT = 3 * 1024 * 1024
"""Bytes of an input artifact's zip that the action takes (codepipeline/latest/userguide/limits)."""

_IMAGE_KEY = re.compile(r"Image([1-4])(ArtifactName|ContainerName)")


class CodeDeployToECS:
    """The action provider."""

    def __init__(self, cloud: Cloud, deployments: Deployments) -> None:
        """Hand over to a CodeDeploy."""
        self._cloud = cloud
        self._deployments = deployments

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Register the task definition, deploy, and wait to the end, blue's termination included.

        Raises ActionFailed with the deployment's id, why it failed, and green's last words.
        """
        images = _configuration(call)
        template = _file(
            call,
            "TaskDefinitionTemplateArtifact",
            "TaskDefinitionTemplatePath",
            "taskdef.json",
            "task definition",
        )
        spec = _file(call, "AppSpecTemplateArtifact", "AppSpecTemplatePath", "appspec.yaml", "AppSpec")
        uris = {name: _image_uri(call, artifact) for artifact, name in images}
        try:
            definition = task_definition.filled(template, uris)
            if appspec.PLACEHOLDER not in spec:
                appspec.filled(spec, "")
        except (task_definition.TemplateError, appspec.AppSpecError) as wrong:
            raise ActionFailed("InvalidActionConfiguration", str(wrong)) from wrong
        group = self._authorized_group(call)
        arn = self._register(call, definition)
        deployment = self._create(call, group, spec, arn)
        call.note(external_id=deployment.id)
        deployment.ended.wait()
        self._allowed(call, "GetDeployment", f"deploymentgroup:{group.application}/{group.name}")
        return _outcome(deployment)

    def _authorized_group(self, call: ActionCall) -> DeploymentGroup:
        application = call.configuration["ApplicationName"]
        self._allowed(call, "GetApplication", f"application:{application}")
        try:
            group = DeploymentGroup.of(self._cloud, application, call.configuration["DeploymentGroupName"])
        except GroupInvalid as wrong:
            raise ActionFailed("InvalidActionConfiguration", str(wrong)) from wrong
        self._allowed(call, "GetDeploymentConfig", f"deploymentconfig:{group.config}")
        return group

    def _register(self, call: ActionCall, definition: Mapping[str, Any]) -> str:
        try:
            # The gateway asks for PassRole on both roles, as RegisterTaskDefinition does (list_ecs).
            answer = self._cloud.client("ecs", call.credentials).register_task_definition(**definition)
        except ClientError as refused:
            raise ActionFailed(_code(refused), f"RegisterTaskDefinition failed: {refused}") from refused
        arn = str(answer["taskDefinition"]["taskDefinitionArn"])
        self._cloud.journal.record("ECS", f"task definition {arn.rsplit('/', 1)[-1]} registered")
        return arn

    def _create(self, call: ActionCall, group: DeploymentGroup, template: str, arn: str) -> Deployment:
        application = f"application:{group.application}"
        self._allowed(call, "RegisterApplicationRevision", application)
        self._allowed(call, "GetApplicationRevision", application)
        self._allowed(call, "CreateDeployment", f"deploymentgroup:{group.application}/{group.name}")
        try:
            parsed = appspec.parsed(appspec.filled(template, arn))
            return self._deployments.create(group, parsed)
        except appspec.AppSpecError as wrong:
            raise ActionFailed("InvalidRevisionException", str(wrong)) from wrong
        except DeploymentLimitExceeded as busy:
            raise ActionFailed(busy.code, str(busy)) from busy

    def _allowed(self, call: ActionCall, operation: str, resource: str) -> None:
        cloud = self._cloud
        arn = cloud.place.arn("codedeploy", resource)
        try:
            cloud.authority.authorize(call.role_arn, f"codedeploy:{operation}", arn)
        except AccessDenied as denied:
            raise ActionFailed(
                "PermissionError",
                f"The provided role does not have sufficient permissions to access CodeDeploy. {denied}",
            ) from denied


def _configuration(call: ActionCall) -> list[tuple[str, str]]:
    """Check the keys and answer (artifact, placeholder) of each image; ActionFailed names what is wrong."""
    given = call.configuration
    problems = [f"{key} is missing" for key in REQUIRED if not given.get(key)]
    known = {*REQUIRED, *OPTIONAL}
    problems += [f"{key} is unknown" for key in given if key not in known and not _IMAGE_KEY.fullmatch(key)]
    images: list[tuple[str, str]] = []
    for number in range(1, 5):
        artifact, name = given.get(f"Image{number}ArtifactName"), given.get(f"Image{number}ContainerName")
        if artifact and name:
            images.append((artifact, name))
        elif artifact or name:
            problems.append(f"Image{number}ArtifactName and Image{number}ContainerName go together")
    artifacts = [given.get(REQUIRED[2]), given.get(REQUIRED[3]), *(artifact for artifact, _ in images)]
    problems += [f"{a} is no input artifact of the action" for a in artifacts if a and a not in call.inputs]
    if problems:
        raise ActionFailed(
            "InvalidActionConfiguration", f"Invalid action configuration: {'; '.join(problems)}"
        )
    return images


def _file(call: ActionCall, artifact_key: str, path_key: str, default: str, kind: str) -> str:
    artifact = call.configuration[artifact_key]
    message = f"Exception while trying to read the {kind} artifact file from: {artifact}"
    files = _files(call, artifact, message)
    path = call.configuration.get(path_key) or default
    if path not in files:
        raise ActionFailed("InvalidActionConfiguration", f"{message} (it holds {sorted(files)}, not {path})")
    return files[path].decode()


def _image_uri(call: ActionCall, artifact: str) -> str:
    message = f"Exception while trying to read the image artifact file from the artifact: {artifact}"
    files = _files(call, artifact, message)
    try:
        return str(json.loads(files["imageDetail.json"])["ImageURI"])
    except (KeyError, json.JSONDecodeError) as wrong:
        raise ActionFailed(
            "InvalidActionConfiguration",
            f"{message} (imageDetail.json with an ImageURI is needed; it holds {sorted(files)})",
        ) from wrong


def _files(call: ActionCall, artifact: str, message: str) -> dict[str, bytes]:
    code = "InvalidActionConfiguration"
    try:
        data = call.get_artifact(artifact)
    except ClientError as error:
        raise ActionFailed(_code(error), f"{message} ({error})") from error
    if len(data) > LARGEST_ARTIFACT:
        raise ActionFailed(
            code, f"{message} (its zip has {len(data)} bytes; the action takes {LARGEST_ARTIFACT} at most)"
        )
    return unzipped(data)


def _outcome(deployment: Deployment) -> Mapping[str, str]:
    if deployment.status == DeploymentStatus.SUCCEEDED:
        return {"DeploymentId": deployment.id}
    rolled_back = f" It was rolled back by {deployment.rollback_id}." if deployment.rollback_id else ""
    code = "DeploymentFailed"
    outcome = f"{deployment.status.lower()}: {deployment.error_code}: {deployment.message}"
    raise ActionFailed(code, f"Deployment {deployment.id} {outcome}.{rolled_back}")


def _code(error: Exception) -> str:
    denied = "AccessDenied" in str(error)
    return "PermissionError" if denied else "JobFailed"
