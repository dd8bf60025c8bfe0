"""How long a target may be unhealthy without that being news. Pure."""

from math import ceil

PERIOD = 60
"""Seconds of one period: the load balancer reports once a minute (Elastic Load Balancing User Guide, load-balancer-cloudwatch-metrics)."""

FEWEST = 2
"""Periods at least: one bad minute may be one lost check at each end of it."""

MOST = 24 * 60
"""Periods at most: CloudWatch looks back one day with periods of a minute (CloudWatch API Reference, PutMetricAlarm)."""


def unhealthy_minutes(grace: int, interval: int, unhealthy_threshold: int) -> int:
    """The fewest periods in a row that no start within its grace period fills.

    All in seconds, but the threshold. A new target is checked at once and unhealthy after `unhealthy_threshold` failures in a
    row (Elastic Load Balancing User Guide, target-group-health-checks); the grace period only keeps ECS from replacing the
    task (Amazon ECS API Reference, CreateService, healthCheckGracePeriodSeconds). A slow start may thus be unhealthy from the
    last of these failures to the first check after the grace period, and a span of n seconds touches up to n/60 + 1 minutes,
    rounded up.
    """
    unhealthy = grace + interval - (unhealthy_threshold - 1) * interval
    touched = ceil(unhealthy / PERIOD) + 1 if unhealthy > 0 else 0
    return min(max(touched + 1, FEWEST), MOST)
