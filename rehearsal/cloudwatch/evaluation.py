"""What a metric alarm's state is, from data points. Pure.

AmazonCloudWatch/latest/monitoring/alarm-evaluation and alarms-and-missing-data: the last `evaluationPeriods` periods decide.
Metrics come in whole periods whose borders nobody chooses, so the rehearsal takes those that are worst: what could be an alarm
is one.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rehearsal.elb.counters import Count

GAUGES = frozenset({"UnHealthyHostCount", "HealthyHostCount"})
"""Metrics with a level; all others are sums of events."""

BORDERS = 12
"""How many places of a period's border are tried."""

_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}

UNKNOWN = "INSUFFICIENT_DATA"


class Verdict(NamedTuple):
    """An evaluation's outcome."""

    state: str
    """OK, ALARM or INSUFFICIENT_DATA."""
    reason: str
    """In CloudWatch's form."""


def evaluate(alarm: Mapping[str, Any], points: Sequence[Count] | None, now: float, before: str) -> Verdict:
    """The state at the declared moment `now` of an alarm as declared; `points` None when nothing here counts its metric.

    `before` is its state until now, which stays where missing data is to be ignored.
    """
    known = _COMPARISONS.get(str(alarm.get("comparisonOperator")))
    if points is None or known is None:
        return Verdict(UNKNOWN, "Insufficient Data: no data point of this metric is known here.")
    compare, words = known
    threshold, wanted = float(alarm.get("threshold") or 0), int(alarm.get("evaluationPeriods") or 1)
    breaching_wanted = int(alarm.get("datapointsToAlarm") or wanted)
    missing = str(alarm.get("treatMissingData") or "missing")
    latest: list[float | None] = []
    for latest in _values(alarm, points, now, wanted):
        breaching = [
            missing == "breaching" if value is None else compare(value, threshold) for value in latest
        ]
        if sum(breaching) >= breaching_wanted:
            return Verdict("ALARM", _crossed(latest, f"were {words}", threshold, "Breaching"))
    if any(value is not None for value in latest) or missing == "notBreaching":
        return Verdict("OK", _crossed(latest, f"were not {words}", threshold, "NonBreaching"))
    if missing == "ignore":
        return Verdict(before, f"Unchanged: {wanted} datapoints were missing, which are ignored.")
    return Verdict(UNKNOWN, f"Insufficient Data: {wanted} datapoints were unknown.")


def _crossed(values: Sequence[float | None], are: str, threshold: float, missing: str) -> str:
    """CloudWatch's own form of a reason; `missing` is what missing datapoints were taken for."""
    known = [f"{value:g}" for value in values if value is not None]
    if not known:
        count = len(values)
        return (
            f"Threshold Crossed: no datapoints were received for {count} period{'s' if count > 1 else ''} and "
            f"{count} missing datapoint{'s were' if count > 1 else ' was'} treated as [{missing}]."
        )
    return f"Threshold Crossed: {len(known)} datapoints [{', '.join(known)}] {are} the threshold ({threshold:g})."


def _values(
    alarm: Mapping[str, Any], points: Sequence[Count], now: float, periods: int
) -> Iterator[list[float | None]]:
    """The values of the last periods, the newest first, for each way their borders may lie."""
    metric = str(alarm.get("metricName"))
    statistic = str(alarm.get("statistic") or "Sum")
    length = float(alarm.get("period") or 60)
    for border in range(BORDERS):
        end = now + length * border / BORDERS
        ends = [end - number * length for number in range(periods)]
        yield [_value(points, metric, statistic, end - length, end) for end in ends]


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
