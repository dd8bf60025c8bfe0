"""A task set: as many tasks of one task definition as wanted, each kept alive, behind one target group.

Steady state: AmazonECS/latest/APIReference/API_TaskSet (`stabilityStatus`). Replacement of tasks that fail
load balancer checks after the grace period:
AmazonECS/latest/developerguide/troubleshoot-service-load-balancers. Launches that keep failing are
throttled, never given up, on AWS (service-throttle-logic); a rehearsal gives up after `ATTEMPTS`, or after
one task that was not healthy when its grace period ended, and says so.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from rehearsal.ecs import task as ecstask
from rehearsal.ecs.registration import Blueprint, Registration
from rehearsal.ecs.task import LiveTask, StartFailed, StoppedTask
from rehearsal.ecs.task_life import StopCode, TaskLife
from rehearsal.elb.service import LoadBalancers
from rehearsal.levels.runtime import Runtime
from rehearsal.world import text
from rehearsal.world.cloud import Cloud

ATTEMPTS = 3
"""Failed tasks in a row after which a rehearsal stops replacing a task."""

POLL = 0.03
"""Real seconds between two looks at a task."""

TELL_AFTER = (5.0, 15.0)
"""Declared seconds after which a task that is not healthy is told of, and then how often."""

INCIDENT = 90.0
"""Declared seconds for which time passes as it is after a task that was well has failed: its successor may fail as soon."""

REMEMBERED = 200
"""Tasks of one task set that are remembered after their end, for who asks about them."""

SCALED = "Scaling activity initiated by (deployment)"
"""ECS's reason for a task that nobody wants any more."""

RETRY_AFTER = 10.0
"""Declared seconds before a failed task is replaced."""


class NotSteady(Exception):
    """A task set did not become steady; the text says which task stopped why."""


class TaskSetStatus(StrEnum):
    """API ecs.TaskSet, `status`."""

    PRIMARY = "PRIMARY"
    """It serves production traffic."""
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"


@dataclass(eq=False)
class _Slot:
    """One of the wanted tasks, with all that took its turn."""

    task: LiveTask | None = None
    ended: StoppedTask | None = None
    """The last task that was here, as soon as it is known to end."""
    failures: int = 0
    """Failed tasks in a row since one was healthy."""
    was_well: bool = False
    """Whether its present or last task was healthy once."""
    thread: threading.Thread | None = None
    ending: threading.Event = field(default_factory=threading.Event)


