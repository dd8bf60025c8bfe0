"""How a load balancer finds out that a task can take traffic."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from documents.alarms import unhealthy_minutes
from documents.ranges import check_status_codes
from settings.base import Group, Port


def _status_codes(value: str) -> str:
    check_status_codes(value)
    return value


Protocol = Literal["HTTP", "HTTPS"]
"""What an Application Load Balancer speaks with its targets, whose certificates it does not verify.

Elastic Load Balancing, User Guide for Application Load Balancers, load-balancer-target-groups ("Routing configuration").
"""


class HealthCheck(Group):
    """How the load balancer finds out that a task can take traffic."""

    port: Port | None = Field(
        default=None, description="Port of the check, where it is not the one that takes traffic."
    )
    protocol: Protocol | None = Field(
        default=None, description="HTTP or HTTPS; default: what the service's traffic is."
    )
    path: str = Field(
        default="/healthz",
        pattern=r"^/[!-~]*$",
        max_length=1024,
        description="Path that answers when the task can take traffic.",
    )
    status_codes: Annotated[str, AfterValidator(_status_codes)] = Field(
        default="200",
        description="Status codes that mean healthy, 200 to 499: one, several or ranges; 200 among them.",
    )
    interval_seconds: int = Field(default=10, ge=5, le=300, description="Seconds between two checks.")
    timeout_seconds: int = Field(
        default=5, ge=2, le=120, description="Seconds after which a check has failed."
    )
    healthy_threshold: int = Field(
        default=2, ge=2, le=10, description="Checks in a row that make a target healthy."
    )
    unhealthy_threshold: int = Field(
        default=3, ge=2, le=10, description="Checks in a row that make a target unhealthy."
    )
    grace_period_seconds: int = Field(
        default=60,
        ge=0,
        le=2_147_483_647,
        description="Seconds a new task has before ECS heeds the checks; CodeDeploy gives a release one hour to be healthy.",
    )

    @property
    def slow_start_minutes(self) -> int:
        """Minutes in a row with an unhealthy target that a start within its grace period cannot fill."""
        return unhealthy_minutes(self.grace_period_seconds, self.interval_seconds, self.unhealthy_threshold)

    @model_validator(mode="after")
    def _in_time(self) -> "HealthCheck":
        if self.timeout_seconds >= self.interval_seconds:
            raise ValueError(
                f"timeoutSeconds {self.timeout_seconds} is not below intervalSeconds {self.interval_seconds}; "
                "a check must end before the next begins: lower the timeout or raise the interval"
            )
        return self
