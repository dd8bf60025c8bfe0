"""A CodeDeploy deployment: its state, and how it fails."""

import secrets
import threading
from dataclasses import dataclass, field

from rehearsal.codedeploy.appspec import AppSpec
from rehearsal.codedeploy.declared import DeploymentGroup


def new_id() -> str:
    """Make a deployment id in AWS's form."""
    return f"d-{secrets.token_hex(5)[:9].upper()}"


class Failed(Exception):
    """A deployment fails; `code` as in API codedeploy.ErrorInformation."""

    def __init__(self, code: str, message: str) -> None:
        """Hold CodeDeploy's error code and the text."""
        super().__init__(message)
        self.code = code


@dataclass
class Deployment:
    """A deployment as GetDeployment answers it."""

    group: DeploymentGroup
    appspec: AppSpec
    id: str = field(default_factory=new_id)
    status: str = "Created"
    """Created, InProgress, Succeeded, Failed or Stopped."""
    error_code: str | None = None
    message: str = ""
    """Why it failed, with green's last words."""
    events: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Lifecycle events in order, each with Succeeded or Failed."""
    rollback_id: str | None = None
    """The deployment that rolled this one back."""
    ended: threading.Event = field(default_factory=threading.Event)
    stop_requested: threading.Event = field(default_factory=threading.Event)
