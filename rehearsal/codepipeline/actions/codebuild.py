"""The CodeBuild action: one build of a declared project.

AWS document: codepipeline/latest/userguide/action-reference-CodeBuild.md (configuration, role).
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from rehearsal.codebuild import declared
from rehearsal.codebuild.build import BuildFailed
from rehearsal.codebuild.buildspec import EnvironmentVariable
from rehearsal.codebuild.service import CodeBuild, StartBuild, StartBuildRefused
from rehearsal.codebuild.service_role import Input
from rehearsal.codepipeline.execution import ActionCall, ActionFailed
from rehearsal.identity.authority import AccessDenied, Credentials


class CodeBuildAction:
    """Provider `CodeBuild`."""

    def __init__(self, builds: CodeBuild) -> None:
        """Start builds there."""
        self._builds = builds
        self._cloud = builds.cloud

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Run one build; its exported variables, or ActionFailed with phase, code and message."""
        for feature in ("BatchEnabled", "CombineArtifacts"):
            if call.configuration.get(feature, "false").lower() == "true":
                raise ActionFailed(
                    "ConfigurationError", f"{feature} is not played by the rehearsal; leave it out"
                )
        try:
            project = self._builds.project(call.configuration["ProjectName"])
            self._authorize(call, project)
            return self._builds.run(project, _asked(call), began=lambda build: call.note(external_id=build))
        except StartBuildRefused as refused:
            raise ActionFailed(refused.code, f"Error calling startBuild: {refused}") from refused
        except BuildFailed as failed:
            raise ActionFailed(failed.code, failed.message) from failed

    def _authorize(self, call: ActionCall, project: declared.Project) -> None:
        """What the pipeline's role needs ("Service role permissions: CodeBuild action")."""
        authority = self._cloud.authority
        try:
            authority.authorize(call.role_arn, "codebuild:StartBuild", project.arn)
            authority.authorize(call.role_arn, "codebuild:BatchGetBuilds", project.arn)
            override = call.configuration.get("ServiceRoleArnOverride")
            if override:
                service = {"iam:PassedToService": "codebuild.amazonaws.com"}
                authority.authorize(call.role_arn, "iam:PassRole", override, service)
        except AccessDenied as refused:
            verb = refused.action.partition(":")[2]
            raise ActionFailed(
                "PermissionError", f"Error calling {verb[:1].lower()}{verb[1:]}: {refused}"
            ) from refused


def _asked(call: ActionCall) -> StartBuild:
    given = call.configuration

    def read(name: str, credentials: Credentials) -> bytes:
        return call.get_artifact(name, credentials)

    return StartBuild(
        initiator=f"codepipeline/{call.pipeline}",
        inputs=[Input(name, partial(read, name), where.revision) for name, where in call.inputs.items()],
        primary=given.get("PrimarySource") or None,
        outputs=call.outputs,
        put=call.put_artifact,
        service_role=given.get("ServiceRoleArnOverride"),
        buildspec=given.get("BuildspecOverride"),
        variables=_given(given.get("EnvironmentVariables")),
    )


def _given(text: str | None) -> list[EnvironmentVariable]:
    """The action's `EnvironmentVariables`, a JSON array as text."""
    if not text:
        return []
    try:
        items: Any = json.loads(text)
        return [declared.variable(item) for item in items]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ActionFailed(
            "ConfigurationError",
            f"EnvironmentVariables is no JSON array of name, value and type ({error}): {text}",
        ) from error
