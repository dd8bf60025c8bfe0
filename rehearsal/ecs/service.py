"""ECS services and their task sets, run for real by a runtime.

Behavior: AmazonECS/latest/developerguide/deployment-type-bluegreen (a CODE_DEPLOY service begins with one
task set) and AmazonECS/latest/APIReference/API_CreateTaskSet. Capacity, placement and networks are not imitated:
every task runs on this machine. A task's security groups are handed to the runtime; what becomes of them is its
level's matter. What ECS deploys itself is in `deployments/`.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rehearsal.cloudwatch.alarms import Alarms
from rehearsal.ecs import update
from rehearsal.ecs.deployments import declared as as_declared
from rehearsal.ecs.deployments.events import Send, nobody
from rehearsal.ecs.deployments.play import Parts
from rehearsal.ecs.deployments.service import ServiceDeployments
from rehearsal.ecs.making import INVALID, TaskSets
from rehearsal.ecs.registration import EcsRefused, Entry
from rehearsal.ecs.running_service import ECS, Service
from rehearsal.ecs.task_set import NotSteady, TaskSet, TaskSetStatus
from rehearsal.elb.service import LoadBalancers
from rehearsal.lambda_.service import Functions
from rehearsal.levels.runtime import Runtime
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.declared_blocks import block

SERVICE = "aws:ecs/service:Service"

ALL = 100.0
"""A task set of as many tasks as its service wants, in percent."""


class EcsServices:
    """Every service of a cloud; a context manager that stops all tasks at its end."""

    def __init__(  # noqa: PLR0913, PLR0917  (the services it stands on, of which a deployment of CodeDeploy needs few)
        self,
        cloud: Cloud,
        runtime: Runtime,
        load_balancers: LoadBalancers,
        alarms: Alarms | None = None,
        functions: Functions | None = None,
        send: Send = nobody,
        ask: Callable[[str], bool] | None = None,
    ) -> None:
        """Begin without services; the load balancers must have been started.

        `send` puts events on the bus; `ask` says whether a paused deployment goes on, in a person's place.
        """
        self._cloud = cloud
        self._load_balancers = load_balancers
        self._making = TaskSets(cloud, runtime, load_balancers)
        self.deployments = ServiceDeployments(
            Parts(
                cloud,
                load_balancers,
                self._making,
                alarms or Alarms(cloud, load_balancers),
                functions,
                send,
                ask,
            )
        )
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
            services = list(self._services.values())
            self._services.clear()
        self._load_balancers.hurry()
        self.deployments.stop([one for service in services for one in service.deployments])
        task_sets = [task_set for service in services for task_set in service.task_sets]
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

        Raises EcsRefused when a target group of it is behind no listener or a container does not exist.
        """
        inputs = declared.inputs
        service = Service(
            name=str(declared.outputs.get("name") or inputs.get("name") or declared.name),
            cluster=_last(inputs.get("cluster") or "default"),
            arn=declared.arn,
            desired_count=int(_or(inputs.get("desiredCount"), 1)),
            grace=float(inputs.get("healthCheckGracePeriodSeconds") or 0),
            controller=str(block(inputs.get("deploymentController")).get("type") or ECS),
            declared=declared,
            balancers=as_declared.load_balancers(inputs),
            network=as_declared.network(inputs),
            configuration=as_declared.configuration(inputs),
        )
        for group in (entry.target_group for entry in service.entries):
            if group not in self._load_balancers.target_groups():
                said = f"target group {group} of service {service.name} is not the stack's: nothing is registered or checked there"
                self._cloud.journal.record("ECS", said)
            elif not self._load_balancers.in_use(group):
                raise EcsRefused(
                    INVALID,
                    f"The target group with targetGroupArn {group} does not have an associated load balancer.",
                )
        if service.controller == ECS:
            self.deployments.begin(service, str(inputs["taskDefinition"]))
        else:
            blueprint = self._making.blueprint(service, str(inputs["taskDefinition"]), service.entries)
            self._making.make(service, blueprint, TaskSetStatus.PRIMARY, service.desired_count).begin()
        self._tell_start(service, service.primary)
        with self._lock:
            self._services[service.arn] = service
        return service

    def redeclare(self, declared: Declared) -> None:
        """Let a running service be as it is declared now, as the provider asks for by UpdateService."""
        service = self.service(
            _last(declared.inputs.get("cluster") or "default"), str(declared.outputs["name"])
        )
        if service.controller == ECS:
            before, inputs = service.declared.inputs, declared.inputs
            asked: dict[str, Any] = {"deploymentConfiguration": as_declared.configuration(inputs)}
            if as_declared.network(inputs) != as_declared.network(before):
                asked["networkConfiguration"] = {"awsvpcConfiguration": as_declared.network(inputs)}
            if as_declared.load_balancers(inputs) != as_declared.load_balancers(before):
                asked["loadBalancers"] = as_declared.load_balancers(inputs)
            changed = (
                inputs["taskDefinition"] if inputs["taskDefinition"] != before["taskDefinition"] else None
            )
            with service.lock:
                current = service.primary.task_definition
                if update.apply(service, asked) or (changed and changed != current):
                    self.deployments.begin(service, str(changed or current))
        service.declared = declared
        service.grace = float(declared.inputs.get("healthCheckGracePeriodSeconds") or 0)
        self.resize(service, int(_or(declared.inputs.get("desiredCount"), 1)))

    def delete_service(self, service: Service) -> None:
        """Drain and stop every task of a service, then forget it (ECS API Reference, DeleteService with `force`)."""
        with self._lock:
            self._services.pop(service.arn, None)
        self.deployments.stop(service.deployments)
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

    def wait_steady(self, service: Service, timeout: float) -> None:
        """Wait `timeout` real seconds at most until a service's tasks are healthy and no deployment of ECS's own runs; NotSteady."""
        deadline = time.monotonic() + timeout
        service.primary.wait_steady(timeout)
        deployment = service.deployment
        if deployment is not None and not deployment.ended.wait(max(deadline - time.monotonic(), 0.0)):
            raise NotSteady(
                f"the deployment of service {service.name} is {deployment.status}: {deployment.reason}"
            )

    def describe_task_definition(self, arn: str) -> Mapping[str, Any]:
        """Answer a registered task definition, as ECS itself knows it."""
        return self._making.describe(arn)

    def create_task_set(  # noqa: PLR0913  (the parts of the API call)
        self,
        service: Service,
        task_definition_arn: str,
        target_group_arn: str,
        *,
        scale: float = ALL,
        container: tuple[str, int] | None = None,
        security_groups: Sequence[str] | None = None,
    ) -> TaskSet:
        """Add an ACTIVE task set of `scale` percent of the desired count and begin to start its tasks.

        `container` is name and port behind the load balancer; it and `security_groups` are the service's when left out.
        Raises EcsRefused.
        """
        name, port = container or service.entries[0][1:]
        entry = Entry(target_group_arn, name, port)
        blueprint = self._making.blueprint(service, task_definition_arn, [entry], security_groups)
        count = round(service.desired_count * scale / ALL) or (1 if service.desired_count else 0)
        task_set = self._making.make(service, blueprint, TaskSetStatus.ACTIVE, count)
        self._tell_start(service, task_set)
        task_set.begin()
        return task_set

    def resize(self, service: Service, desired_count: int, *, wait: bool = True) -> None:
        """Change how many tasks a service keeps, also under CODE_DEPLOY (ECS API Reference, UpdateService).

        Returns when what is too much has ended, or at once where nobody waits. A deployment of ECS's own that runs heeds it.
        """
        if desired_count == service.desired_count:
            return
        with service.lock:
            service.desired_count = desired_count
            self._cloud.journal.record("ECS", f"service {service.name} keeps {desired_count} tasks")
            deployment, primary = service.deployment, service.primary
            if deployment is not None and not deployment.status.is_final:
                return
            primary.want(desired_count)
        if wait:
            primary.resize(desired_count)

    def update_primary(self, service: Service, task_set: TaskSet) -> None:
        """Make a task set PRIMARY and the former one ACTIVE (UpdateServicePrimaryTaskSet)."""
        service.lead(task_set)
        self._cloud.journal.record("ECS", f"{task_set.id} is PRIMARY of service {service.name}")

    def delete_task_set(self, service: Service, task_set: TaskSet) -> None:
        """Drain and stop a task set's tasks, then forget it (DeleteTaskSet with `force`)."""
        self._cloud.journal.record("ECS", f"{task_set.id} of service {service.name} drains")
        task_set.end()
        service.task_sets.remove(task_set)
        service.gone.append(task_set)
        self._cloud.journal.record("ECS", f"{task_set.id} of service {service.name} is deleted")

    def _tell_start(self, service: Service, task_set: TaskSet) -> None:
        revision = _last(task_set.task_definition)
        self._cloud.journal.record(
            "ECS",
            f"{task_set.status} {task_set.id} of service {service.name} starts {task_set.count} x {revision}",
        )


def _last(arn_or_name: str) -> str:
    return str(arn_or_name).rsplit("/", 1)[-1]


def _or(value: Any, default: int) -> Any:
    return default if value is None else value
