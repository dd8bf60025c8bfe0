"""Where a task set's tasks stand: in one target group, on the load-balanced container's port, or behind nothing.

AWS document: AmazonECS/latest/developerguide/troubleshoot-service-load-balancers (what ECS says of failed checks).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.ecs.task import LiveTask
from rehearsal.elb.service import LoadBalancers


@dataclass(frozen=True)
class Blueprint:
    """What a task set's tasks are made of."""

    definition: Mapping[str, Any]
    """The registered task definition, as DescribeTaskDefinition answers it."""
    target_group: str | None
    container: str
    port: int
    grace: float
    """Declared `healthCheckGracePeriodSeconds`."""
    security_groups: Sequence[str] = ()

    @property
    def image(self) -> str:
        """What the load-balanced container runs; empty when no container is behind a load balancer."""
        containers = self.definition["containerDefinitions"]
        return next((str(one["image"]) for one in containers if one["name"] == self.container), "")


@dataclass(frozen=True)
class Registration:
    """The target group of a task set, as each of its tasks stands in it."""

    blueprint: Blueprint
    load_balancers: LoadBalancers

    def register(self, task: LiveTask) -> None:
        """Give the task its address, and the target group the task."""
        group = self.blueprint.target_group
        if group is None:
            return
        task.address = task.running.address(self.blueprint.container, self.blueprint.port)
        own = self.load_balancers.health_port(group)
        health_port = None
        if own is not None and own != self.blueprint.port:
            health_port = task.running.address(self.blueprint.container, own)[1]
        self.load_balancers.register(group, *task.address, health_port, self.blueprint.image)

    def deregister(self, task: LiveTask) -> None:
        """Take the task out; returns when its requests in flight are answered."""
        if self.blueprint.target_group is not None and task.address is not None:
            self.load_balancers.deregister(self.blueprint.target_group, *task.address)

    def health(self, task: LiveTask) -> str | None:
        """State of the task's target; None for a task that has none."""
        if self.blueprint.target_group is None or task.address is None:
            return None
        return self.load_balancers.health(self.blueprint.target_group).get(_target(task.address))

    def all_well(self, tasks: Sequence[LiveTask]) -> bool:
        """Whether every task runs, and is healthy where health is checked."""
        group = self.blueprint.target_group
        if group is None:
            return all(task.running.exit_code() is None for task in tasks)
        health = self.load_balancers.health(group)
        return all(task.address and health.get(_target(task.address)) == "healthy" for task in tasks)

    def unwell(self, task: LiveTask) -> str:
        """What keeps a running task from being healthy; empty when nothing does."""
        code = task.running.exit_code()
        if code is not None:
            return f"has just exited (exit code {code})"
        group = self.blueprint.target_group
        if group is None:
            return ""
        if task.address is None:
            return "runs and is not registered yet"
        health = self.health(task)
        if health in (None, "healthy"):
            return ""
        reason = self.load_balancers.reasons(group).get(_target(task.address), "")
        seen = self.load_balancers.findings(group).get(_target(task.address))
        where = f"container {self.blueprint.container}, port {self.blueprint.port}"
        return f"({where}) is {health}: {reason}{f': {seen}' if seen else ''}"

    def failed_checks(self, task: LiveTask) -> str:
        """ECS's reason (troubleshoot-service-load-balancers), and what was seen when; then ours, which settings decide this."""
        group = self.blueprint.target_group or ""
        check = self.load_balancers.check(group)
        return (
            f"Task failed ELB health checks in (target-group {group}): it {self.unwell(task)}; it had gracePeriodSeconds "
            f"{self.blueprint.grace:g} and unhealthyThreshold {check.unhealthy_threshold} checks, one each intervalSeconds "
            f"{check.interval:g}, all real seconds: raise gracePeriodSeconds if it needs longer to start"
        )


def _target(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
