"""A service revision, and the service deployment that brings it: their state, as ECS describes them.

AWS documents: AmazonECS/latest/developerguide/service-deployment (states), service-revision;
AmazonECS/latest/APIReference, API_ServiceDeployment, API_ServiceRevision, API_Deployment (`rolloutState`).
"""

import secrets
import string
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from rehearsal.ecs.deployments.configuration import Configuration, Hook, Stage, read
from rehearsal.ecs.task_set import TaskSet

_LETTERS = string.ascii_letters + string.digits
_ID = 21
"""Characters of a service deployment's id."""


def now() -> datetime:
    """This moment, to the millisecond, as the API tells it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Status(StrEnum):
    """API ecs.ServiceDeploymentStatus."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOP_REQUESTED = "STOP_REQUESTED"
    STOPPED = "STOPPED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"

    @property
    def is_final(self) -> bool:
        """Whether it never changes again."""
        return self in {Status.SUCCESSFUL, Status.STOPPED, Status.ROLLBACK_SUCCESSFUL, Status.ROLLBACK_FAILED}


class Rollout(StrEnum):
    """API ecs.DeploymentRolloutState."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Monitor(StrEnum):
    """API ecs.ServiceDeploymentRollbackMonitorsStatus."""

    DISABLED = "DISABLED"
    MONITORING = "MONITORING"
    TRIGGERED = "TRIGGERED"
    COMPLETE = "MONITORING_COMPLETE"


class HookStatus(StrEnum):
    """API ecs.DeploymentLifecycleHookStatus."""

    AWAITING_ACTION = "AWAITING_ACTION"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"


@dataclass(eq=False)
class ServiceRevision:
    """What a service runs from one deployment on."""

    arn: str
    tasks: TaskSet
    """Its tasks, as long as it has any; named by the deployment that brought it."""
    balancers: Sequence[Mapping[str, Any]]
    """`loadBalancers` in the API's shape."""
    network: Mapping[str, Any]
    """`awsvpcConfiguration` in the API's shape."""
    live_rules: Mapping[str, str] = field(default_factory=dict[str, str])
    """Production listener rule by the target group that its tasks are in."""
    created: datetime = field(default_factory=now)
    rollout: Rollout = Rollout.IN_PROGRESS
    rollout_reason: str = ""
    updated: datetime = field(default_factory=now)

    @property
    def deployment_id(self) -> str:
        """`ecs-svc/…`: what its tasks were started by."""
        return self.tasks.id

    def turn(self, rollout: Rollout, reason: str) -> None:
        """Note what its rollout has become."""
        self.rollout, self.rollout_reason, self.updated = rollout, reason, now()


@dataclass(eq=False)
class RunHook:
    """One hook of one stage, at work."""

    hook: Hook
    stage: Stage
    expires: datetime | None = None
    id: str = field(default_factory=lambda: f"ecs-pause-{secrets.token_urlsafe(32)}")
    status: HookStatus = HookStatus.IN_PROGRESS
    decided: threading.Event = field(default_factory=threading.Event)
    """Somebody said how it goes on (ContinueServiceDeployment)."""
    rolls_back: bool = False
    """What they said."""


@dataclass
class Rollback:
    """API ecs.Rollback."""

    reason: str
    revision_arn: str
    started: datetime = field(default_factory=now)


@dataclass(eq=False)
class ServiceDeployment:
    """A deployment as DescribeServiceDeployments answers it."""

    arn: str
    target: ServiceRevision
    sources: Sequence[ServiceRevision]
    """What ran before it."""
    document: Mapping[str, Any]
    """`deploymentConfiguration` in the API's shape, as it was when this began."""
    back_to: ServiceRevision | None = None
    """The last revision whose deployment was completed; None where there is none."""
    status: Status = Status.PENDING
    reason: str = ""
    """`statusReason`."""
    stage: Stage | None = None
    hooks: list[RunHook] = field(default_factory=list[RunHook])
    """Hooks that were run, in order."""
    rollback: Rollback | None = None
    created: datetime = field(default_factory=now)
    started: datetime | None = None
    finished: datetime | None = None
    stopped: datetime | None = None
    updated: datetime = field(default_factory=now)
    breaker: Monitor = Monitor.DISABLED
    failures: int = 0
    """Failed tasks, as the circuit breaker counts them."""
    alarms: Monitor = Monitor.DISABLED
    triggered: Sequence[str] = ()
    """Alarms that made it fail."""
    production: float = 0.0
    """Percent of production traffic on the target revision."""
    test: float = 0.0
    asked: threading.Event = field(default_factory=threading.Event)
    """Somebody wants something of it: another deployment, or that it rolls back."""
    superseded: bool = False
    """It is another deployment that was wanted."""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def configuration(self) -> Configuration:
        """How it is done."""
        return read(self.document)

    def turn(self, status: Status, reason: str = "") -> None:
        """Note what has become of it, now."""
        moment = now()
        self.status, self.updated = status, moment
        self.reason = reason or self.reason
        if status is Status.IN_PROGRESS:
            self.started = moment
        if status.is_final:
            self.finished = moment
        if status is Status.STOPPED:
            self.stopped = moment

    def supersede(self) -> None:
        """Another deployment begins: this one stops."""
        self.superseded = True
        if not self.status.is_final:
            self.turn(Status.STOP_REQUESTED, "A new service deployment was started.")
        self.asked.set()

    def ask_to_roll_back(self) -> None:
        """Somebody wants what ran before (StopServiceDeployment)."""
        if self.status in {Status.PENDING, Status.IN_PROGRESS}:
            self.turn(Status.ROLLBACK_REQUESTED, "Service deployment rollback was requested by a user.")
            self.asked.set()


def deployment_arn(service_arn: str) -> str:
    """Make a service deployment's ARN in AWS's form."""
    id_ = "".join(secrets.choice(_LETTERS) for _ in range(_ID))
    return f"{service_arn.replace(':service/', ':service-deployment/')}/{id_}"


def revision_arn(service_arn: str) -> str:
    """Make a service revision's ARN in AWS's form."""
    return f"{service_arn.replace(':service/', ':service-revision/')}/{secrets.randbelow(10**19):019d}"
