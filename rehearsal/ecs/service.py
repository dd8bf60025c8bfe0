"""ECS services and their task sets, run for real by a runtime.

Behavior: AmazonECS/latest/developerguide/deployment-type-bluegreen (a CODE_DEPLOY service begins with one
task set) and AmazonECS/latest/APIReference/API_CreateTaskSet. Capacity, placement, networks and Service
Connect are not imitated: every task runs on this machine. A task's security groups are handed to the runtime;
what becomes of them is its level's matter.
"""

import secrets
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from rehearsal.ecs import task_definition
from rehearsal.ecs.registration import Blueprint
from rehearsal.ecs.task_set import TaskSet, TaskSetStatus
from rehearsal.elb.service import LoadBalancers
from rehearsal.errors import AwsRefusal
from rehearsal.levels.runtime import Runtime
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.declared_blocks import block

SERVICE = "aws:ecs/service:Service"

INVALID = "InvalidParameterException"
"""Name of ECS's answer to a wrong parameter."""


REMEMBERED = 20
"""Deleted task sets of one service that are remembered."""

ALL = 100.0
"""A task set of as many tasks as its service wants, in percent."""


class EcsRefused(AwsRefusal):
    """ECS refuses a call; code (for example `InvalidParameterException`) and text are ECS's own."""


@dataclass
class Service:
    """A running service."""

    name: str
    cluster: str
    arn: str
    desired_count: int
    container: str
    port: int
    grace: float
    """Declared `healthCheckGracePeriodSeconds`."""
    controller: str
    """`CODE_DEPLOY` or `ECS`."""
    declared: Declared
    """As the program declared it."""
    security_groups: Sequence[str] = ()
    """Groups of its tasks, unless a deployment names others."""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    task_sets: list[TaskSet] = field(default_factory=list[TaskSet])
    gone: deque[TaskSet] = field(default_factory=lambda: deque[TaskSet](maxlen=REMEMBERED))
    """Task sets that were deleted: their tasks are told of for a while."""

    @property
    def primary(self) -> TaskSet:
        """The task set that serves production (PRIMARY)."""
        for task_set in self.task_sets:
            if task_set.status == TaskSetStatus.PRIMARY:
                return task_set
        raise LookupError(f"service {self.name} has no PRIMARY task set")