@dataclass
class TaskSet:
    """Tasks of one revision of a service."""

    id: str
    arn: str
    blueprint: Blueprint
    count: int
    status: TaskSetStatus
    cloud: Cloud
    runtime: Runtime
    load_balancers: InitVar[LoadBalancers]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    lives: deque[TaskLife] = field(default_factory=lambda: deque[TaskLife](maxlen=REMEMBERED))
    """Every task that there was, oldest first."""
    stopped: list[StoppedTask] = field(default_factory=list[StoppedTask])
    """Tasks that ended by themselves, oldest first."""
    _slots: list[_Slot] = field(default_factory=list[_Slot])
    _hurried: bool = False
    _registration: Registration = field(init=False)

    def __post_init__(self, load_balancers: LoadBalancers) -> None:
        """Know where its tasks are registered."""
        self._registration = Registration(self.blueprint, load_balancers)

    @property
    def task_definition(self) -> str:
        """ARN of the task definition."""
        return str(self.blueprint.definition["taskDefinitionArn"])

    @property
    def image(self) -> str:
        """What the load-balanced container runs; empty when no container is behind a load balancer."""
        return self.blueprint.image

    @property
    def running(self) -> list[LiveTask]:
        """Tasks that run now."""
        return [slot.task for slot in self._slots if slot.task is not None]

    @property
    def pending(self) -> int:
        """How many tasks are still to start."""
        draining = self.status == TaskSetStatus.DRAINING
        return 0 if draining else max(self.count - len(self.running), 0)

    @property
    def given_up(self) -> bool:
        """Whether some task was replaced so often that the rehearsal stopped trying."""
        return any(slot.failures >= ATTEMPTS for slot in self._slots)

    def begin(self) -> None:
        """Start the tasks; returns at once."""
        for number in range(len(self._slots), self.count):
            slot = _Slot()
            slot.thread = threading.Thread(
                target=self._keep, args=(slot,), name=f"{self.id} task {number}", daemon=True
            )
            self._slots.append(slot)
            slot.thread.start()

    def resize(self, count: int) -> None:
        """Keep `count` tasks from now on: starts what is missing at once, drains and stops what is too much."""
        surplus, self._slots = self._slots[count:], self._slots[:count]
        self.count = count
        self._end(surplus)
        self.begin()

    def end(self, *, hurried: bool = False) -> None:
        """Drain and stop every task; returns when nothing runs any more. `hurried` when the rehearsal ends."""
        self._hurried = self._hurried or hurried
        self.status = TaskSetStatus.DRAINING
        self._end(self._slots)

    def _end(self, slots: Sequence[_Slot]) -> None:
        """Let tasks end, all at once, and wait until they have."""
        for slot in slots:
            slot.ending.set()
        for slot in slots:
            if slot.thread is not None:
                slot.thread.join()
            self.cloud.clock.release(slot)

    def steady(self) -> bool:
        """Whether every wanted task runs and its target is healthy."""
        running = self.running
        if len(running) < self.count:
            return False
        return self._registration.all_well(running)

    def wait_steady(self, timeout: float) -> None:
        """Wait `timeout` real seconds at most; NotSteady with the reasons."""
        deadline = time.monotonic() + timeout
        while not self.steady():
            if self.given_up or time.monotonic() > deadline:
                raise NotSteady(self.why_not_steady())
            time.sleep(POLL)

    def why_not_steady(self) -> str:
        """Say of each wanted task what its health checks see, or why the last one stopped."""
        said = f"{len(self.running)} of {self.count} tasks run"
        if self.given_up:
            said += "; the rehearsal stopped replacing one, where ECS goes on"
        return said + "".join(f"\n  {one}" for one in self._of_each())

    def _of_each(self) -> list[str]:
        found: list[str] = []
        for slot in self._slots:
            task, ended = slot.task, slot.ended
            if task is not None:
                unwell = self._registration.unwell(task)
                if unwell:
                    found.append(
                        f"task {task.task_id} {unwell}{_words(task.running.log_tail(ecstask.LOG_LINES))}"
                    )
                    continue
            if ended is not None and (task is None or slot.failures):
                found.append(str(ended))
            elif task is None:
                found.append("a task is being started")
        return list(dict.fromkeys(found))

    def _keep(self, slot: _Slot) -> None:
        """Keep one task alive until the task set ends or too many of them failed."""
        while not slot.ending.is_set() and slot.failures < ATTEMPTS:
            ended = self._live(slot)
            if ended is None:
                return
            slot.failures += 1
            if slot.was_well:
                self.cloud.clock.hold(slot, INCIDENT)
            self.stopped.append(ended)
            self.cloud.journal.record("ECS", f"task stopped: {ended.reason}", exit_code=ended.exit_code)
            self.cloud.clock.sleep(RETRY_AFTER * slot.failures, until=slot.ending)

    def _live(self, slot: _Slot) -> StoppedTask | None:
        """Run one task from start to end; None when it ended because the task set does."""
        blueprint = self.blueprint
        life = TaskLife(blueprint.definition)
        self.lives.append(life)
        try:
            # Pulling and starting is real work: nothing that only waits goes on faster meanwhile.
            with self.cloud.clock.held():
                task = ecstask.start(
                    self.cloud, self.runtime, blueprint.definition, blueprint.security_groups, life.id
                )
        except StartFailed as failure:
            life.let_go(str(failure), StopCode.NOT_STARTED)
            life.end()
            slot.ended = StoppedTask("(not started)", str(failure))
            return slot.ended
        reason: str | None = None
        try:
            self._registration.register(task)
            life.begin(task.address[0] if task.address else "")
            slot.task = task
            reason = self._watch(slot, task)
        except (LookupError, OSError, RuntimeError) as failure:
            reason = f"CannotStartContainerError: {failure}"
        finally:
            if reason is not None:
                words = text.last_words(task.running.log_tail(ecstask.LOG_LINES), ecstask.LOG_LINES)
                slot.ended = StoppedTask(task.task_id, reason, task.running.exit_code(), words)
            exited = task.running.exit_code() is not None
            life.let_go(reason or SCALED, StopCode.EXITED if exited else StopCode.SCHEDULER)
            slot.task = None
            self._registration.deregister(task)
            stopped = ecstask.stop(self.cloud, task, SCALED, hurried=self._hurried)
            life.end(stopped.exit_code)
        if reason is None:
            return None
        slot.ended = StoppedTask(task.task_id, reason, stopped.exit_code, stopped.log)
        return slot.ended

    def _watch(self, slot: _Slot, task: LiveTask) -> str | None:
        """Watch one task; why it must end, or None when the task set ends."""
        clock, grace = self.cloud.clock, self.blueprint.grace
        began = clock.now()
        told, slot.was_well = TELL_AFTER[0], False
        while not slot.ending.wait(POLL):
            if task.running.exit_code() is not None:
                return "Essential container in task exited"
            health = self._registration.health(task)
            age = clock.now() - began
            if health == "healthy":
                slot.failures, slot.was_well = 0, True
            elif health == "unhealthy" and age > grace:
                if not slot.was_well:
                    slot.failures = (
                        ATTEMPTS - 1
                    )  # a grace period of real seconds each: once is enough to know
                return self._registration.failed_checks(task)
            elif age > told:
                told = age + TELL_AFTER[1]
                self._tell(task, age)
        return None

    def _tell(self, task: LiveTask, age: float) -> None:
        left = self.blueprint.grace - age
        grace = f"its grace period lasts {left:.0f} s more" if left > 0 else "its grace period is over"
        self.cloud.journal.record(
            "ECS",
            f"task {task.task_id[:8]} {self._registration.unwell(task)}, {age:.0f} s after its start; {grace}",
        )


def _words(lines: Sequence[str]) -> str:
    """The last lines that a task wrote, fit to be shown."""
    shown = text.last_words(lines, ecstask.LOG_LINES)
    return " and wrote:" + "".join(f"\n    {line}" for line in shown) if shown else " and wrote nothing"
