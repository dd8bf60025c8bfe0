"""A declared CodeBuild project as typed values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.codebuild.buildspec import EnvironmentVariable
from rehearsal.world.cloud import Declared

PROJECT_TYPE = "aws:codebuild/project:Project"
"""Pulumi type token of a project."""

DEFAULT_TIMEOUT_MINUTES = 60
"""codebuild/latest/userguide/limits.md."""


@dataclass(frozen=True)
class Project:
    """One declared project."""

    name: str
    arn: str
    service_role: str
    image: str
    buildspec: str
    variables: Sequence[EnvironmentVariable] = ()
    privileged: bool = False
    subnets: Sequence[str] = ()
    concurrent_builds: int | None = None
    timeout_minutes: float = DEFAULT_TIMEOUT_MINUTES
    log: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """`logsConfig.cloudwatchLogs` as declared."""
    key_id: str | None = None
    """The project's own key, which its output is encrypted with."""

    @property
    def in_vpc(self) -> bool:
        """Whether builds are attached to a VPC."""
        return bool(self.subnets)

    @property
    def has_docker(self) -> bool:
        """Whether a Docker daemon can run.

        It does by default without a VPC; with one, privileged mode must be on
        (codebuild/latest/userguide/build-env-ref-compute-types.md).
        """
        return self.privileged or not self.in_vpc


def read(declared: Declared) -> Project:
    """The project that a program declared."""
    inputs = declared.inputs
    environment: Mapping[str, Any] = inputs["environment"]
    vpc: Mapping[str, Any] = inputs.get("vpcConfig") or {}
    most = inputs.get("concurrentBuildLimit")
    return Project(
        name=str(declared.outputs.get("name") or inputs["name"]),
        arn=declared.arn,
        service_role=inputs["serviceRole"],
        image=environment["image"],
        buildspec=inputs["source"].get("buildspec") or "",
        variables=[variable(item) for item in environment.get("environmentVariables") or ()],
        privileged=bool(environment.get("privilegedMode")),
        subnets=vpc.get("subnets") or (),
        # Numbers travel as floating point.
        concurrent_builds=None if most is None else int(most),
        timeout_minutes=inputs.get("buildTimeout") or DEFAULT_TIMEOUT_MINUTES,
        log=(inputs.get("logsConfig") or {}).get("cloudwatchLogs") or {},
        key_id=inputs.get("encryptionKey"),
    )


def variable(item: Mapping[str, str]) -> EnvironmentVariable:
    """One environment variable in the API's form (codebuild.EnvironmentVariable)."""
    return EnvironmentVariable(item["name"], item["value"], item.get("type") or "PLAINTEXT")
