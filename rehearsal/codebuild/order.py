"""What one build was started with, and where it runs on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rehearsal.codebuild.buildspec import EnvironmentVariable
from rehearsal.codebuild.declared import Project
from rehearsal.codebuild.service_role import Input
from rehearsal.host.processes import Processes
from rehearsal.identity.authority import Credentials
from rehearsal.world.cloud import Cloud


@dataclass(frozen=True)
class Workplace:
    """Where a build runs on this machine."""

    processes: Processes
    folder: Path
    path: str
    """PATH of the build's shell."""
    environment: Mapping[str, str]


class PutOutput(Protocol):
    """Stores an output artifact."""

    def __call__(self, name: str, data: bytes, credentials: Credentials, key_id: str | None) -> object:
        """Put the bytes of a zip as the build's role, encrypted by the project's key; botocore's ClientError."""
        ...


@dataclass(frozen=True)
class Timeout:
    """How long a build may take, and whose limit that is."""

    seconds: float
    instead_of: float | None = None
    """The project's own minutes, where the rehearsal's limit is lower."""

    def __str__(self) -> str:
        """Say what a build that was stopped is told."""
        if self.instead_of is None:
            return (
                f"Build has timed out: it took the {self.seconds / 60:g} minutes of the project's own limit "
                "(timeoutInMinutes)"
            )
        return (
            f"Build has timed out: it took the {self.seconds:g} s that this rehearsal was told to give it "
            f"(--build-timeout); AWS gives it {self.instead_of:g} minutes"
        )


@dataclass(frozen=True)
class Order:
    """What one build was started with."""

    cloud: Cloud
    project: Project
    initiator: str
    """Who started it, as CODEBUILD_INITIATOR says it."""
    inputs: Sequence[Input]
    primary: str | None
    """The input the commands run in, where one is named."""
    outputs: Sequence[str]
    """Names of the artifacts it makes."""
    put: PutOutput
    id: str
    number: int
    role_arn: str
    document: str
    """Inline text, a path in the source, or an S3 ARN."""
    variables: Sequence[EnvironmentVariable]
    timeout: Timeout
    workplace: Workplace
