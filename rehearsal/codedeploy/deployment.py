"""A CodeDeploy deployment: its state, and how it fails."""

import secrets
import threading
from dataclasses import dataclass, field
from enum import StrEnum

from rehearsal.codedeploy.appspec import AppSpec
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.errors import AwsRefusal


def new_id() -> str:
    """Make a deployment id in AWS's form."""
    return f"d-{secrets.token_hex(5)[:9].upper()}"


class DeploymentStatus(StrEnum):
    """API codedeploy.DeploymentStatus, as far as an ECS deployment comes to it here."""

    CREATED = "Created"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"

    @property
    def is_final(self) -> bool:
        """Whether it never changes again."""
        return self not in {DeploymentStatus.CREATED, DeploymentStatus.IN_PROGRESS}


class Failed(AwsRefusal):
    """A deployment fails; the code is one of API codedeploy.ErrorInformation."""


@dataclass
class Deployment:
    """A deployment as GetDeployment answers it."""

    group: DeploymentGroup
    appspec: AppSpec
    id: str = field(default_factory=new_id)
    status: DeploymentStatus = DeploymentStatus.CREATED
    error_code: str | None = None
    message: str = ""
    """Why it failed, with green's last words."""
    events: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Lifecycle events in order, each with Succeeded or Failed."""
    rollback_id: str | None = None
    """The deployment that rolled this one back."""
    ended: threading.Event = field(default_factory=threading.Event)
    stop_requested: threading.Event = field(default_factory=threading.Event)
