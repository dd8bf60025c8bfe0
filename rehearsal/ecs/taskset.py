"""A task set: as many tasks of one task definition as wanted, each kept alive, behind one target group.

Steady state: AmazonECS/latest/APIReference/API_TaskSet (`stabilityStatus`). Replacement of tasks that fail
load balancer checks after the grace period:
AmazonECS/latest/developerguide/troubleshoot-service-load-balancers. Launches that keep failing are
throttled, never given up, on AWS (service-throttle-logic); a rehearsal gives up after `ATTEMPTS` and says
so.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.cloud import Cloud
from rehearsal.ecs import task as ecstask
from rehearsal.ecs.task import LiveTask, StartFailed, StoppedTask
from rehearsal.elb.loadbalancer import LoadBalancers
from rehearsal.runtimes import Runtime

ATTEMPTS = 3
"""Failed tasks in a row after which a rehearsal stops replacing a task."""

POLL = 0.03
"""Real seconds between two looks at a task."""

SHORTEST_GRACE = 5.0
"""Real seconds a declared grace period lasts at least; programs start in real time."""

RETRY_AFTER = 10.0
"""Declared seconds before a failed task is replaced."""


class NotSteady(Exception):  # noqa: N818  (an outcome, reported as a failed deployment)
    """A task set did not become steady; the text says which task stopped why."""


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


@dataclass
class _Slot:
    """Place for one task."""

    task: LiveTask | None = None
    failures: int = 0
    thread: threading.Thread | None = None


@dataclass
class TaskSet:
    """Tasks of one revision of a service."""

    id: str
    arn: str
    blueprint: Blueprint
    count: int
    status: str
    """PRIMARY, ACTIVE or DRAINING."""
    cloud: Cloud
    runtime: Runtime
    load_balancers: LoadBalancers
    stopped: list[StoppedTask] = field(default_factory=list[StoppedTask])
    """Tasks that ended by themselves, oldest first."""
    _slots: list[_Slot] = field(default_factory=list[_Slot])
    _ending: threading.Event = field(default_factory=threading.Event)

    @property
    def task_definition(self) -> str:
        """ARN of the task definition."""
        return str(self.blueprint.definition["taskDefinitionArn"])

    @property
    def image(self) -> str:
        """What the load-balanced container runs; empty when no container is behind a load balancer."""
        containers = self.blueprint.definition["containerDefinitions"]
        return next((str(one["image"]) for one in containers if one["name"] == self.blueprint.container), "")

    @property
    def running(self) -> list[LiveTask]:
        """Tasks that run now."""
        return [slot.task for slot in self._slots if slot.task is not None]

    @property
    def given_up(self) -> bool:
        """Whether some task was replaced so often that the rehearsal stopped trying."""
        return any(slot.failures >= ATTEMPTS for slot in self._slots)

    def begin(self) -> None:
        """Start the tasks; returns at once."""
        for number in range(self.count):
            slot = _Slot()
            slot.thread = threading.Thread(
                target=self._keep, args=(slot,), name=f"{self.id} task {number}", daemon=True
            )
            self._slots.append(slot)
            slot.thread.start()

    def end(self) -> None:
        """Drain and stop every task; returns when nothing runs any more."""
        self.status = "DRAINING"
        self._ending.set()
        for slot in self._slots:
            if slot.thread is not None:
                slot.thread.join()

    def steady(self) -> bool:
        """Whether every wanted task runs and its target is healthy."""
        running = self.running
        if len(running) < self.count:
            return False
        group = self.blueprint.target_group
        if group is None:
            return all(task.running.exit_code() is None for task in running)
        health = self.load_balancers.health(group)
        return all(task.address and health.get(_target(task.address)) == "healthy" for task in running)

    def wait_steady(self, timeout: float) -> None:
        """Wait `timeout` real seconds at most; NotSteady with the reasons."""
        deadline = time.monotonic() + timeout
        while not self.steady():
            if self.given_up or time.monotonic() > deadline:
                raise NotSteady(self.why_not_steady())
            time.sleep(POLL)

    def why_not_steady(self) -> str:
        """Say which tasks stopped why, or what the health checks of the running ones see."""
        said = [f"{len(self.running)} of {self.count} tasks run"]
        if self.given_up:
            said[0] += (
                f"; the rehearsal stopped replacing a task after {ATTEMPTS} failures, where ECS goes on"
            )
        group = self.blueprint.target_group
        if group is not None:
            reasons = self.load_balancers.reasons(group)
            health = self.load_balancers.health(group)
            said += [f"target {name} is {health[name]} {reasons.get(name, '')}".rstrip() for name in health]
        text = "; ".join(said)
        return f"{text}\n  {self.stopped[-1]}" if self.stopped else text + self._last_words()

    def _last_words(self) -> str:
        return "".join(
            f"\n  task {task.task_id} runs and wrote:" + "".join(f"\n    {line}" for line in lines)
            for task in self.running
            if (lines := task.running.log_tail(ecstask.LOG_LINES))
        )

    def _keep(self, slot: _Slot) -> None:
        """Keep one task alive until the task set ends or too many of them failed."""
        while not self._ending.is_set() and slot.failures < ATTEMPTS:
            ended = self._live(slot)
            if ended is None:
                return
            slot.failures += 1
            self.stopped.append(ended)
            self.cloud.journal.record("ECS", f"task stopped: {ended.reason}", exit_code=ended.exit_code)
            self.cloud.clock.sleep(RETRY_AFTER * slot.failures, until=self._ending)

    def _live(self, slot: _Slot) -> StoppedTask | None:
        """Run one task from start to end; None when it ended because the task set does."""
        try:
            blueprint = self.blueprint
            task = ecstask.start(self.cloud, self.runtime, blueprint.definition, blueprint.security_groups)
        except StartFailed as failure:
            return StoppedTask("(not started)", str(failure))
        try:
            self._register(task)
            slot.task = task
            reason = self._watch(slot, task)
        except (LookupError, OSError, RuntimeError) as failure:
            reason = f"CannotStartContainerError: {failure}"
        finally:
            slot.task = None
            self._deregister(task)
            ended = ecstask.stop(self.cloud, task, "Scaling activity initiated by (deployment)")
        if reason is None:
            return None
        return StoppedTask(task.task_id, reason, ended.exit_code, ended.log)

    def _watch(self, slot: _Slot, task: LiveTask) -> str | None:
        grace = max(
            self.cloud.clock.seconds(self.blueprint.grace), SHORTEST_GRACE if self.blueprint.grace else 0.0
        )
        group = self.blueprint.target_group
        while not self._ending.wait(POLL):
            if task.running.exit_code() is not None:
                return "Essential container in task exited"
            if group is None or task.address is None:
                continue
            health = self.load_balancers.health(group).get(_target(task.address))
            if health == "healthy":
                slot.failures = 0
            elif health == "unhealthy" and time.monotonic() - task.started > grace:
                return f"Task failed ELB health checks in (target-group {group})"
        return None

    def _register(self, task: LiveTask) -> None:
        group = self.blueprint.target_group
        if group is None:
            return
        task.address = task.running.address(self.blueprint.container, self.blueprint.port)
        own = self.load_balancers.health_port(group)
        health_port = None
        if own is not None and own != self.blueprint.port:
            health_port = task.running.address(self.blueprint.container, own)[1]
        self.load_balancers.register(group, *task.address, health_port, self.image)

    def _deregister(self, task: LiveTask) -> None:
        if self.blueprint.target_group is not None and task.address is not None:
            self.load_balancers.deregister(self.blueprint.target_group, *task.address)


def _target(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"
