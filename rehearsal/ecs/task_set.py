"""A task set: as many tasks of one task definition as wanted, each kept alive, behind its target groups or none.

Steady state: AmazonECS/latest/APIReference/API_TaskSet (`stabilityStatus`). Launches that keep failing are throttled, never given
up, on AWS (service-throttle-logic); a rehearsal gives up after `ATTEMPTS`, or after one task that was not healthy when its grace
period ended, and says so.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from rehearsal.ecs.registration import Blueprint, Entry, Registration
from rehearsal.ecs.slot import ATTEMPTS, POLL, Failures, Slot, Workplace
from rehearsal.ecs.task import LiveTask, StoppedTask
from rehearsal.ecs.task_life import TaskLife
from rehearsal.levels.runtime import Runtime
from rehearsal.world.cloud import Cloud


class NotSteady(Exception):
    """A task set did not become steady; the text says which task stopped why."""


class TaskSetStatus(StrEnum):
    """API ecs.TaskSet, `status`."""

    PRIMARY = "PRIMARY"
    """It serves production traffic; of a service that ECS deploys itself, the newest."""
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"


@dataclass(eq=False)
class TaskSet:
    """Tasks of one revision of a service."""

    id: str
    arn: str
    count: int
    status: TaskSetStatus
    cloud: InitVar[Cloud]
    runtime: InitVar[Runtime]
    registration: Registration
    real: InitVar[bool] = True
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    _slots: list[Slot] = field(default_factory=list[Slot])
    _leaving: list[Slot] = field(default_factory=list[Slot])
    """Slots that nobody wants any more, and whose tasks may still drain."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _place: Workplace = field(init=False)

    def __post_init__(self, cloud: Cloud, runtime: Runtime, real: bool) -> None:
        """Know where its tasks run; `real` says whether a task without health checks has to run forty real seconds."""
        self._place = Workplace(cloud, runtime, self.registration, real)

    @property
    def blueprint(self) -> Blueprint:
        """What its tasks are made of."""
        return self.registration.blueprint

    @property
    def task_definition(self) -> str:
        """ARN of the task definition."""
        return str(self.blueprint.definition["taskDefinitionArn"])

    @property
    def image(self) -> str:
        """What its tasks run, as far as users see it."""
        return self.blueprint.image

    @property
    def lives(self) -> deque[TaskLife]:
        """Every task that there was, oldest first."""
        return self._place.lives

    @property
    def stopped(self) -> list[StoppedTask]:
        """Tasks that ended by themselves, oldest first."""
        return self._place.stopped

    @property
    def failures(self) -> Failures:
        """How many of its tasks failed."""
        return self._place.failures

    @property
    def refused(self) -> str:
        """Why its tasks cannot be registered, in ECS's words; empty when they can."""
        return self._place.refused

    @property
    def running(self) -> list[LiveTask]:
        """Tasks that run now and are wanted."""
        return [task for slot in list(self._slots) if (task := slot.task) is not None]

    @property
    def well(self) -> int:
        """How many wanted tasks run and are healthy."""
        return sum(slot.is_well for slot in list(self._slots))

    @property
    def pending(self) -> int:
        """How many tasks are still to start."""
        draining = self.status == TaskSetStatus.DRAINING
        return 0 if draining else max(self.count - len(self.running), 0)

    @property
    def given_up(self) -> bool:
        """Whether some task was replaced so often that the rehearsal stopped trying."""
        return any(slot.failures >= ATTEMPTS for slot in list(self._slots))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wanted here, and nothing drains any more."""
        with self._lock:
            self._leaving = [
                slot for slot in self._leaving if slot.thread is not None and slot.thread.is_alive()
            ]
            return not self._slots and not self._leaving

    def stand(self, entries: Sequence[Entry]) -> None:
        """Register tasks that are to come in these target groups, and in no others."""
        blueprint = replace(self.blueprint, entries=tuple(entries))
        self.registration = self._place.registration = replace(self.registration, blueprint=blueprint)

    def begin(self) -> None:
        """Start the tasks that are missing; returns at once."""
        with self._lock:
            if self._place.frozen.is_set():
                return
            for number in range(len(self._slots), self.count):
                slot = Slot(self._place)
                self._slots.append(slot)
                slot.begin(f"{self.id} task {number}")

    def want(self, count: int) -> None:
        """Keep `count` tasks from now on: starts what is missing, and lets what is too much drain; returns at once.

        What is not healthy goes first.
        """
        with self._lock:
            surplus = max(len(self._slots) - count, 0)
            going = sorted(self._slots, key=lambda slot: slot.is_well)[:surplus]
            self._slots = [slot for slot in self._slots if slot not in going]
            self._leaving += going
            self.count = count
            for slot in going:
                slot.ending.set()
            self.begin()

    def resize(self, count: int) -> None:
        """The same; returns when what was too much has ended."""
        self.want(count)
        self._settle()

    def freeze(self) -> None:
        """Launch nothing any more: what runs goes on."""
        self._place.frozen.set()

    def thaw(self) -> None:
        """Launch what is missing again, in place of what was given up."""
        with self._lock:
            self._place.frozen.clear()
            dead = [slot for slot in self._slots if slot.thread is None or not slot.thread.is_alive()]
            self._slots = [slot for slot in self._slots if slot not in dead]
            self.begin()

    def end(self, *, hurried: bool = False) -> None:
        """Drain and stop every task; returns when nothing runs any more. `hurried` when the rehearsal ends."""
        self._place.hurried = self._place.hurried or hurried
        self.status = TaskSetStatus.DRAINING
        with self._lock:
            self._leaving += self._slots
            self._slots = []
            for slot in self._leaving:
                slot.ending.set()
        self._settle()

    def _settle(self) -> None:
        """Wait until what nobody wants has ended."""
        for slot in list(self._leaving):
            slot.join()

    def steady(self) -> bool:
        """Whether every wanted task runs and is healthy."""
        return self.well >= self.count

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
        return said + "".join(f"\n  {one}" for one in _each(list(self._slots)))


def _each(slots: Sequence[Slot]) -> list[str]:
    return list(dict.fromkeys(told for slot in slots if (told := slot.told())))
