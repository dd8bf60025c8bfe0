"""Who moves a service's traffic to a new version, and how: CodeDeploy, from blue to green."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from documents.traffic_shift import MOST_MINUTES, MOST_PERCENT, PREDEFINED, Routing, Shift
from settings.base import Group

LambdaArn = Annotated[
    str,
    Field(pattern=r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$"),
]


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
    """A deployment configuration of the stack's own: how much of the traffic moves, and how long it stays so."""

    percent: int = Field(
        ge=1, le=MOST_PERCENT, description="Production traffic that moves in one increment, in percent."
    )
    interval_minutes: int = Field(
        ge=1, le=MOST_MINUTES, description="Minutes until the next increment; two days in all."
    )


class Rollout(Group):
    """How a service's traffic moves: by one of CodeDeploy's own configurations, or by one that the stack declares."""

    traffic_shift: TrafficShift = Field(
        default=TrafficShift.ALL_AT_ONCE,
        description="A deployment configuration of CodeDeploy's; for other steps give `canary` or `linear` instead.",
    )
    canary: Increment | None = Field(
        default=None,
        description="A configuration of your own: one increment, and after the interval the rest.",
    )
    linear: Increment | None = Field(
        default=None, description="A configuration of your own: equal increments, and last what is left."
    )
    hooks: Hooks = Field(default=Hooks(), description="Lambda functions called on the way.")

    @model_validator(mode="after")
    def _one_shift(self) -> "Rollout":
        given = [name for name in ("canary", "linear") if getattr(self, name) is not None]
        given += ["trafficShift"] if "traffic_shift" in self.model_fields_set else []
        if len(given) > 1:
            message = f"names {' and '.join(given)}, and traffic moves in one way: give one of them"
            raise ValueError(message)
        lasts = self.shift.lasts
        if lasts > MOST_MINUTES:
            message = (
                f"linear: {self.shift.percent} percent every {self.shift.minutes} minutes take {lasts} minutes from the first "
                f"increment to the last, and CodeDeploy takes {MOST_MINUTES}: raise percent or lower intervalMinutes"
            )
            raise ValueError(message)
        return self

    @property
    def own(self) -> Shift | None:
        """What the stack's own configuration says; None where traffic moves by one of CodeDeploy's."""
        for routing, said in ((Routing.CANARY, self.canary), (Routing.LINEAR, self.linear)):
            if said is not None:
                return Shift(routing, said.percent, said.interval_minutes)
        return None

    @property
    def shift(self) -> Shift:
        """How traffic moves, whoever's configuration says so."""
        return self.own or PREDEFINED[self.traffic_shift.value]
