"""How a release goes through the pipeline, and who hears of it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from documents import cron
from documents.alarms import MOST
from settings.base import Group, KmsKeyArn, no_repeats


class Approval(Group):
    """A person's consent before anything is migrated or deployed."""

    timeout_minutes: int = Field(
        default=1440, ge=5, le=86400, description="Minutes until an unanswered request is a refusal."
    )
    message: str = Field(
        default="Migrate the database and move traffic to this image?",
        min_length=1,
        max_length=1000,
        description="What the approver reads.",
    )


def _expression(value: str) -> str:
    cron.check_expression(value)
    return value


def _zone(value: str) -> str:
    if not value:
        raise ValueError("is empty; write it as Europe/Berlin, UTC+05:30 or PST, or leave it out for UTC")
    cron.zone(value)
    return value


class Window(Group):
    """When a release may begin: a CodePipeline DeploymentWindow rule."""

    cron: Annotated[str, AfterValidator(_expression)] = Field(
        description="Six or seven cron fields: seconds (0), minutes, hours, day of month, month, day of week, year.",
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="Time zone such as Europe/Berlin, UTC+05:30 or PST."
    )


class Alarms(Group):
    """What stops a deployment and moves traffic back."""

    enabled: bool = Field(
        default=True,
        description="Whether alarms stop deployments; switched off, a release goes through while one is on.",
    )
    server_errors: int = Field(
        default=10,
        ge=1,
        le=1_000_000_000,
        description="5xx answers of either target group within one minute that stop a deployment.",
    )
    unhealthy_minutes: int | None = Field(
        default=None,
        ge=1,
        le=MOST,
        description="Minutes in a row with an unhealthy target that stop a deployment; default: more than a start within "
        "gracePeriodSeconds fills.",
    )


class Release(Group):
    """How releases follow each other."""

    mode: Literal["QUEUED", "SUPERSEDED"] = Field(
        default="QUEUED",
        description="Whether waiting releases queue, or a newer one takes the place of an older that waits.",
    )
    check: bool = Field(
        default=True,
        description="Whether the release function refuses what would fail later, before anything is provisioned or migrated.",
    )
    approval: Approval | None = Field(default=None, description="Ask a person first.")
    window: Window | None = Field(default=None, description="When a release may begin.")
    alarms: Alarms = Field(default=Alarms(), description="What stops a deployment and moves traffic back.")
    blue_retention_minutes: int = Field(
        default=5,
        ge=0,
        le=2880,
        description="Minutes the old tasks stay after traffic has moved; the release lasts as long.",
    )
    artifact_key_arn: KmsKeyArn | None = Field(
        default=None, description="Customer key for pipeline artifacts; default: S3's own."
    )
    protect: bool = Field(
        description="Whether repository, artifact bucket, services, load balancers and listeners refuse deletion."
    )


Emails = Annotated[
    list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]], AfterValidator(no_repeats)
]


class Notify(Group):
    """Who hears of failed, succeeded and waiting releases."""

    emails: Emails = Field(
        default=[], description="E-mail addresses; each must confirm its subscription once."
    )
    alarm_topic_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$",
        description="Existing SNS topic that also gets the alarms of undelivered pushes.",
    )
