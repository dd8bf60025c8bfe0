"""What CloudWatch would count of a target group (elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics)."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.world.clock import Clock

REMEMBERED = 20_000
"""Data points kept for each metric; older ones are of no alarm's interest in a rehearsal."""


@dataclass(frozen=True)
class Count:
    """One data point: a declared moment and the value that held from then on (gauge) or came then (counter)."""

    at: float
    value: float


class Counters:
    """The CloudWatch metrics of one target group."""

    def __init__(self, clock: Clock) -> None:
        """Start at zero."""
        self._clock = clock
        self._series: dict[str, deque[Count]] = {}

    def add(self, metric: str, value: float = 1.0) -> None:
        """Count `value` more of a summed metric."""
        self._points(metric).append(Count(self._clock.now(), value))

    def level(self, metric: str, value: float) -> None:
        """Note the present value of a gauge; repeated values are noted once."""
        points = self._points(metric)
        if not points or points[-1].value != value:
            points.append(Count(self._clock.now(), value))

    def points(self, metric: str) -> Sequence[Count]:
        """A copy of the data points, oldest first."""
        return tuple(self._points(metric))

    def _points(self, metric: str) -> deque[Count]:
        return self._series.setdefault(metric, deque(maxlen=REMEMBERED))
