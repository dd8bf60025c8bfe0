"""How ECS itself moves a service to a new version: its strategies, their stages, and how long they wait. Pure.

Amazon ECS API Reference, DeploymentConfiguration, CanaryConfiguration, LinearConfiguration; Amazon ECS Developer Guide,
blue-green-deployment-how-it-works, canary-deployment, pause-lifecycle-hooks.
"""

from enum import StrEnum
from math import ceil

MOST_MINUTES = 1440
"""Minutes of one wait: after all traffic has moved, and between two steps (Amazon ECS API Reference, CanaryConfiguration)."""

LEAST_CANARY, LEAST_LINEAR, MOST_PERCENT = 0.1, 3.0, 100.0
"""Percent of one step, in tenths (Amazon ECS API Reference, CanaryConfiguration, LinearConfiguration)."""

MOST_PAUSE = 20_160
"""Minutes that a pause may last (Amazon ECS Developer Guide, pause-lifecycle-hooks)."""

MOST_HOOKS = 10
"""Hooks of one kind in one service (Amazon ECS Developer Guide, pause-lifecycle-hooks, "Constraints")."""

MOST_TARGET_GROUPS = 5
"""Target groups of one service (Amazon ECS Developer Guide, register-multiple-targetgroups)."""

BAKE = 5
"""Minutes that the old tasks stay after all traffic has moved, unless the settings say otherwise."""

STARTING = 60
"""Minutes that tasks and functions of a deployment get besides; CodeDeploy gives as much."""

MOST_RELEASE = 22 * 60
"""Minutes that a release can wait for: its action ends after 24 hours (CodePipeline User Guide, limits), of which one is for tasks to
start, and one for moving back."""


class Strategy(StrEnum):
    """ECS's strategies, as settings name them."""

    ROLLING = "rolling"
    BLUE_GREEN = "blueGreen"
    CANARY = "canary"
    LINEAR = "linear"

    @property
    def api(self) -> str:
        """The strategy as ECS spells it (Amazon ECS API Reference, DeploymentConfiguration)."""
        return "BLUE_GREEN" if self is Strategy.BLUE_GREEN else self.upper()

    @property
    def beside(self) -> bool:
        """Whether the new version stands beside the old one, each behind a target group of its own."""
        return self is not Strategy.ROLLING

    @property
    def in_steps(self) -> bool:
        """Whether traffic moves in more than one step."""
        return self in (Strategy.CANARY, Strategy.LINEAR)


class HookStage(StrEnum):
    """Stages of a deployment that take a hook, in their order."""

    RECONCILE_SERVICE = "RECONCILE_SERVICE"
    PRE_SCALE_UP = "PRE_SCALE_UP"
    POST_SCALE_UP = "POST_SCALE_UP"
    TEST_TRAFFIC_SHIFT = "TEST_TRAFFIC_SHIFT"
    POST_TEST_TRAFFIC_SHIFT = "POST_TEST_TRAFFIC_SHIFT"
    PRE_PRODUCTION_TRAFFIC_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT"
    PRODUCTION_TRAFFIC_SHIFT = "PRODUCTION_TRAFFIC_SHIFT"
    POST_PRODUCTION_TRAFFIC_SHIFT = "POST_PRODUCTION_TRAFFIC_SHIFT"

    @property
    def of_traffic(self) -> bool:
        """Whether it is about traffic that moves."""
        return self.endswith("TRAFFIC_SHIFT")

    @property
    def pauses(self) -> bool:
        """Whether a deployment may pause there."""
        return self not in (HookStage.TEST_TRAFFIC_SHIFT, HookStage.PRODUCTION_TRAFFIC_SHIFT)

    @property
    def at_every_step(self) -> bool:
        """Whether it comes once for every step in which traffic moves."""
        return self in (HookStage.PRE_PRODUCTION_TRAFFIC_SHIFT, HookStage.PRODUCTION_TRAFFIC_SHIFT)


def steps(strategy: Strategy, percent: float) -> int:
    """In how many steps production traffic moves; `percent` is what moves in one."""
    if strategy is Strategy.LINEAR:
        return ceil(round(MOST_PERCENT / percent, 6))
    return 2 if strategy is Strategy.CANARY else 1


def can_replace(desired: int, minimum: int, maximum: int) -> bool:
    """Whether a rolling deployment can start or stop one task at all, both limits being percents of `desired`.

    The lower limit is rounded up, the upper one down (Amazon ECS Developer Guide, deployment-type-ecs).
    """
    return desired * maximum // 100 > desired or -(-desired * minimum // 100) < desired
