"""What ECS does on the way to a new version besides: it calls a function, or waits for a person."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, model_validator

from documents.strategies import MOST_PAUSE, HookStage
from settings.base import Group, LambdaArn, no_repeats


def _once(stages: list[HookStage]) -> list[HookStage]:
    no_repeats([*stages])
    return stages


class Pause(Group):
    """The deployment waits for `aws ecs continue-service-deployment`."""

    timeout_minutes: int = Field(
        default=60, ge=1, le=MOST_PAUSE, description="Minutes until nobody is waited for any longer."
    )
    on_timeout: Literal["ROLLBACK", "CONTINUE"] = Field(
        default="ROLLBACK", description="What happens then: traffic moves back, or the deployment goes on."
    )


class LifecycleHook(Group):
    """A function that ECS calls at some stages, or a pause there (Amazon ECS Developer Guide, deployment-lifecycle-hooks)."""

    stages: Annotated[list[HookStage], AfterValidator(_once)] = Field(
        min_length=1, description="Stages of the deployment, as ECS spells them."
    )
    function: LambdaArn | None = Field(
        default=None, description="Lambda function that answers with a hookStatus; give this or `pause`."
    )
    details: dict[str, JsonValue] = Field(
        default={}, description="What the function is told besides, as hookDetails."
    )
    pause: Pause | None = Field(default=None, description="Wait for a person instead; `{}` for an hour.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "LifecycleHook":
        if (self.function is None) == (self.pause is None):
            raise ValueError(
                "needs exactly one of function (ECS calls it) and pause (ECS waits for a person); give one"
            )
        if self.pause is not None and self.details:
            raise ValueError(
                "details are told to a function, and a pause has none (Amazon ECS API Reference, DeploymentLifecycleHook): "
                "remove details, or give a function in place of pause"
            )
        here = [stage for stage in self.stages if not stage.pauses]
        if self.pause is not None and here:
            raise ValueError(
                f"pause at {', '.join(here)}: traffic moves at that stage, and no deployment pauses there (Amazon ECS Developer "
                f"Guide, pause-lifecycle-hooks, Constraints); take a stage before or after it, such as POST_{here[0]}"
            )
        return self
