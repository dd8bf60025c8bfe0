"""What stops a rollout and moves traffic back: alarms on a service's two target groups."""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch

from components.adopted_service import AdoptedFront
from components.kit.stack import Stack
from components.service_front import ServiceFront
from documents.alarms import PERIOD
from settings.release import Alarms
from settings.service import Service


@dataclass(frozen=True, kw_only=True)
class _Watched:
    """One metric of a target group, and how much of it is too much."""

    name: str
    meaning: str
    metric: str
    statistic: str
    minutes: int
    threshold: int


def traffic_alarms(  # noqa: PLR0913, PLR0917  (what alarms are made of)
    name: str,
    stack: Stack,
    key: str,
    front: ServiceFront | AdoptedFront,
    called: Callable[[str, int, str], str],
    inside: pulumi.ResourceOptions,
) -> list[cloudwatch.MetricAlarm]:
    """Server errors and unhealthy hosts of each target group; both are watched, because the roles swap.

    `called` makes an alarm's name from service, number of the group and what is watched. Metrics: Elastic Load Balancing User
    Guide, load-balancer-cloudwatch-metrics. A group without targets reports nothing, which is no alarm.
    """
    balancer = front.load_balancer_arn.apply(_load_balancer_dimension)
    return [
        cloudwatch.MetricAlarm(
            f"{name}-{number}-{watched.name}",
            name=called(key, number, watched.name),
            alarm_description=watched.meaning,
            namespace="AWS/ApplicationELB",
            metric_name=watched.metric,
            dimensions={"LoadBalancer": balancer, "TargetGroup": group.arn_suffix},
            statistic=watched.statistic,
            period=PERIOD,
            evaluation_periods=watched.minutes,
            threshold=watched.threshold,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            opts=inside,
        )
        for number, group in enumerate((front.target_group_1, front.target_group_2), 1)
        for watched in _watched(stack.settings.release.alarms, stack.settings.services[key])
    ]


def _watched(alarms: Alarms, service: Service) -> list[_Watched]:
    return [
        _Watched(
            name="server-errors",
            meaning="The application answers with 5xx",
            metric="HTTPCode_Target_5XX_Count",
            statistic="Sum",
            minutes=1,
            threshold=alarms.server_errors,
        ),
        _Watched(
            name="unhealthy",
            meaning="A target fails its health check for longer than a start may take",
            metric="UnHealthyHostCount",
            statistic="Maximum",
            minutes=alarms.unhealthy_minutes or service.health_check.slow_start_minutes,
            threshold=1,
        ),
    ]


def _load_balancer_dimension(arn: str) -> str:
    return arn.split(":loadbalancer/")[1]
