"""CodeBuild as a pipeline action: starts builds of declared projects.

AWS documents: codepipeline/latest/userguide/action-reference-CodeBuild.md (configuration, role), and for the
limit of concurrent builds codebuild/latest/userguide/limits.md. How a build itself runs is in `codebuild/build.py`.
"""

import contextlib
import itertools
import json
import threading
import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.codebuild import declared
from rehearsal.codebuild.build import Build, Order, Timeout, Workplace
from rehearsal.codebuild.buildspec import EnvironmentVariable
from rehearsal.codepipeline.execution import ActionCall, ActionFailed
from rehearsal.host.processes import Processes
from rehearsal.host.tools import build_path
from rehearsal.identity.authority import AccessDenied
from rehearsal.world.cloud import Cloud


@dataclass
class CodeBuild:
    """Provider `CodeBuild`."""

    cloud: Cloud
    processes: Processes
    """Looks after the builds' shells; leaving it stops them."""
    docker: Path | None = None
    """Folder whose `docker` answers for the runtime, put first on a build's PATH."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the runtime needs builds to know besides."""
    limit: float | None = None
    """Real seconds that the user of this rehearsal gives a build, where the project gives more."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _active: dict[str, int] = field(default_factory=dict[str, int], init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), init=False)

    def run(self, call: ActionCall) -> Mapping[str, str]:
        """Run one build; its exported variables, or ActionFailed with phase, code and message."""
        project = self._project(call)
        self._authorize(call, project)
        order = self._order(call, project)
        with self._place(project):
            return Build(order).run()

    def _project(self, call: ActionCall) -> declared.Project:
        for feature in ("BatchEnabled", "CombineArtifacts"):
            if call.configuration.get(feature, "false").lower() == "true":
                raise ActionFailed(
                    "ConfigurationError", f"{feature} is not played by the rehearsal; leave it out"
                )
        name = call.configuration["ProjectName"]
        try:
            return declared.read(self.cloud.one(declared.PROJECT_TYPE, name=name))
        except LookupError:
            arn = self.cloud.place.arn("codebuild", f"project/{name}")
            message = f"Error calling startBuild: Project cannot be found: {arn}"
            raise ActionFailed("ResourceNotFoundException", message) from None

    def _authorize(self, call: ActionCall, project: declared.Project) -> None:
        """What the pipeline's role needs ("Service role permissions: CodeBuild action")."""
        authority = self.cloud.authority
        try:
            authority.authorize(call.role_arn, "codebuild:StartBuild", project.arn)
            authority.authorize(call.role_arn, "codebuild:BatchGetBuilds", project.arn)
            override = call.configuration.get("ServiceRoleArnOverride")
            if override:
                service = {"iam:PassedToService": "codebuild.amazonaws.com"}
                authority.authorize(call.role_arn, "iam:PassRole", override, service)
        except AccessDenied as refused:
            verb = refused.action.partition(":")[2]
            text = f"Error calling {verb[:1].lower()}{verb[1:]}: {refused}"
            raise ActionFailed("PermissionError", text) from refused

    @contextlib.contextmanager
    def _place(self, project: declared.Project) -> Generator[None]:
        """Hold one of the project's concurrent builds; over the limit a build "is not run"."""
        with self._lock:
            active = self._active.get(project.name, 0)
            if project.concurrent_builds is not None and active >= project.concurrent_builds:
                # CodeBuild documents this text for the account's limit; for a project's it documents none.
                text = f"Cannot have more than {project.concurrent_builds} active builds for the project {project.name}"
                raise ActionFailed("AccountLimitExceededException", f"Error calling startBuild: {text}")
            self._active[project.name] = active + 1
        try:
            yield
        finally:
            with self._lock:
                self._active[project.name] -= 1

    def _order(self, call: ActionCall, project: declared.Project) -> Order:
        number = next(self._numbers)
        # Never compressed: a build does real work, and takes as long here as it is allowed to take on AWS.
        timeout = Timeout(project.timeout_minutes * 60.0)
        if self.limit is not None and self.limit < timeout.seconds:
            timeout = Timeout(self.limit, instead_of=project.timeout_minutes)
        return Order(
            cloud=self.cloud,
            project=project,
            call=call,
            id=str(uuid.uuid4()),
            number=number,
            role_arn=call.configuration.get("ServiceRoleArnOverride") or project.service_role,
            document=call.configuration.get("BuildspecOverride") or project.buildspec,
            variables=_given(call.configuration.get("EnvironmentVariables")),
            timeout=timeout,
            workplace=Workplace(
                processes=self.processes,
                folder=self.cloud.scratch / "builds" / f"{number}-{project.name}",
                path=build_path(self.docker),
                environment=self.environment,
            ),
        )


def _given(text: str | None) -> list[EnvironmentVariable]:
    """The action's `EnvironmentVariables`, a JSON array as text."""
    if not text:
        return []
    try:
        items: Any = json.loads(text)
        return [declared.variable(item) for item in items]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"EnvironmentVariables is no JSON array of name, value and type ({error}): {text}"
        raise ActionFailed("ConfigurationError", message) from error
