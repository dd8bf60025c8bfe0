"""A rolling deployment: tasks are replaced within the service's two percentages, and brought back when that fails.

AWS documents: AmazonECS/latest/developerguide/deployment-type-ecs (what is started and stopped), deployment-circuit-breaker,
deployment-alarm-failure ("Bake time"), service-event-messages-list. That the scheduler stops as many old tasks at once as the
minimum allows is the worse reading of "can stop two existing tasks before starting two new tasks".
"""

from collections.abc import Sequence

from rehearsal.ecs.deployments.deployment import Monitor, ServiceRevision
from rehearsal.ecs.deployments.play import Play, RollbackFailed
from rehearsal.ecs.deployments.watch import Failing
from rehearsal.ecs.task_set import TaskSet

ALARM_BAKE = 300.0
"""Declared seconds of the bake time that alarms have where none is declared: AWS says "less than 5 minutes"."""

STUCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the "
    "minimumHealthyPercent or maximumPercent value and try again."
)

TRIPPED = "Service deployment {} because the circuit breaker threshold was exceeded."
FAILED_TO_START = "ECS deployment circuit breaker: tasks failed to start."


class Rolling(Play):
    """One rolling deployment."""

    _stuck = False
    _stalled = False

    def deploy(self) -> None:
        """Replace every task and bake; Failing or Superseded."""
        if self.configuration.breaker:
            self.deployment.breaker = Monitor.MONITORING
        self.watch.begin()
        self.service.lead(self.target.tasks)
        while not self._is_done(self.target):
            self.watch.look()
            self._look_at_failures()
            self._step(self.target)
            self.watch.rest()
        if self.deployment.breaker is Monitor.MONITORING:
            self.deployment.breaker = Monitor.COMPLETE
        self._bake()
        self.watch.end()
        self.forget(self.others(self.target))

    def roll_back(self, to: ServiceRevision) -> None:
        """Bring a revision's tasks back and let all others end; RollbackFailed or Superseded."""
        self.watch.roll_back()
        self.service.lead(to.tasks)
        to.tasks.thaw()
        while not self._is_done(to):
            self.watch.look()
            if to.tasks.given_up:
                raise RollbackFailed(to.tasks.why_not_steady())
            self._step(to)
            self.watch.rest()
        self.forget(self.others(to))

    def _is_done(self, revision: ServiceRevision) -> bool:
        tasks = revision.tasks
        full = tasks.count == self.service.desired_count and tasks.steady()
        return full and all(other.is_empty for other in self.others(revision))

    def _step(self, towards: ServiceRevision) -> None:
        """Start and let go what the percentages allow now."""
        desired, tasks = self.service.desired_count, towards.tasks
        if tasks.count > desired:
            tasks.want(desired)
        others = [other for other in self.others(towards) if other.count]
        total = tasks.count + sum(other.count for other in others)
        room = min(desired - tasks.count, self.configuration.most(desired) - total)
        if room > 0:
            tasks.want(tasks.count + room)
        went = self._let_go(tasks, others)
        if others and room <= 0 and not went and tasks.count < desired:
            self._note_stuck(tasks, others)

    def _let_go(self, tasks: TaskSet, others: Sequence[TaskSet]) -> int:
        """Let old tasks end that are not needed, unhealthy ones first, which nobody counts on."""
        healthy = tasks.well + sum(other.well for other in others)
        spare = max(healthy - self.configuration.least(self.service.desired_count), 0)
        went = 0
        for other in others:
            well = other.well
            going = min(other.count, other.count - well + spare)
            if going:
                other.want(other.count - going)
                spare -= max(going - (other.count + going - well), 0)
                went += going
        return went

    def _note_stuck(self, tasks: TaskSet, others: Sequence[TaskSet]) -> None:
        """Say once that nothing can move, when nothing is on its way either."""
        if not self._stuck and tasks.steady() and all(other.steady() for other in others):
            self._stuck = True
            self.service.note(STUCK)
            self.events.say(STUCK)

    def _look_at_failures(self) -> None:
        """Raise Failing when the circuit breaker trips; without one ECS goes on trying.

        Where the rehearsal has given up replacing a task, every further attempt counts as failed: the threshold is reached.
        """
        rule, deployment, tasks = self.configuration.breaker, self.deployment, self.target.tasks
        if rule is None:
            if tasks.given_up and not self._stalled:
                self._stalled = True
                self.service.note("is unable to consistently start tasks successfully.")
                self.events.say(
                    f"has no circuit breaker, so its deployment stays IN_PROGRESS: {self.last_words()}"
                )
            return
        threshold = rule.threshold(self.service.desired_count)
        deployment.failures = tasks.failures.in_row if rule.resets else tasks.failures.all
        if tasks.given_up:
            deployment.failures = max(deployment.failures, threshold)
        if deployment.failures >= threshold:
            deployment.breaker = Monitor.TRIGGERED
            raise Failing(
                TRIPPED.format("rolled back" if rule.rollback else "stopped"),
                rollout=FAILED_TO_START,
                rolls_back=rule.rollback,
            )

    def _bake(self) -> None:
        bake = self.configuration.bake
        if bake is None:
            bake = ALARM_BAKE if self.configuration.alarms else 0.0
        if self.deployment.sources:
            self.watch.wait(bake)