class EcsServices:
    """Every service of a cloud; a context manager that stops all tasks at its end."""

    def __init__(self, cloud: Cloud, runtime: Runtime, load_balancers: LoadBalancers) -> None:
        """Begin without services; the load balancers must have been started."""
        self._cloud = cloud
        self._runtime = runtime
        self._load_balancers = load_balancers
        self._services: dict[str, Service] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Nothing runs before `create_service`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all tasks."""
        self.stop()

    def stop(self) -> None:
        """Stop every task of every service, in parallel."""
        with self._lock:
            task_sets = [task_set for service in self._services.values() for task_set in service.task_sets]
            self._services.clear()
        self._load_balancers.hurry()
        threads = [
            threading.Thread(target=task_set.end, kwargs={"hurried": True}, daemon=True)
            for task_set in task_sets
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def create_service(self, declared: Declared) -> Service:
        """Create a declared `aws:ecs/service:Service`; its first task set is PRIMARY and begins to start.

        Raises EcsRefused when its target group is behind no listener or its container does not exist.
        """
        inputs = declared.inputs
        balancer = block(inputs.get("loadBalancers"))
        controller = block(inputs.get("deploymentController"))
        service = Service(
            name=str(declared.outputs.get("name") or inputs.get("name") or declared.name),
            cluster=_last(inputs.get("cluster") or "default"),
            arn=declared.arn,
            desired_count=int(_or(inputs.get("desiredCount"), 1)),
            container=str(balancer.get("containerName") or ""),
            port=int(balancer.get("containerPort") or 0),
            grace=float(inputs.get("healthCheckGracePeriodSeconds") or 0),
            controller=str(controller.get("type") or "ECS"),
            declared=declared,
            security_groups=tuple(block(inputs.get("networkConfiguration")).get("securityGroups") or ()),
        )
        group = balancer.get("targetGroupArn")
        if group is not None and not self._load_balancers.in_use(str(group)):
            raise EcsRefused(
                INVALID,
                f"The target group with targetGroupArn {group} does not have an associated load balancer.",
            )
        blueprint = Blueprint(
            definition=self.describe_task_definition(str(inputs["taskDefinition"])),
            target_group=group,
            container=service.container,
            port=service.port,
            grace=service.grace,
            security_groups=service.security_groups,
        )
        task_set = self._task_set(service, blueprint, TaskSetStatus.PRIMARY)
        with self._lock:
            self._services[service.arn] = service
        task_set.begin()
        return service

    def delete_service(self, service: Service) -> None:
        """Drain and stop every task of a service, then forget it (ECS API Reference, DeleteService with `force`)."""
        with self._lock:
            self._services.pop(service.arn, None)
        for task_set in list(service.task_sets):
            task_set.end()
        self._cloud.journal.record("ECS", f"service {service.name} of cluster {service.cluster} is deleted")

    def service(self, cluster: str, name: str) -> Service:
        """Find a service by the names of cluster and service."""
        with self._lock:
            for service in self._services.values():
                if (service.cluster, service.name) == (cluster, name):
                    return service
            there = sorted(f"{service.cluster}/{service.name}" for service in self._services.values())
        raise LookupError(f"no service {cluster}/{name}; there are {there}")

    def all(self) -> list[Service]:
        """Every service."""
        with self._lock:
            return list(self._services.values())

    def describe_task_definition(self, arn: str) -> Mapping[str, Any]:
        """Answer a registered task definition, as ECS itself knows it."""
        answer = self._cloud.client("ecs").describe_task_definition(taskDefinition=arn)
        return answer["taskDefinition"]

    def create_task_set(  # noqa: PLR0913  (the parts of the API call)
        self,
        service: Service,
        task_definition_arn: str,
        target_group_arn: str | None,
        *,
        scale: float = ALL,
        container: tuple[str, int] | None = None,
        security_groups: Sequence[str] | None = None,
    ) -> TaskSet:
        """Add an ACTIVE task set of `scale` percent of the desired count and begin to start its tasks.

        `container` is name and port behind the load balancer; it and `security_groups` are the service's when left out.
        Raises EcsRefused.
        """
        name, port = container or (service.container, service.port)
        blueprint = Blueprint(
            definition=self.describe_task_definition(task_definition_arn),
            target_group=target_group_arn,
            container=name,
            port=port,
            grace=service.grace,
            security_groups=service.security_groups if security_groups is None else security_groups,
        )
        task_set = self._task_set(service, blueprint, TaskSetStatus.ACTIVE, scale)
        task_set.begin()
        return task_set

    def resize(self, service: Service, desired_count: int, *, wait: bool = True) -> None:
        """Change how many tasks a service keeps, also under CODE_DEPLOY (ECS API Reference, UpdateService).

        Returns when what is too much has ended, or at once where nobody waits.
        """
        if desired_count == service.desired_count:
            return
        service.desired_count = desired_count
        self._cloud.journal.record("ECS", f"service {service.name} keeps {desired_count} tasks")
        primary = service.primary
        if wait:
            primary.resize(desired_count)
        else:
            threading.Thread(target=primary.resize, args=(desired_count,), daemon=True).start()

    def update_primary(self, service: Service, task_set: TaskSet) -> None:
        """Make a task set PRIMARY and the former one ACTIVE (UpdateServicePrimaryTaskSet)."""
        for other in service.task_sets:
            if other.status == TaskSetStatus.PRIMARY:
                other.status = TaskSetStatus.ACTIVE
        task_set.status = TaskSetStatus.PRIMARY
        self._cloud.journal.record("ECS", f"{task_set.id} is PRIMARY of service {service.name}")

    def delete_task_set(self, service: Service, task_set: TaskSet) -> None:
        """Drain and stop a task set's tasks, then forget it (DeleteTaskSet with `force`)."""
        self._cloud.journal.record("ECS", f"{task_set.id} of service {service.name} drains")
        task_set.end()
        service.task_sets.remove(task_set)
        service.gone.append(task_set)
        self._cloud.journal.record("ECS", f"{task_set.id} of service {service.name} is deleted")

    def _task_set(
        self, service: Service, blueprint: Blueprint, status: TaskSetStatus, scale: float = ALL
    ) -> TaskSet:
        if blueprint.target_group is not None:
            _expect_container(blueprint.definition, blueprint.container, blueprint.port)
        number = f"{secrets.randbelow(10**19):019d}"
        id_ = f"ecs-svc/{number}"
        arn = f"{task_set_arns(service.arn)}{id_}"
        count = round(service.desired_count * scale / ALL) or (1 if service.desired_count else 0)
        task_set = TaskSet(
            id_, arn, blueprint, count, status, self._cloud, self._runtime, self._load_balancers
        )
        service.task_sets.append(task_set)
        revision = _last(str(blueprint.definition["taskDefinitionArn"]))
        self._cloud.journal.record(
            "ECS", f"{status} {id_} of service {service.name} starts {count} x {revision}"
        )
        return task_set


def task_set_arns(service_arn: str) -> str:
    """Common beginning of the ARNs of a service's task sets (service-authorization, list_ecs, "task-set")."""
    return service_arn.replace(":service/", ":task-set/") + "/"


def _expect_container(definition: Mapping[str, Any], name: str, port: int) -> None:
    container = task_definition.container(definition, name)
    if container is None:
        raise EcsRefused(INVALID, f"The container {name} does not exist in the task definition.")
    if port not in task_definition.ports(container):
        raise EcsRefused(INVALID, f"The container {name} did not have a container port {port} defined.")


def _last(arn_or_name: str) -> str:
    return str(arn_or_name).rsplit("/", 1)[-1]


def _or(value: Any, default: int) -> Any:
    return default if value is None else value
