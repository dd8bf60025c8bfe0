"""What keeps a service deployment from going on: another deployment, somebody who wants it rolled back, its alarms.

AWS documents: AmazonECS/latest/developerguide/service-deployment, stop-service-deployment, deployment-alarm-failure (an alarm that
is on when a deployment begins: none of its alarms is looked at).
"""

import time
from collections.abc import Callable

from rehearsal.cloudwatch.alarms import Alarms, NoAlarm
from rehearsal.ecs.deployments.configuration import AlarmRule
from rehearsal.ecs.deployments.deployment import Monitor, ServiceDeployment
from rehearsal.ecs.deployments.events import Events
from rehearsal.ecs.slot import POLL
from rehearsal.world.clock import LONGEST_WAIT, Clock


class Superseded(Exception):
    """Another deployment of the service begins."""


class Failing(Exception):
    """A deployment fails; the text is its status reason."""

    def __init__(self, reason: str, *, rollout: str, rolls_back: bool) -> None:
        """`rollout` is what DescribeServices says of it, `rolls_back` whether what ran before comes back."""
        super().__init__(reason)
        self.rollout = rollout
        self.rolls_back = rolls_back


class Watch:
    """One deployment's look at who wants something of it, whenever it waits."""

    def __init__(self, clock: Clock, deployment: ServiceDeployment, alarms: Alarms, events: Events) -> None:
        """Look at nothing yet."""
        self._clock = clock
        self._deployment = deployment
        self._alarms = alarms
        self._events = events
        self._rule: AlarmRule | None = None
        self._rolls_back = False
        self.also: Callable[[], None] = lambda: None
        """What else is done with every look."""

    def begin(self) -> None:
        """Look at the alarms from now on, unless one of them is on already."""
        rule = self._deployment.configuration.alarms
        if rule is None:
            return
        active = self._active(rule)
        if active:
            self._events.say(
                f"alarm {', '.join(active)} is on already: no alarm is looked at in this deployment"
            )
            return
        self._rule, self._deployment.alarms = rule, Monitor.MONITORING

    def end(self) -> None:
        """Look at the alarms no more: all went well."""
        if self._deployment.alarms is Monitor.MONITORING:
            self._deployment.alarms = Monitor.COMPLETE
        self._rule = None

    def roll_back(self) -> None:
        """From now on only another deployment counts."""
        self._rule, self._rolls_back = None, True

    def look(self) -> None:
        """Raise Superseded, or Failing, when the deployment must not go on."""
        self.also()
        deployment = self._deployment
        if deployment.superseded:
            raise Superseded
        if self._rolls_back:
            return
        if deployment.asked.is_set():
            raise Failing(deployment.reason, rollout="ECS deployment was stopped by a user.", rolls_back=True)
        active = self._active(self._rule) if self._rule else []
        if self._rule and active:
            deployment.alarms, deployment.triggered = Monitor.TRIGGERED, active
            said = f"alarm(s) {', '.join(active)} went into ALARM"
            what = "rolled back" if self._rule.rollback else "stopped"
            raise Failing(
                f"Service deployment {what} because {said}.",
                rollout=f"ECS deployment failed: {said}.",
                rolls_back=self._rule.rollback,
            )

    def rest(self) -> None:
        """Let a moment pass; ends early when somebody wants something."""
        if self._rolls_back:
            time.sleep(POLL)
        else:
            self._deployment.asked.wait(POLL)

    def wait(self, declared: float) -> None:
        """Wait declared seconds, as many as show something while all is well; looking all the while."""
        self.until(min(declared, LONGEST_WAIT), lambda: False)

    def until(self, declared: float, done: Callable[[], bool]) -> None:
        """Wait until something is done, for declared seconds at most; looking all the while."""
        end = self._clock.now() + declared
        while True:
            self.look()
            if done() or self._clock.now() >= end:
                return
            self._deployment.asked.wait(min(POLL, max(end - self._clock.now(), 0.0) * self._clock.factor))

    def _active(self, rule: AlarmRule) -> list[str]:
        try:
            return self._alarms.active(rule.names)
        except NoAlarm:
            there = self._alarms.declared()
            return self._alarms.active([name for name in rule.names if name in there])
