"""CloudWatch alarms on a load balancer's target groups, evaluated from what the load balancer counted.

Simplified from AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail ("Evaluating an alarm"): the last
`evaluationPeriods` periods are looked at whenever somebody asks, periods end now instead of on the minute,
and only metrics of namespace AWS/ApplicationELB with a TargetGroup dimension have data. Alarms that combine
metrics (`metricQueries`) have none and stay in INSUFFICIENT_DATA.
"""

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rehearsal.blocks import block
from rehearsal.cloud import Cloud, Declared
from rehearsal.elb.loadbalancer import LoadBalancers
from rehearsal.elb.targetgroups import Count

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"

GAUGES = frozenset({"UnHealthyHostCount", "HealthyHostCount"})
"""Metrics with a level; all others are sums of events."""

SHORTEST_PERIOD = 0.5
"""Real seconds that a period lasts at least, so that it can hold real requests."""

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class Alarms:
    """Answers which declared alarms are in ALARM."""

    def __init__(self, cloud: Cloud, load_balancers: LoadBalancers) -> None:
        """Read nothing yet."""
        self._cloud = cloud
        self._load_balancers = load_balancers

    def active(self, names: Sequence[str], since: float) -> list[str]:
        """List the named alarms that are in ALARM, in the order asked.

        `since` (on `time.monotonic()`) is when a deployment began: what was counted before it is not held
        against it. LookupError names an alarm that is not declared.
        """
        declared = {_name(d): d for d in self._cloud.declared(ALARM)}
        if unknown := [name for name in names if name not in declared]:
            message = f"alarm {unknown[0]!r} is not declared; declared are {sorted(declared)}"
            raise LookupError(message)
        return [name for name in names if self._state(declared[name].inputs, since) == "ALARM"]

    def target_group(self, name: str) -> str | None:
        """ARN of the target group that an alarm watches; None when it watches none."""
        found = next((one for one in self._cloud.declared(ALARM) if _name(one) == name), None)
        return None if found is None else self._group(found.inputs)

    def _state(self, alarm: Mapping[str, Any], since: float) -> str:
        group = self._group(alarm)
        compare = _COMPARISONS.get(str(alarm.get("comparisonOperator")))
        if group is None or compare is None:
            return "INSUFFICIENT_DATA"
        wanted = int(alarm.get("evaluationPeriods") or 1)
        breaching_wanted = int(alarm.get("datapointsToAlarm") or wanted)
        values = self._values(alarm, group, wanted, since)
        missing_breaches = alarm.get("treatMissingData") == "breaching"
        threshold = float(alarm.get("threshold") or 0)
        breaching = [missing_breaches if value is None else compare(value, threshold) for value in values]
        return "ALARM" if sum(breaching) >= breaching_wanted else "OK"

    def _values(self, alarm: Mapping[str, Any], group: str, periods: int, since: float) -> list[float | None]:
        metric = str(alarm.get("metricName"))
        statistic = str(alarm.get("statistic") or "Sum")
        length = max(self._cloud.clock.seconds(float(alarm.get("period") or 60)), SHORTEST_PERIOD)
        points = self._load_balancers.points(group, metric)
        now = time.monotonic()
        ends = [now - number * length for number in range(periods)]
        return [_value(points, metric, statistic, max(end - length, since), end) for end in ends]

    def _group(self, alarm: Mapping[str, Any]) -> str | None:
        """Find the target group that the alarm's dimension names by the last part of its ARN."""
        suffix = block(alarm.get("dimensions")).get("TargetGroup")
        if alarm.get("namespace") != "AWS/ApplicationELB" or not suffix:
            return None
        return next((arn for arn in self._load_balancers.target_groups() if arn.endswith(f":{suffix}")), None)


def _value(points: Sequence[Count], metric: str, statistic: str, start: float, end: float) -> float | None:
    if end <= start:
        return None
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
