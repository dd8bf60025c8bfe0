"""One of a task set's wanted tasks: started, watched, replaced when it fails, let go when nobody wants it any more.

Replacement of tasks that fail load balancer checks after the grace period:
AmazonECS/latest/developerguide/troubleshoot-service-load-balancers. A task counts as healthy when its containers' own checks and its
target groups find it so; one that nobody checks, when it has run for forty seconds
(AmazonECS/latest/APIReference/API_DeploymentConfiguration, `minimumHealthyPercent`).
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from rehearsal.ecs import task as ecstask
from rehearsal.ecs.registration import Registration, RegistrationRefused
from rehearsal.ecs.task import LiveTask, StartFailed, StoppedTask
from rehearsal.ecs.task_life import StopCode, TaskLife
from rehearsal.levels.runtime import Runtime
from rehearsal.world import text
from rehearsal.world.cloud import Cloud

ATTEMPTS = 3
"""Failed tasks in a row after which a rehearsal stops replacing a task."""

POLL = 0.03
"""Real seconds between two looks at a task."""

SETTLED = 40.0
"""Declared seconds that a task without a health check runs before it counts as healthy."""

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


@dataclass
class Failures:
    """How many tasks of a task set failed: could not start, ended before they were healthy, or failed their health checks."""

    all: int = 0
    in_row: int = 0
    """Since a task became healthy."""

    def failed(self) -> None:
        """One more."""
        self.all += 1
        self.in_row += 1

    def well(self) -> None:
        """A task became healthy."""
        self.in_row = 0


@dataclass(eq=False)
class Workplace:
    """What the slots of one task set share."""

    cloud: Cloud
    runtime: Runtime
    registration: Registration
    real: bool = True
    """Whether the forty seconds are real ones: a new version may end within them, what runs already when a rehearsal begins does not."""
    lives: deque[TaskLife] = field(default_factory=lambda: deque[TaskLife](maxlen=REMEMBERED))
    """Every task that there was, oldest first."""
    stopped: list[StoppedTask] = field(default_factory=list[StoppedTask])
    """Tasks that ended by themselves, oldest first."""
    failures: Failures = field(default_factory=Failures)
    refused: str = ""
    """Why tasks cannot be registered with their target group, where a role may not."""
    hurried: bool = False
    """Whether the rehearsal ends."""
    frozen: threading.Event = field(default_factory=threading.Event)
    """Nothing is launched here any more."""


@dataclass(eq=False)
class Slot:
    """One of the wanted tasks, with all that took its turn."""

    place: Workplace
    task: LiveTask | None = None
    ended: StoppedTask | None = None
    """The last task that was here, as soon as it is known to end."""
    failures: int = 0
    """Failed tasks in a row since one was healthy."""
    was_well: bool = False
    """Whether its present or last task was healthy once."""
    thread: threading.Thread | None = None
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def is_well(self) -> bool:
        """Whether a task runs here that is healthy, as far as anybody checks."""
        task, registration = self.task, self.place.registration
        if task is None or task.running.exit_code() is not None:
            return False
        if registration.is_checked:
            return registration.is_well(task) and task.running.checked() is not False
        return self.was_well

    def begin(self, name: str) -> None:
        """Start the first task; returns at once."""
        self.thread = threading.Thread(target=self._keep, name=name, daemon=True)
        self.thread.start()

    def join(self) -> None:
        """Wait until nothing runs here any more."""
        if self.thread is not None:
            self.thread.join()
        self.place.cloud.clock.release(self)

    def _keep(self) -> None:
        """Keep one task alive until the task set ends or too many of them failed."""
        place = self.place
        while not self.ending.is_set() and not place.frozen.is_set() and self.failures < ATTEMPTS:
            ended = self._live()
            place.cloud.clock.release(self)
            if ended is None:
                return
            self.failures += 1
            if self.was_well:
                place.cloud.clock.hold(self, INCIDENT)
            place.stopped.append(ended)
            place.cloud.journal.record("ECS", f"task stopped: {ended.reason}", exit_code=ended.exit_code)
            place.cloud.clock.sleep(RETRY_AFTER * self.failures, until=self.ending)

    def _live(self) -> StoppedTask | None:
        """Run one task from start to end; None when it ended because the task set does."""
        place, blueprint = self.place, self.place.registration.blueprint
        life = TaskLife(blueprint.definition)
        place.lives.append(life)
        try:
            # Pulling and starting is real work: nothing that only waits goes on faster meanwhile.
            with place.cloud.clock.held():
                task = ecstask.start(
                    place.cloud, place.runtime, blueprint.definition, blueprint.security_groups, life.id
                )
        except StartFailed as failure:
            life.let_go(str(failure), StopCode.NOT_STARTED)
            life.end()
            place.failures.failed()
            self.ended = StoppedTask("(not started)", str(failure))
            return self.ended
        reason: str | None = None
        try:
            self._register(task)
            life.begin(task.address[0] if task.address else "")
            self.was_well = False
            self.task = task
            reason = self._watch(task)
        except (LookupError, OSError, RuntimeError) as failure:
            reason = f"CannotStartContainerError: {failure}"
        finally:
            if reason is not None:
                words = text.last_words(task.running.log_tail(ecstask.LOG_LINES), ecstask.LOG_LINES)
                self.ended = StoppedTask(task.task_id, reason, task.running.exit_code(), words)
            exited = task.running.exit_code() is not None
            life.let_go(reason or SCALED, StopCode.EXITED if exited else StopCode.SCHEDULER)
            self.task = None
            place.registration.deregister(task)
            stopped = ecstask.stop(place.cloud, task, SCALED, hurried=place.hurried)
            life.end(stopped.exit_code)
        if reason is None:
            return None
        if not (exited and self.was_well and task.running.checked() is None):
            place.failures.failed()
        self.ended = StoppedTask(task.task_id, reason, stopped.exit_code, stopped.log)
        return self.ended

    def _register(self, task: LiveTask) -> None:
        try:
            self.place.registration.register(task)
        except RegistrationRefused as refused:
            self.place.refused = str(refused)
            self.place.cloud.journal.record("ECS", str(refused))

    def _watch(self, task: LiveTask) -> str | None:
        """Watch one task; why it must end, or None when the task set ends."""
        registration, clock = self.place.registration, self.place.cloud.clock
        grace, began = registration.blueprint.grace, clock.now()
        told = TELL_AFTER[0]
        if not registration.is_checked and self.place.real:
            clock.hold(self, SETTLED if task.running.checked() is None else inf)
        while not self.ending.wait(POLL):
            if task.running.exit_code() is not None:
                return "Essential container in task exited"
            health, age = registration.health(task), clock.now() - began
            if self._counts(task, health, age):
                self._note_well()
            elif health == "unhealthy" and age > grace:
                if not self.was_well:
                    self.failures = (
                        ATTEMPTS - 1
                    )  # a grace period of real seconds each: once is enough to know
                return registration.failed_checks(task)
            elif registration.is_checked and age > told:
                told = age + TELL_AFTER[1]
                self._tell(task, age)
        return None

    def _counts(self, task: LiveTask, health: str | None, age: float) -> bool:
        """Whether a task counts as healthy: by its target groups, its containers' own checks, or its age where nobody checks."""
        own = task.running.checked()
        if self.place.registration.is_checked:
            return health == "healthy" and own is not False
        return age >= SETTLED if own is None else own

    def _note_well(self) -> None:
        if not self.was_well:
            self.place.failures.well()
            if not self.place.registration.is_checked:
                self.place.cloud.clock.release(self)
        self.failures, self.was_well = 0, True

    def _tell(self, task: LiveTask, age: float) -> None:
        registration = self.place.registration
        left = registration.blueprint.grace - age
        grace = f"its grace period lasts {left:.0f} s more" if left > 0 else "its grace period is over"
        self.place.cloud.journal.record(
            "ECS",
            f"task {task.task_id[:8]} {registration.unwell(task)}, {age:.0f} s after its start; {grace}",
        )

    def told(self) -> str:
        """What keeps this task from being healthy, or what the last one ended of; empty when all is well."""
        task, ended = self.task, self.ended
        if task is not None:
            unwell = self.place.registration.unwell(task)
            if unwell:
                return f"task {task.task_id} {unwell}{_words(task.running.log_tail(ecstask.LOG_LINES))}"
        if ended is not None and (task is None or self.failures):
            return str(ended)
        return "a task is being started" if task is None else ""


def _words(lines: Sequence[str]) -> str:
    """The last lines that a task wrote, fit to be shown."""
    shown = text.last_words(lines, ecstask.LOG_LINES)
    return " and wrote:" + "".join(f"\n    {line}" for line in shown) if shown else " and wrote nothing"
