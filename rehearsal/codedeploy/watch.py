"""What keeps a deployment from going on: its group's alarms, and whoever asks it to stop.

AWS documents: codedeploy/latest/userguide/monitoring-create-alarms; codedeploy/latest/APIReference/API_StopDeployment.
"""

from collections.abc import Callable, Sequence

from rehearsal.cloudwatch.alarms import NoAlarm
from rehearsal.codedeploy.deployment import Deployment, Failed
from rehearsal.codedeploy.preparation import Parts, Prepared
from rehearsal.codedeploy.service_role import RoleRefused
from rehearsal.ecs.slot import POLL
from rehearsal.world.clock import LONGEST_WAIT


class Watch:
    """One deployment's look at its alarms and stop requests, whenever it has to wait."""

    def __init__(self, parts: Parts, deployment: Deployment, found: Prepared) -> None:
        """Look as the group's service role, which `found` holds."""
        self._parts = parts
        self._deployment = deployment
        self._found = found

    def look(self) -> None:
        """Raise Failed when the deployment must not go on; RoleRefused when that cannot be known."""
        if self._deployment.stop_requested.is_set():
            raise Failed("MANUAL_STOP", "the deployment was stopped on request")
        if active := self._active_alarms():
            raise Failed(
                "ALARM_ACTIVE",
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you "
                "selected, and the affected deployments have been stopped. "
                f"Activated alarms: {', '.join(map(self._watched, active))}",
            )

    def wait(self, declared: float, done: Callable[[], bool]) -> None:
        """Wait declared seconds or until done, looking all the while."""
        clock = self._parts.cloud.clock
        end = clock.now() + declared
        while True:
            self.look()
            if done() or clock.now() >= end:
                return
            self._deployment.stop_requested.wait(min(POLL, (end - clock.now()) * clock.factor))

    def wait_declared(self, declared: float, done: Callable[[], bool] = lambda: False) -> None:
        """Wait as the group declares it, in at most LONGEST_WAIT."""
        self.wait(min(declared, LONGEST_WAIT), done)

    def _watched(self, alarm: str) -> str:
        """An alarm with what its target group serves: the groups' own names change their colors with every release."""
        group = self._parts.alarms.target_group(alarm)
        if group is None:
            return alarm
        color = "green" if group == self._found.green_group else "blue"
        return f"{alarm} ({color}, {self._parts.load_balancers.serves(group)})"

    def _active_alarms(self) -> Sequence[str]:
        group = self._deployment.group
        if not group.alarms:
            return ()
        try:
            self._found.role.describe_alarms()
        except RoleRefused:
            if not group.ignore_poll_alarm_failure:
                raise
            return ()
        try:
            return self._parts.alarms.active(group.alarms)
        except NoAlarm as missing:
            if group.ignore_poll_alarm_failure:
                return ()
            raise Failed(
                "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND",
                f"the state of an alarm of the deployment group cannot be retrieved from CloudWatch: {missing}",
            ) from missing
