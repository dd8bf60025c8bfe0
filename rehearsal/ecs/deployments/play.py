"""What every strategy works with, and does alike: the service's parts, its revisions, and the end of those that are replaced."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.ecs.deployments.deployment import ServiceDeployment, ServiceRevision
from rehearsal.ecs.deployments.events import Events, Send
from rehearsal.ecs.deployments.watch import Watch
from rehearsal.ecs.making import TaskSets
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.task_set import TaskSet
from rehearsal.elb.service import LoadBalancers
from rehearsal.lambda_.service import Functions
from rehearsal.world.cloud import Cloud


@dataclass(frozen=True)
class Parts:
    """The services that deployments work with."""

    cloud: Cloud
    load_balancers: LoadBalancers
    making: TaskSets
    alarms: Alarms
    functions: Functions | None
    send: Send
    ask: Callable[[str], bool] | None = None
    """Who says whether a paused deployment goes on, without a person; None waits for ContinueServiceDeployment."""


class RollbackFailed(Exception):
    """What ran before cannot be brought back; the text says why."""


class Play(ABC):
    """One deployment of one service."""

    def __init__(self, parts: Parts, service: Service, deployment: ServiceDeployment) -> None:
        """Work on a deployment that was created."""
        self.parts = parts
        self.service = service
        self.deployment = deployment
        self.configuration = deployment.configuration
        self.target = deployment.target
        self.events = Events(parts.cloud, service, parts.send)
        self.watch = Watch(parts.cloud.clock, deployment, parts.alarms, self.events)

    @abstractmethod
    def deploy(self) -> None:
        """Bring the target, and let what ran before end; Failing or Superseded."""

    @abstractmethod
    def roll_back(self, to: ServiceRevision) -> None:
        """Bring a revision back, and let all others end; RollbackFailed or Superseded."""

    def last_words(self) -> str:
        """What the new tasks ended of, or what their health checks see."""
        return self.target.tasks.why_not_steady()

    def others(self, than: ServiceRevision) -> list[TaskSet]:
        """Task sets of the service's other revisions."""
        return [one for one in self.service.task_sets if one is not than.tasks]

    def forget(self, task_sets: Sequence[TaskSet]) -> None:
        """Drain and stop task sets, then forget them."""
        for task_set in task_sets:
            task_set.end()
            if task_set in self.service.task_sets:
                self.service.task_sets.remove(task_set)
                self.service.gone.append(task_set)
