"""CloudWatch alarms on a load balancer's target groups: their states, who sets them, and whom a change is told.

They are evaluated whenever somebody asks, in declared time; nothing that was counted is forgotten when a deployment ends. Only
what is counted of a target group has data; an alarm on anything else stays in INSUFFICIENT_DATA until somebody sets it, and no
deployment group may have it.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.cloudwatch.evaluation import GAUGES, UNKNOWN, Verdict, evaluate
from rehearsal.elb.service import LoadBalancers
from rehearsal.errors import AwsRefusal, RehearsalError
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.declared_blocks import block

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"

NEXT_EVALUATION = 60.0
"""Declared seconds for which a state that somebody set stands, at most: alarms are evaluated every minute (alarm-evaluation)."""

_ACTIONS = {"ALARM": "alarmActions", "OK": "okActions", UNKNOWN: "insufficientDataActions"}

_NAMESPACE = "AWS/ApplicationELB"

COUNTED = frozenset({"HTTPCode_Target_5XX_Count", "RequestCount"}) | GAUGES
"""Metrics that the rehearsal has of a target group."""

Tell = Callable[[str, str, str], None]
"""Publishes to a topic (ARN) a text in the name of an alarm (ARN)."""


def without_data(alarm: Mapping[str, Any]) -> str | None:
    """What keeps a declared alarm from ever being on in a rehearsal, where it might be on AWS; None when nothing does."""
    if alarm.get("namespace") != _NAMESPACE or not block(alarm.get("dimensions")).get("TargetGroup"):
        watched = f"{alarm.get('namespace')} {alarm.get('metricName')}"
        return f"watches {watched}, and a rehearsal has metrics of {_NAMESPACE} with a TargetGroup dimension"
    if alarm.get("metricName") not in COUNTED:
        return f"watches {alarm.get('metricName')}, and a rehearsal counts {', '.join(sorted(COUNTED))}"
    return None


def refuse_without_data(cloud: Cloud, names: Sequence[str], whose: str) -> None:
    """RehearsalError when one of the alarms that `whose` releases are stopped by can never be on here."""
    for alarm in cloud.declared(ALARM):
        why = without_data(alarm.inputs)
        if why and alarm.inputs.get("name") in names:
            raise RehearsalError(
                f"alarm {alarm.inputs['name']} of {whose}",
                f"{why}: it could stop a release on AWS and does not here",
                "rehearse without it, or with alarms on the target groups",
            )


class NoAlarm(LookupError):
    """An alarm that does not exist was asked for."""


def _nobody(topic: str, text: str, alarm: str) -> None:
    """Nobody is told."""


@dataclass
class State:
    """What an alarm says, and since when."""

    value: str
    """OK, ALARM or INSUFFICIENT_DATA."""
    reason: str
    data: str = ""
    """`StateReasonData`: JSON."""
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))
    stands: float = 0.0
    """Declared moment until which it stands whatever the metric says, because somebody set it."""


class Alarms:
    """The declared alarms, and the state of each."""

    def __init__(self, cloud: Cloud, load_balancers: LoadBalancers, tell: Tell = _nobody) -> None:
        """Read nothing yet; `tell` publishes what an alarm's actions say."""
        self._cloud = cloud
        self._load_balancers = load_balancers
        self._tell = tell
        self._states: dict[str, State] = {}
        self._lock = threading.RLock()

    def active(self, names: Sequence[str]) -> list[str]:
        """List the named alarms that are in ALARM, in the order asked; NoAlarm names one that is not declared."""
        declared = self.declared()
        if unknown := [name for name in names if name not in declared]:
            raise NoAlarm(
                f"alarm {', '.join(unknown)} does not exist; there are {', '.join(sorted(declared)) or 'none'}"
            )
        return [name for name in names if self.state(declared[name]).value == "ALARM"]

    def declared(self) -> dict[str, Declared]:
        """Every alarm, by name."""
        return {_name(one): one for one in self._cloud.declared(ALARM)}

    def state(self, alarm: Declared) -> State:
        """An alarm's state now; a change is told."""
        name, now = _name(alarm), self._cloud.clock.now()
        with self._lock:
            before = self._states.get(name)
            if before is not None and now < before.stands:
                return before
            value = UNKNOWN if before is None else before.value
            verdict = evaluate(alarm.inputs, self._points(alarm.inputs), now, value)
            return self._note(alarm, verdict)

    def set_state(self, name: str, value: str, reason: str, data: str = "") -> None:
        """Set an alarm's state until its next evaluation (SetAlarmState); AwsRefusal when there is none of that name."""
        alarm = self.declared().get(name)
        if alarm is None:
            raise AwsRefusal("ResourceNotFound", f"Alarm {name} does not exist")
        with self._lock:
            state = self._note(alarm, Verdict(value, reason))
            state.reason, state.data = reason, data
            state.stands = self._cloud.clock.now() + NEXT_EVALUATION

    def target_group(self, name: str) -> str | None:
        """ARN of the target group that an alarm watches; None when it watches none."""
        found = self.declared().get(name)
        return None if found is None else self._group(found.inputs)

    def _note(self, alarm: Declared, verdict: Verdict) -> State:
        """Keep a verdict; whom the alarm names is told when its state is another than before."""
        name = _name(alarm)
        before = self._states.get(name)
        if before is not None and before.value == verdict.state:
            before.reason, before.stands = verdict.reason, 0.0
            return before
        state = self._states[name] = State(verdict.state, verdict.reason)
        was = UNKNOWN if before is None else before.value
        if "ALARM" in (verdict.state, was):
            self._cloud.journal.record("CloudWatch", f"alarm {name} is {verdict.state}")
        if before is not None or verdict.state == "ALARM":
            self._act(alarm, was, state)
        return state

    def _act(self, alarm: Declared, was: str, state: State) -> None:
        """Publish to the topics that the alarm has for its new state; other actions are told and not played."""
        if alarm.inputs.get("actionsEnabled") is False:
            return
        for action in alarm.inputs.get(_ACTIONS[state.value]) or ():
            if f"{action}::::".split(":")[2] == "sns":
                self._tell(str(action), _notice(self._cloud, alarm, was, state), alarm.arn)
            else:
                text = f"action {action} of alarm {_name(alarm)} is not played"
                self._cloud.journal.record("CloudWatch", text)

    def _points(self, alarm: Mapping[str, Any]) -> Sequence[Any] | None:
        group = self._group(alarm)
        return None if group is None else self._load_balancers.points(group, str(alarm.get("metricName")))

    def _group(self, alarm: Mapping[str, Any]) -> str | None:
        """Find the target group that the alarm's dimension names by the last part of its ARN."""
        suffix = block(alarm.get("dimensions")).get("TargetGroup")
        if alarm.get("namespace") != _NAMESPACE or not suffix:
            return None
        return next((arn for arn in self._load_balancers.target_groups() if arn.endswith(f":{suffix}")), None)


def _notice(cloud: Cloud, alarm: Declared, was: str, state: State) -> str:
    """What a topic hears of an alarm (AmazonCloudWatch/latest/monitoring, Notify_Users_Alarm_Changes)."""
    return json.dumps(
        {
            "AlarmName": _name(alarm),
            "AlarmDescription": alarm.inputs.get("alarmDescription"),
            "AWSAccountId": cloud.place.account,
            "NewStateValue": state.value,
            "NewStateReason": state.reason,
            "StateChangeTime": f"{state.changed:%Y-%m-%dT%H:%M:%S.000+0000}",
            "Region": cloud.place.region,
            "AlarmArn": alarm.arn,
            "OldStateValue": was,
        }
    )


def _name(alarm: Declared) -> str:
    return str(alarm.outputs.get("name") or alarm.inputs.get("name") or alarm.name)
