"""A CodeDeploy deployment: its state, and how it fails."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from rehearsal.codedeploy.appspec import AppSpec
from rehearsal.codedeploy.declared import DeploymentGroup
from rehearsal.ecs.task_set import TaskSet
from rehearsal.errors import AwsRefusal

EVENTS = (
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
)
"""Lifecycle events of a deployment to ECS, in order (codedeploy/latest/userguide/deployment-steps-ecs)."""


def new_id() -> str:
    """Make a deployment id in AWS's form."""
    return f"d-{secrets.token_hex(5)[:9].upper()}"


def _now() -> datetime:
    return datetime.now(UTC)


class DeploymentStatus(StrEnum):
    """API codedeploy.DeploymentStatus, as far as an ECS deployment comes to it here."""

    CREATED = "Created"
    IN_PROGRESS = "InProgress"
    READY = "Ready"
    """Green stands, and somebody has to say that it gets traffic (ContinueDeployment)."""
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"

    @property
    def is_final(self) -> bool:
        """Whether it never changes again."""
        return self in {DeploymentStatus.SUCCEEDED, DeploymentStatus.FAILED, DeploymentStatus.STOPPED}


class EventStatus(StrEnum):
    """API codedeploy.LifecycleEventStatus."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"


class Creator(StrEnum):
    """API codedeploy.DeploymentCreator, as far as an ECS deployment has one here."""

    USER = "user"
    ROLLBACK = "codeDeployRollback"


class Failed(AwsRefusal):
    """A deployment fails; the code is one of API codedeploy.ErrorInformation."""


@dataclass
class LifecycleEvent:
    """One lifecycle event that has begun."""

    name: str
    status: EventStatus = EventStatus.IN_PROGRESS
    started: datetime = field(default_factory=_now)
    ended: datetime | None = None

    def end(self, status: EventStatus) -> None:
        """Note how it ended, now."""
        self.status, self.ended = status, _now()


@dataclass
class Deployment:
    """A deployment as GetDeployment answers it."""

    group: DeploymentGroup
    """Its group, with what CreateDeployment overrides for this deployment alone."""
    appspec: AppSpec
    description: str = ""
    id: str = field(default_factory=new_id)
    creator: Creator = Creator.USER
    created: datetime = field(default_factory=_now)
    started: datetime | None = None
    completed: datetime | None = None
    status: DeploymentStatus = DeploymentStatus.CREATED
    error_code: str | None = None
    message: str = ""
    """Why it failed, with green's last words."""
    events: list[LifecycleEvent] = field(default_factory=list[LifecycleEvent])
    """Lifecycle events that have begun, in order."""
    task_sets: list[tuple[str, TaskSet]] = field(default_factory=list[tuple[str, TaskSet]])
    """Blue and, from its Install on, Green; they stay known when ECS has forgotten them."""
    weights: Mapping[str, int] = field(default_factory=dict[str, int])
    """What the production listener sends to each target group, as this deployment left it."""
    previous: AppSpec | None = None
    """What was deployed before by the last deployment that succeeded."""
    rollback: "Deployment | None" = None
    """The deployment that rolled this one back."""
    triggered_by: str | None = None
    """Id of the deployment that this one rolls back."""
    rollback_when_stopped: bool | None = None
    """What StopDeployment said about it; None leaves it to the group."""
    ended: threading.Event = field(default_factory=threading.Event)
    stop_requested: threading.Event = field(default_factory=threading.Event)
    continued: threading.Event = field(default_factory=threading.Event)
    """Somebody said that green gets its traffic (ContinueDeployment, READY_WAIT)."""
    waits_for_termination: threading.Event = field(default_factory=threading.Event)
    """All traffic is on green, and blue is kept for a while."""
    terminate_now: threading.Event = field(default_factory=threading.Event)
    """Somebody ended that while (ContinueDeployment, TERMINATION_WAIT)."""

    @property
    def rollback_id(self) -> str | None:
        """Id of the deployment that rolled this one back."""
        return None if self.rollback is None else self.rollback.id

    def begin(self) -> None:
        """It is in progress from now on."""
        self.status, self.started = DeploymentStatus.IN_PROGRESS, _now()

    def end(self, status: DeploymentStatus, code: str | None = None, message: str = "") -> None:
        """Note how it ended, now; what is still done, such as its rollback, is not waited for here."""
        self.error_code, self.message = code, message
        self.completed, self.status = _now(), status

    def rolled_back(self) -> "Deployment":
        """Begin the deployment that rolls this one back, to what was deployed before."""
        revision = self.previous or self.appspec
        self.rollback = Deployment(self.group, revision, creator=Creator.ROLLBACK, triggered_by=self.id)
        self.rollback.begin()
        return self.rollback
