"""Who moves a service to a new version, and how: CodeDeploy, from blue to green, or ECS itself by one of its strategies."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from documents import strategies
from documents.strategies import MOST_HOOKS, Strategy
from documents.traffic_shift import MOST_MINUTES, PREDEFINED, Routing, Shift
from settings.base import Group, LambdaArn
from settings.lifecycle_hook import LifecycleHook


class Mover(StrEnum):
    """Who moves a service to a new version."""

    CODEDEPLOY = "codedeploy"
    ECS = "ecs"


class TrafficShift(StrEnum):
    """How traffic moves from blue to green: CodeDeploy's predefined configurations for ECS."""

    ALL_AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
    LINEAR_1 = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"
    LINEAR_3 = "CodeDeployDefault.ECSLinear10PercentEvery3Minutes"
    CANARY_5 = "CodeDeployDefault.ECSCanary10Percent5Minutes"
    CANARY_15 = "CodeDeployDefault.ECSCanary10Percent15Minutes"


class Hooks(Group):
    """Lambda functions that CodeDeploy calls on the way; each may stop the deployment."""

    before_install: LambdaArn | None = Field(default=None, description="Before green is made.")
    after_install: LambdaArn | None = Field(default=None, description="After green is made.")
    after_allow_test_traffic: LambdaArn | None = Field(
        default=None, description="While the test listener points to green."
    )
    before_allow_traffic: LambdaArn | None = Field(
        default=None, description="Before production traffic moves."
    )
    after_allow_traffic: LambdaArn | None = Field(
        default=None, description="After production traffic has moved."
    )

    def given(self) -> dict[str, str]:
        """The hooks that are set, by CodeDeploy's own names."""
        names = {name: name.title().replace("_", "") for name in type(self).model_fields}
        return {names[name]: arn for name in names if (arn := getattr(self, name)) is not None}


class Increment(Group):
    """How much of the traffic moves at a time, and how long it stays so."""

    percent: float = Field(
        gt=0,
        le=strategies.MOST_PERCENT,
        allow_inf_nan=False,
        description="Production traffic that moves in one increment, in percent; CodeDeploy takes whole ones below 100, ECS tenths.",
    )
    interval_minutes: int = Field(
        ge=0,
        le=MOST_MINUTES,
        description="Minutes until the next increment: CodeDeploy takes 1 to two days in all, ECS up to 1440 each.",
    )


class Rolling(Group):
    """How many tasks there may be while ECS replaces them."""

    minimum_healthy_percent: int = Field(
        default=100, ge=0, le=100, description="Tasks that keep running, in percent of `desiredCount`."
    )
    maximum_percent: int = Field(
        default=200,
        ge=100,
        le=200,
        description="Tasks that run at most; 100 beside a minimum of 0 stops the old before it starts the new.",
    )


def _few(hooks: list[LifecycleHook]) -> list[LifecycleHook]:
    for kind in ("function", "pause"):
        number = sum(getattr(hook, kind) is not None for hook in hooks)
        if number > MOST_HOOKS:
            raise ValueError(
                f"has {number} hooks with a {kind}, and a service takes {MOST_HOOKS} (Amazon ECS Developer Guide, "
                "pause-lifecycle-hooks, Constraints); let one hook name several stages"
            )
    return hooks


class Rollout(Group):
    """How a service gets to a new version: by CodeDeploy, or by ECS itself."""

    by: Mover | None = Field(
        default=None,
        description="Who moves the service: CodeDeploy or ECS itself; default: `codedeploy`, and `ecs` for a worker.",
    )
    strategy: Strategy | None = Field(
        default=None, description="How ECS goes about it; default: `blueGreen`, and `rolling` for a worker."
    )
    traffic_shift: TrafficShift = Field(
        default=TrafficShift.ALL_AT_ONCE,
        description="A deployment configuration of CodeDeploy's; for other steps give `canary` or `linear` instead.",
    )
    canary: Increment | None = Field(
        default=None,
        description="One increment, and after the interval the rest; by CodeDeploy a configuration of your own.",
    )
    linear: Increment | None = Field(
        default=None,
        description="Equal increments, and last what is left; by CodeDeploy a configuration of your own.",
    )
    rolling: Rolling | None = Field(
        default=None, description="How ECS replaces tasks by the strategy `rolling`."
    )
    bake_time_minutes: int | None = Field(
        default=None,
        ge=0,
        le=strategies.MOST_MINUTES,
        description="Minutes that ECS keeps the old tasks after all traffic has moved; default: 5, for `rolling` ECS's own. "
        "CodeDeploy goes by release.blueRetentionMinutes.",
    )
    order: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Place among the workers: a lower one is released first, those of one number side by side.",
    )
    hooks: Hooks = Field(default=Hooks(), description="Lambda functions that CodeDeploy calls on the way.")
    lifecycle_hooks: Annotated[list[LifecycleHook], AfterValidator(_few)] = Field(
        default=[], description="Functions that ECS calls on the way, and pauses."
    )

    @model_validator(mode="after")
    def _one_shift(self) -> "Rollout":
        given = [name for name in ("canary", "linear") if getattr(self, name) is not None]
        given += ["trafficShift"] if "traffic_shift" in self.model_fields_set else []
        if len(given) > 1:
            raise ValueError(f"names {' and '.join(given)}, and traffic moves in one way: give one of them")
        return self

    @property
    def own(self) -> Shift | None:
        """What CodeDeploy's configuration of the stack's own says; None where traffic moves by one of CodeDeploy's."""
        for routing, said in ((Routing.CANARY, self.canary), (Routing.LINEAR, self.linear)):
            if said is not None:
                return Shift(routing, round(said.percent), said.interval_minutes)
        return None

    @property
    def shift(self) -> Shift:
        """How CodeDeploy moves traffic, whoever's configuration says so."""
        return self.own or PREDEFINED[self.traffic_shift.value]
