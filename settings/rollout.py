"""Who moves a service's traffic to a new version, and how: CodeDeploy, from blue to green."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.base import Group

LambdaArn = Annotated[str, Field(pattern=r"^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$")]


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


class Rollout(Group):
    """How a service's traffic moves."""

    traffic_shift: TrafficShift = Field(
        default=TrafficShift.ALL_AT_ONCE, description="CodeDeploy's deployment configuration."
    )
    hooks: Hooks = Field(default=Hooks(), description="Lambda functions called on the way.")
