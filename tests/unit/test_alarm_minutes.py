"""No start within its grace period fills the minutes of the unhealthy alarm, wherever the minutes' borders lie."""

import pytest

from documents.alarms import MOST, unhealthy_minutes
from tests.unit.harness import settings


def _filled(begin: float, end: float) -> int:
    """One-minute periods in a row that hold a moment of the span from begin to end."""
    return int(end // 60) - int(begin // 60) + 1 if end >= begin else 0


@pytest.mark.parametrize("grace", [0, 1, 19, 20, 59, 60, 61, 119, 120, 600, 3600])
@pytest.mark.parametrize(("interval", "threshold"), [(5, 2), (10, 3), (30, 2), (60, 10), (300, 2)])
def test_no_slow_start_fills_them_all(grace: int, interval: int, threshold: int) -> None:
    """Metrics come in whole minutes (Elastic Load Balancing User Guide, load-balancer-cloudwatch-metrics)."""
    needed = unhealthy_minutes(grace, interval, threshold)
    for registered in range(60):
        unhealthy = registered + (threshold - 1) * interval
        over = registered + grace + interval
        assert _filled(unhealthy, over) < needed, f"registered {registered} s after a full minute"


def test_they_never_exceed_what_cloudwatch_looks_back() -> None:
    assert unhealthy_minutes(2_147_483_647, 5, 2) == MOST


def test_a_start_that_cannot_be_slow_is_news_after_two_minutes() -> None:
    assert unhealthy_minutes(0, 10, 3) == 2


def test_alarms_that_stop_nothing_contradict_nothing() -> None:
    def off(raw: dict[str, object]) -> None:
        raw["release"].update(alarms={"enabled": False, "unhealthyMinutes": 1})  # type: ignore[attr-defined]

    assert settings(off).release.alarms.unhealthy_minutes == 1
