"""A service as it runs: what was declared of it, what was changed since, and its task sets.

AWS documents: AmazonECS/latest/APIReference/API_Service; AmazonECS/latest/developerguide/service-event-messages.
"""

import secrets
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rehearsal.ecs.deployments.deployment import ServiceDeployment, ServiceRevision
from rehearsal.ecs.registration import Entry
from rehearsal.ecs.task_set import TaskSet, TaskSetStatus
from rehearsal.world.cloud import Declared

REMEMBERED = 20
"""Deleted task sets of one service that are remembered."""

MOST_EVENTS = 100
"""Events that DescribeServices answers."""

ECS, CODE_DEPLOY = "ECS", "CODE_DEPLOY"
"""API ecs.DeploymentControllerType, as far as it is played."""


class Event(NamedTuple):
    """One service event."""

    id: str
    at: datetime
    message: str


@dataclass(eq=False)
class Service:
    """A running service."""

    name: str
    cluster: str
    arn: str
    desired_count: int
    grace: float
    """`healthCheckGracePeriodSeconds`."""
    controller: str
    """`CODE_DEPLOY` or `ECS`."""
    declared: Declared
    """As the program declared it."""
    balancers: Sequence[Mapping[str, Any]]
    """`loadBalancers` in the API's shape."""
    network: Mapping[str, Any]
    """`awsvpcConfiguration` in the API's shape."""
    configuration: Mapping[str, Any]
    """`deploymentConfiguration` in the API's shape."""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    task_sets: list[TaskSet] = field(default_factory=list[TaskSet])
    gone: deque[TaskSet] = field(default_factory=lambda: deque[TaskSet](maxlen=REMEMBERED))
    """Task sets that were deleted: their tasks are told of for a while."""
    revisions: list[ServiceRevision] = field(default_factory=list[ServiceRevision])
    """Of a service that ECS deploys itself: every revision that it had, oldest first."""
    deployments: list[ServiceDeployment] = field(default_factory=list[ServiceDeployment])
    """The same of its service deployments."""
    events: deque[Event] = field(default_factory=lambda: deque[Event](maxlen=MOST_EVENTS))
    """Newest first."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held by who begins a deployment, or changes what the next one is made of."""

    @property
    def primary(self) -> TaskSet:
        """The task set that serves production (PRIMARY)."""
        for task_set in self.task_sets:
            if task_set.status == TaskSetStatus.PRIMARY:
                return task_set
        raise LookupError(f"service {self.name} has no PRIMARY task set")

    @property
    def entries(self) -> list[Entry]:
        """The target groups that its tasks are registered in, as they are declared."""
        return [
            Entry(str(one["targetGroupArn"]), str(one["containerName"]), int(one["containerPort"]))
            for one in self.balancers
        ]

    @property
    def security_groups(self) -> Sequence[str]:
        """Groups of its tasks, unless a deployment names others."""
        return self.network["securityGroups"]

    @property
    def deployment(self) -> ServiceDeployment | None:
        """The newest service deployment."""
        return self.deployments[-1] if self.deployments else None

    def lead(self, task_set: TaskSet) -> None:
        """Make a task set PRIMARY and the former one ACTIVE."""
        for other in self.task_sets:
            if other.status == TaskSetStatus.PRIMARY:
                other.status = TaskSetStatus.ACTIVE
        task_set.status = TaskSetStatus.PRIMARY

    def revision_of(self, task_set: TaskSet) -> ServiceRevision | None:
        """The revision whose tasks these are; None under CODE_DEPLOY."""
        return next((one for one in self.revisions if one.tasks is task_set), None)

    def note(self, message: str) -> None:
        """Add a service event."""
        id_ = secrets.token_hex(16)
        self.events.appendleft(Event(id_, datetime.now(UTC), f"(service {self.name}) {message}"))
