"""CloudWatch alarms on a load balancer's target groups, evaluated from what the load balancer counted.

AmazonCloudWatch/latest/monitoring/alarm-evaluation: the last `evaluationPeriods` periods decide, whenever somebody asks, in
declared time; nothing that was counted is forgotten when a deployment ends. Metrics come in whole periods whose borders
nobody chooses, so the rehearsal takes those that are worst: what could be an alarm is one. Only metrics of namespace
AWS/ApplicationELB with a TargetGroup dimension have data. Alarms that combine metrics (`metricQueries`) have none and stay
in INSUFFICIENT_DATA.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rehearsal.elb.counters import Count
from rehearsal.elb.service import LoadBalancers
from rehearsal.world.cloud import Cloud, Declared
from rehearsal.world.declared_blocks import block

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"

GAUGES = frozenset({"UnHealthyHostCount", "HealthyHostCount"})
"""Metrics with a level; all others are sums of events."""

BORDERS = 12
"""How many places of a period's border are tried."""

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class NoAlarm(LookupError):
    """An alarm that does not exist was asked for."""


class Alarms:
    """Answers which declared alarms are in ALARM."""

    def __init__(self, cloud: Cloud, load_balancers: LoadBalancers) -> None:
        """Read nothing yet."""
        self._cloud = cloud
        self._load_balancers = load_balancers
        self._states: dict[str, str] = {}

    def active(self, names: Sequence[str]) -> list[str]:
        """List the named alarms that are in ALARM, in the order asked; NoAlarm names one that is not declared."""
        declared = {_name(d): d for d in self._cloud.declared(ALARM)}
        if unknown := [name for name in names if name not in declared]:
            raise NoAlarm(
                f"alarm {', '.join(unknown)} does not exist; there are {', '.join(sorted(declared)) or 'none'}"
            )
        return [name for name in names if self._now(name, declared[name].inputs) == "ALARM"]

    def target_group(self, name: str) -> str | None:
        """ARN of the target group that an alarm watches; None when it watches none."""
        found = next((one for one in self._cloud.declared(ALARM) if _name(one) == name), None)
        return None if found is None else self._group(found.inputs)

    def _now(self, name: str, alarm: Mapping[str, Any]) -> str:
        """An alarm's state; a change is told."""
        state = self._state(alarm)
        before = self._states.get(name, "OK")
        self._states[name] = state
        if state != before and "ALARM" in (state, before):
            self._cloud.journal.record("CloudWatch", f"alarm {name} is {state}")
        return state

    def _state(self, alarm: Mapping[str, Any]) -> str:
        group = self._group(alarm)
        compare = _COMPARISONS.get(str(alarm.get("comparisonOperator")))
        if group is None or compare is None:
            return "INSUFFICIENT_DATA"
        wanted = int(alarm.get("evaluationPeriods") or 1)
        breaching_wanted = int(alarm.get("datapointsToAlarm") or wanted)
        missing_breaches = alarm.get("treatMissingData") == "breaching"
        threshold = float(alarm.get("threshold") or 0)
        for values in self._values(alarm, group, wanted):
            breaching = [missing_breaches if value is None else compare(value, threshold) for value in values]
            if sum(breaching) >= breaching_wanted:
                return "ALARM"
        return "OK"

    def _values(self, alarm: Mapping[str, Any], group: str, periods: int) -> Iterator[list[float | None]]:
        """The values of the last periods, for each place their borders may have."""
        metric = str(alarm.get("metricName"))
        statistic = str(alarm.get("statistic") or "Sum")
        length = float(alarm.get("period") or 60)
        points = self._load_balancers.points(group, metric)
        now = self._cloud.clock.now()
        for place in range(BORDERS):
            end = now + length * place / BORDERS
            ends = [end - number * length for number in range(periods)]
            yield [_value(points, metric, statistic, end - length, end) for end in ends]

    def _group(self, alarm: Mapping[str, Any]) -> str | None:
        """Find the target group that the alarm's dimension names by the last part of its ARN."""
        suffix = block(alarm.get("dimensions")).get("TargetGroup")
        if alarm.get("namespace") != "AWS/ApplicationELB" or not suffix:
            return None
        return next((arn for arn in self._load_balancers.target_groups() if arn.endswith(f":{suffix}")), None)


def _value(points: Sequence[Count], metric: str, statistic: str, start: float, end: float) -> float | None:
    inside = [point.value for point in points if start <= point.at < end]
    if metric in GAUGES:
        # A gauge holds between two notes, so its value at the start counts too.
        inside = [point.value for point in points if point.at < start][-1:] + inside
    if not inside:
        return None
    reduced: Mapping[str, Callable[[Sequence[float]], float]] = {
        "Sum": sum,
        "Maximum": max,
        "Minimum": min,
        "SampleCount": len,
        "Average": lambda values: sum(values) / len(values),
    }
    return float(reduced[statistic](inside))


def _name(alarm: Declared) -> str:
    return str(alarm.outputs.get("name") or alarm.inputs.get("name") or alarm.name)
