"""Makes task sets of a service: from a registered task definition, behind the service's target groups.

AWS documents: AmazonECS/latest/APIReference, API_CreateTaskSet, API_CreateService (what a load-balanced container must have);
service-authorization, list_ecs ("task-set").
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.ecs import task_definition
from rehearsal.ecs.registration import Blueprint, EcsRefused, Entry, Registration
from rehearsal.ecs.running_service import Service
from rehearsal.ecs.task_set import TaskSet, TaskSetStatus
from rehearsal.elb.service import LoadBalancers
from rehearsal.levels.runtime import Runtime
from rehearsal.world.cloud import Cloud

INVALID = "InvalidParameterException"
"""Name of ECS's answer to a wrong parameter."""


@dataclass(frozen=True)
class TaskSets:
    """Makes task sets on a runtime."""

    cloud: Cloud
    runtime: Runtime
    load_balancers: LoadBalancers

    def describe(self, definition: str) -> Mapping[str, Any]:
        """A registered task definition, as ECS itself knows it."""
        answer = self.cloud.client("ecs").describe_task_definition(taskDefinition=definition)
        return answer["taskDefinition"]

    def blueprint(
        self,
        service: Service,
        definition: str,
        entries: Sequence[Entry],
        security_groups: Sequence[str] | None = None,
    ) -> Blueprint:
        """What tasks of a service are made of; EcsRefused when a load-balanced container is not what it is said to be.

        Target groups that are not the stack's own are not here: nothing is registered there.
        """
        groups = service.security_groups if security_groups is None else security_groups
        described, here = self.describe(definition), self.load_balancers.target_groups()
        for entry in entries:
            _expect_container(described, entry.container, entry.port)
        known = tuple(entry for entry in entries if entry.target_group in here)
        return Blueprint(described, known, service.grace, groups)

    def make(  # noqa: PLR0913  (the parts of a task set)
        self,
        service: Service,
        blueprint: Blueprint,
        status: TaskSetStatus,
        count: int,
        *,
        real: bool = True,
        allow: Callable[[str, str], None] | None = None,
    ) -> TaskSet:
        """Put a task set in a service, which is to have `count` tasks; they start when it begins.

        `real` and `allow` are those of `TaskSet` and `Registration`.
        """
        id_ = f"ecs-svc/{secrets.randbelow(10**19):019d}"
        registration = (
            Registration(blueprint, self.load_balancers, allow)
            if allow
            else Registration(blueprint, self.load_balancers)
        )
        arn = f"{task_set_arns(service.arn)}{id_}"
        task_set = TaskSet(id_, arn, count, status, self.cloud, self.runtime, registration, real)
        service.task_sets.append(task_set)
        return task_set


def task_set_arns(service_arn: str) -> str:
    """Common beginning of the ARNs of a service's task sets."""
    return service_arn.replace(":service/", ":task-set/") + "/"


def _expect_container(definition: Mapping[str, Any], name: str, port: int) -> None:
    container = task_definition.container(definition, name)
    if container is None:
        raise EcsRefused(INVALID, f"The container {name} does not exist in the task definition.")
    if port not in task_definition.ports(container):
        raise EcsRefused(INVALID, f"The container {name} did not have a container port {port} defined.")
