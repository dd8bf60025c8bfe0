"""How the database is migrated: by `docker run` of the pushed image."""

from typing import Literal

from pydantic import Field

from settings.base import KmsKeys, RetentionDays, VariableName
from settings.container import Container, Word
from settings.secret import BuildSecretReference

MINUTES_AROUND = 15
"""Minutes a build gets beside its migration: to pull the image, and to stop a migration that takes too long."""


class Migration(Container):
    """The command run from the pushed image before any traffic moves."""

    command: list[Word] = Field(
        min_length=1, description="Command words, run in the pushed image; spaces and quotes arrive unharmed."
    )
    secrets: dict[VariableName, BuildSecretReference] = Field(
        default={},
        description="Variables read from Secrets Manager or SSM when the build starts, by reference.",
    )
    secrets_kms_keys: KmsKeys = Field(default=[])
    timeout_minutes: int = Field(
        default=30,
        ge=1,
        le=2160 - MINUTES_AROUND,
        description="Minutes the migration may take; then TERM, and KILL 30 s later.",
    )
    compute_type: Literal["BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE"] = Field(
        default="BUILD_GENERAL1_SMALL", description="Size of the build machine."
    )
    log_retention_days: RetentionDays = Field(default=90, description="Days the build's log is kept.")
