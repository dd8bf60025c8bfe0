"""The pipeline's stages as CodePipeline takes them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from documents.events import SOURCE_ACTION
from documents.names import appspec_file, taskdef_file
from documents.taskdef import IMAGE_PLACEHOLDER

IMAGE_ARTIFACT = "ImageArtifact"
"""What the source action puts out: `imageDetail.json`."""

RELEASE_ARTIFACT = "ReleaseArtifact"
"""What the migration puts out: the templates."""

IMAGE_NAMESPACE = "Image"
MIGRATION_NAMESPACE = "Migration"

VARIABLES = (
    ("MIGRATE", "run", "run, or skip to release without migrating"),
    ("TRIGGER", "chosen", "push when a push started this release, chosen when a person did"),
)
"""Pipeline variables: name, default, meaning."""


@dataclass(frozen=True)
class Deployment:
    """One service's deploy action."""

    service: str
    application: Any
    group: Any


def source(repository: Any, tag: str) -> dict[str, Any]:
    """The ECR source action (CodePipeline User Guide, action-reference-ECR)."""
    return {
        "name": "Source",
        "actions": [
            {
                "name": SOURCE_ACTION,
                "category": "Source",
                "owner": "AWS",
                "provider": "ECR",
                "version": "1",
                "namespace": IMAGE_NAMESPACE,
                "configuration": {"RepositoryName": repository, "ImageTag": tag},
                "output_artifacts": [IMAGE_ARTIFACT],
            }
        ],
    }


def approve(message: str, timeout_minutes: int) -> dict[str, Any]:
    """A person's consent (CodePipeline User Guide, approvals-action-add)."""
    return {
        "name": "Approve",
        "actions": [
            {
                "name": "Approve",
                "category": "Approval",
                "owner": "AWS",
                "provider": "Manual",
                "version": "1",
                "timeout_in_minutes": timeout_minutes,
                "configuration": {"CustomData": message},
            }
        ],
    }


def release(project: Any, deployments: Sequence[Deployment]) -> dict[str, Any]:
    """Migration and deployments in one stage: a stage takes one execution at a time, so two releases never overlap.

    See CodePipeline User Guide, concepts-how-it-works (stage locks).
    """
    return {
        "name": "Release",
        "actions": [_migrate(project), *(_deploy(deployment) for deployment in deployments)],
    }


def migration_variables() -> str:
    """What the build is told about its release: a JSON text of at most 1,000 characters (action-reference-CodeBuild)."""
    values = {
        "DELIVERY_IMAGE_DIGEST": f"#{{{IMAGE_NAMESPACE}.ImageDigest}}",
        "DELIVERY_MIGRATE": "#{variables.MIGRATE}",
        "DELIVERY_TRIGGER": "#{variables.TRIGGER}",
    }
    return json.dumps([{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in values.items()])


def _migrate(project: Any) -> dict[str, Any]:
    return {
        "name": "Migrate",
        "category": "Build",
        "owner": "AWS",
        "provider": "CodeBuild",
        "version": "1",
        "run_order": 1,
        "namespace": MIGRATION_NAMESPACE,
        "input_artifacts": [IMAGE_ARTIFACT],
        "output_artifacts": [RELEASE_ARTIFACT],
        "configuration": {"ProjectName": project, "EnvironmentVariables": migration_variables()},
    }


def _deploy(deployment: Deployment) -> dict[str, Any]:
    return {
        "name": f"Deploy-{deployment.service}",
        "category": "Deploy",
        "owner": "AWS",
        "provider": "CodeDeployToECS",
        "version": "1",
        "run_order": 2,
        "input_artifacts": [RELEASE_ARTIFACT, IMAGE_ARTIFACT],
        "configuration": {
            "ApplicationName": deployment.application,
            "DeploymentGroupName": deployment.group,
            "TaskDefinitionTemplateArtifact": RELEASE_ARTIFACT,
            "TaskDefinitionTemplatePath": taskdef_file(deployment.service),
            "AppSpecTemplateArtifact": RELEASE_ARTIFACT,
            "AppSpecTemplatePath": appspec_file(deployment.service),
            "Image1ArtifactName": IMAGE_ARTIFACT,
            "Image1ContainerName": IMAGE_PLACEHOLDER,
        },
    }


def window(cron: str, time_zone: str) -> dict[str, Any]:
    """Entry condition that lets releases begin in a window only (CodePipeline User Guide, rule-reference-DeploymentWindow)."""
    return {
        "condition": {
            "result": "FAIL",
            "rules": [
                {
                    "name": "Window",
                    "rule_type_id": {
                        "category": "Rule",
                        "owner": "AWS",
                        "provider": "DeploymentWindow",
                        "version": "1",
                    },
                    "configuration": {"Cron": cron, "TimeZone": time_zone},
                }
            ],
        }
    }
