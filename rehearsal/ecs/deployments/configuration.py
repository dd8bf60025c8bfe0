"""A service's `deploymentConfiguration`, read. Pure.

AWS documents: AmazonECS/latest/APIReference, API_DeploymentConfiguration and the structures it is made of;
AmazonECS/latest/developerguide/deployment-circuit-breaker (threshold), pause-lifecycle-hooks (time limits).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, floor
from typing import Any

from documents.traffic_shift import ALL

MINUTE = 60.0

LEAST, MOST = 3, 200
"""Bounds of the circuit breaker's threshold."""


class Strategy(StrEnum):
    """API ecs.DeploymentStrategy."""

    ROLLING = "ROLLING"
    BLUE_GREEN = "BLUE_GREEN"
    LINEAR = "LINEAR"
    CANARY = "CANARY"


class Stage(StrEnum):
    """API ecs.DeploymentLifecycleHookStage and ecs.ServiceDeploymentLifecycleStage, in order."""

    RECONCILE_SERVICE = "RECONCILE_SERVICE"
    PRE_SCALE_UP = "PRE_SCALE_UP"
    SCALE_UP = "SCALE_UP"
    POST_SCALE_UP = "POST_SCALE_UP"
    TEST_TRAFFIC_SHIFT = "TEST_TRAFFIC_SHIFT"
    POST_TEST_TRAFFIC_SHIFT = "POST_TEST_TRAFFIC_SHIFT"
    PRE_PRODUCTION_TRAFFIC_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT"
    PRODUCTION_TRAFFIC_SHIFT = "PRODUCTION_TRAFFIC_SHIFT"
    POST_PRODUCTION_TRAFFIC_SHIFT = "POST_PRODUCTION_TRAFFIC_SHIFT"
    BAKE_TIME = "BAKE_TIME"
    CLEAN_UP = "CLEAN_UP"


@dataclass(frozen=True)
class Breaker:
    """The deployment circuit breaker."""

    rollback: bool
    resets: bool = True
    """Whether a healthy task sets the count of failures back."""
    kind: str = "BOUNDED_PERCENT"
    value: int = 50

    def threshold(self, desired: int) -> int:
        """Failed tasks at which a deployment of so many tasks fails."""
        if self.kind == "COUNT":
            return self.value
        percent = ceil(desired * self.value / 100)
        return percent if self.kind == "UNBOUNDED_PERCENT" else min(max(percent, LEAST), MOST)


@dataclass(frozen=True)
class AlarmRule:
    """The alarms of a deployment."""

    names: Sequence[str]
    rollback: bool


@dataclass(frozen=True)
class Hook:
    """One lifecycle hook."""

    stages: Sequence[Stage]
    function: str = ""
    """ARN of the Lambda function; empty for a pause."""
    role_arn: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    timeout: float = 1440 * MINUTE
    """Declared seconds."""
    continues: bool = False
    """Whether the deployment goes on when that time is over."""


@dataclass(frozen=True)
class Configuration:
    """How a service is deployed."""

    strategy: Strategy
    minimum: int
    """`minimumHealthyPercent`."""
    maximum: int
    breaker: Breaker | None
    alarms: AlarmRule | None
    bake: float | None
    """Declared seconds; None where the service's own default counts."""
    steps: Sequence[tuple[float, float]] = ()
    """Percent of production traffic on the new revision after each step, and the declared seconds until the next one."""
    hooks: Sequence[Hook] = ()

    def least(self, desired: int) -> int:
        """Healthy tasks that a rolling deployment keeps."""
        return ceil(desired * self.minimum / ALL)

    def most(self, desired: int) -> int:
        """Tasks that run or start at most in a rolling deployment."""
        return floor(desired * self.maximum / ALL)

    def at(self, stage: Stage) -> list[Hook]:
        """Hooks of a stage."""
        return [hook for hook in self.hooks if stage in hook.stages]


def read(document: Mapping[str, Any]) -> Configuration:
    """Read a `deploymentConfiguration` in the API's shape; what it leaves out is as AWS has it."""
    strategy = Strategy(document.get("strategy") or Strategy.ROLLING)
    bake = document.get("bakeTimeInMinutes")
    return Configuration(
        strategy=strategy,
        minimum=_or(document.get("minimumHealthyPercent"), 100),
        maximum=_or(document.get("maximumPercent"), 200),
        breaker=_breaker(document.get("deploymentCircuitBreaker") or {}),
        alarms=_alarms(document.get("alarms") or {}),
        bake=None if bake is None else int(bake) * MINUTE,
        steps=_steps(strategy, document),
        hooks=[_hook(one) for one in document.get("lifecycleHooks") or ()],
    )


def _breaker(document: Mapping[str, Any]) -> Breaker | None:
    if not document.get("enable"):
        return None
    threshold: Mapping[str, Any] = document.get("thresholdConfiguration") or {}
    return Breaker(
        rollback=bool(document.get("rollback")),
        resets=document.get("resetOnHealthyTask") is not False,
        kind=str(threshold.get("type") or "BOUNDED_PERCENT"),
        value=_or(threshold.get("value"), 50),
    )


def _alarms(document: Mapping[str, Any]) -> AlarmRule | None:
    names = [str(one) for one in document.get("alarmNames") or ()]
    return AlarmRule(names, bool(document.get("rollback"))) if document.get("enable") and names else None


def _steps(strategy: Strategy, document: Mapping[str, Any]) -> list[tuple[float, float]]:
    if strategy is Strategy.CANARY:
        canary: Mapping[str, Any] = document.get("canaryConfiguration") or {}
        percent = float(_or(canary.get("canaryPercent"), 5.0))
        wait = _or(canary.get("canaryBakeTimeInMinutes"), 10) * MINUTE
        return [(percent, wait), (ALL, 0.0)] if percent < ALL else [(ALL, 0.0)]
    if strategy is Strategy.LINEAR:
        linear: Mapping[str, Any] = document.get("linearConfiguration") or {}
        percent = float(_or(linear.get("stepPercent"), 10.0))
        wait = _or(linear.get("stepBakeTimeInMinutes"), 6) * MINUTE
        whole = range(1, ceil(ALL / percent))
        return [(round(percent * number, 1), wait) for number in whole] + [(ALL, 0.0)]
    return [(ALL, 0.0)]


def _hook(document: Mapping[str, Any]) -> Hook:
    limit: Mapping[str, Any] = document.get("timeoutConfiguration") or {}
    return Hook(
        stages=[Stage(one) for one in document.get("lifecycleStages") or ()],
        function="" if document.get("targetType") == "PAUSE" else str(document.get("hookTargetArn") or ""),
        role_arn=str(document.get("roleArn") or ""),
        details=document.get("hookDetails") or {},
        timeout=_or(limit.get("timeoutInMinutes"), 1440) * MINUTE,
        continues=limit.get("action") == "CONTINUE",
    )


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value
