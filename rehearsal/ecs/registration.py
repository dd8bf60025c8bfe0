"""Where a task set's tasks stand: in target groups, each on a container's port, or behind nothing.

AWS documents: AmazonECS/latest/developerguide/troubleshoot-service-load-balancers (what ECS says of failed checks),
register-multiple-targetgroups (a task is healthy when all its target groups find it healthy),
AmazonECSInfrastructureRolePolicyForLoadBalancers (whose leave it takes where a role is given).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from rehearsal.ecs.task import LiveTask
from rehearsal.elb.service import LoadBalancers
from rehearsal.errors import AwsRefusal


class RegistrationRefused(Exception):
    """A role may not register a task; the text is ECS's own service event."""


class EcsRefused(AwsRefusal):
    """ECS refuses a call; code (for example `InvalidParameterException`) and text are ECS's own."""


class Entry(NamedTuple):
    """One target group of a service, and what stands in it."""

    target_group: str
    container: str
    port: int


@dataclass(frozen=True)
class Blueprint:
    """What a task set's tasks are made of."""

    definition: Mapping[str, Any]
    """The registered task definition, as DescribeTaskDefinition answers it."""
    entries: Sequence[Entry] = ()
    """Where its tasks are registered."""
    grace: float = 0.0
    """Declared `healthCheckGracePeriodSeconds`."""
    security_groups: Sequence[str] = ()

    @property
    def target_group(self) -> str | None:
        """ARN of the first target group; None behind no load balancer."""
        return self.entries[0].target_group if self.entries else None

    @property
    def image(self) -> str:
        """What the load-balanced container runs; the first container of a task behind no load balancer."""
        containers = self.definition["containerDefinitions"]
        name = self.entries[0].container if self.entries else containers[0]["name"]
        return next((str(one["image"]) for one in containers if one["name"] == name), "")


def _allowed(action: str, target_group: str) -> None:
    """ECS's own role may."""


@dataclass(frozen=True)
class Registration:
    """The target groups of a task set, as each of its tasks stands in them."""

    blueprint: Blueprint
    load_balancers: LoadBalancers
    allow: Callable[[str, str], None] = _allowed
    """Raises RegistrationRefused when the service's infrastructure role may not do this (an action) to a target group."""

    @property
    def is_checked(self) -> bool:
        """Whether somebody checks the health of these tasks."""
        return bool(self.blueprint.entries)

    def register(self, task: LiveTask) -> None:
        """Give the task its addresses, and each target group the task. RegistrationRefused."""
        for entry in self.blueprint.entries:
            self.allow("RegisterTargets", entry.target_group)
            address = task.running.address(entry.container, entry.port)
            own = self.load_balancers.health_port(entry.target_group)
            health_port = None
            if own is not None and own != entry.port:
                health_port = task.running.address(entry.container, own)[1]
            self.load_balancers.register(entry.target_group, *address, health_port, self.blueprint.image)
            task.addresses[entry.target_group] = address

    def deregister(self, task: LiveTask) -> None:
        """Take the task out; returns when its requests in flight are answered. A role that may not leaves it there."""
        for group, address in task.addresses.items():
            with suppress(RegistrationRefused):
                self.allow("DeregisterTargets", group)
                self.load_balancers.deregister(group, *address)

    def health(self, task: LiveTask) -> str | None:
        """State of the task's targets: that of the first which is not healthy; None for a task that has none."""
        seen = [self._state(task, entry.target_group) for entry in self.blueprint.entries]
        return next((one for one in seen if one != "healthy"), seen[0] if seen else None)

    def is_well(self, task: LiveTask) -> bool:
        """Whether a task is healthy wherever its health is checked."""
        return self.health(task) in {None, "healthy"} and len(task.addresses) == len(self.blueprint.entries)

    def unwell(self, task: LiveTask) -> str:
        """What keeps a running task from being healthy; empty when nothing does."""
        code = task.running.exit_code()
        if code is not None:
            return f"has just exited (exit code {code})"
        if self.blueprint.entries and not task.addresses:
            return "runs and is not registered yet"
        for entry in self.blueprint.entries:
            health = self._state(task, entry.target_group)
            if health not in {None, "healthy"}:
                return self._told(task, entry, health)
        return ""

    def failed_checks(self, task: LiveTask) -> str:
        """ECS's reason (troubleshoot-service-load-balancers), and what was seen when; then ours, which settings decide this."""
        group = next(
            (
                e.target_group
                for e in self.blueprint.entries
                if self._state(task, e.target_group) != "healthy"
            ),
            self.blueprint.entries[0].target_group,
        )
        check = self.load_balancers.check(group)
        return (
            f"Task failed ELB health checks in (target-group {group}): it {self.unwell(task)}; it had gracePeriodSeconds "
            f"{self.blueprint.grace:g} and unhealthyThreshold {check.unhealthy_threshold} checks, one each intervalSeconds "
            f"{check.interval:g}, all real seconds: raise gracePeriodSeconds if it needs longer to start"
        )

    def _state(self, task: LiveTask, group: str) -> str | None:
        address = task.addresses.get(group)
        return None if address is None else self.load_balancers.health(group).get(_target(address))

    def _told(self, task: LiveTask, entry: Entry, health: str | None) -> str:
        target = _target(task.addresses[entry.target_group])
        reason = self.load_balancers.reasons(entry.target_group).get(target, "")
        seen = self.load_balancers.findings(entry.target_group).get(target)
        where = f"container {entry.container}, port {entry.port}"
        return f"({where}) is {health}: {reason}{f': {seen}' if seen else ''}"


def _target(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
