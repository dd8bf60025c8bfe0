"""How CodeDeploy moves traffic from blue to green: its own configurations for ECS, and a stack's own. Pure.

CodeDeploy User Guide, deployment-configurations ("Predefined deployment configurations for an Amazon ECS compute platform") and
deployment-configurations-create; CodeDeploy API Reference, TimeBasedCanary and TimeBasedLinear.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

ALL = 100
"""All of production traffic, in percent."""

MOST_PERCENT = 99
"""Percent of one increment (CodeDeploy User Guide, deployment-configurations-create): between 1 and 99."""

MOST_MINUTES = 2880
"""Minutes between the first and the last increment (CodeDeploy User Guide, limits).

The page says so of Lambda and is silent about ECS; the configuration is the same. An hour for green to be healthy, one for each of
five hooks, these two days and the two days that blue may stay are 102 hours: CodePipeline's action takes 120 (CodePipeline User
Guide, limits).
"""


class Step(NamedTuple):
    """One increment."""

    percent: int
    """Production traffic on green from this step on."""
    minutes: int
    """How long it stays so before the next step."""


class Routing(StrEnum):
    """CodeDeploy's types of traffic routing, as its API spells them."""

    ALL_AT_ONCE = "AllAtOnce"
    CANARY = "TimeBasedCanary"
    LINEAR = "TimeBasedLinear"


@dataclass(frozen=True)
class Shift:
    """What a deployment configuration for ECS says."""

    routing: Routing = Routing.ALL_AT_ONCE
    percent: int = ALL
    """Of one increment."""
    minutes: int = 0
    """Between two increments."""

    def steps(self) -> list[Step]:
        """The increments in order; a linear shift's last one is what is left."""
        if self.routing is Routing.LINEAR:
            return [*(Step(at, self.minutes) for at in range(self.percent, ALL, self.percent)), Step(ALL, 0)]
        return [Step(self.percent, self.minutes), Step(ALL, 0)] if self.percent < ALL else [Step(ALL, 0)]

    @property
    def lasts(self) -> int:
        """Minutes from the first to the last increment."""
        return sum(step.minutes for step in self.steps())

    @property
    def words(self) -> str:
        """What it does, as part of a name: another shift has another name."""
        kind = self.routing.removeprefix("TimeBased").lower()
        return f"{kind}-{self.percent}-percent-{self.minutes}-minutes"


PREDEFINED = {
    "CodeDeployDefault.ECSAllAtOnce": Shift(),
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes": Shift(Routing.LINEAR, 10, 1),
    "CodeDeployDefault.ECSLinear10PercentEvery3Minutes": Shift(Routing.LINEAR, 10, 3),
    "CodeDeployDefault.ECSCanary10Percent5Minutes": Shift(Routing.CANARY, 10, 5),
    "CodeDeployDefault.ECSCanary10Percent15Minutes": Shift(Routing.CANARY, 10, 15),
}
"""CodeDeploy's own configurations for ECS, by name; it has no others."""
