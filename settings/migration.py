"""How the database is migrated: by `docker run` of the pushed image."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.base import AbsolutePath, Group, KmsKeyArn, RetentionDays, VariableName, VariableValue
from settings.secret import BuildSecretReference

MINUTES_AROUND = 15
"""Minutes a build gets beside its migration: to pull the image, and to stop a migration that takes too long."""


class Migration(Group):
    """The command run from the pushed image before any traffic moves."""

    command: list[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1, description="Command words, run in the pushed image; spaces and quotes arrive unharmed."
    )
    entry_point: list[Annotated[str, Field(min_length=1)]] | None = Field(
        default=None,
        min_length=1,
        description="Replaces the image's ENTRYPOINT: its program, then its words before the command's.",
    )
    working_directory: AbsolutePath | None = Field(
        default=None, description="Folder the command runs in; default: the image's WORKDIR."
    )
    init_process: bool = Field(
        default=False,
        description="Whether an init runs as process 1, passes signals on and reaps; off where the image brings its own.",
    )
    environment: dict[VariableName, VariableValue] = Field(
        default={}, description="Plain variables of the migration."
    )
    secrets: dict[VariableName, BuildSecretReference] = Field(
        default={},
        description="Variables read from Secrets Manager or SSM when the build starts, by reference.",
    )
    secrets_kms_keys: list[KmsKeyArn] = Field(
        default=[], description="Customer keys that encrypt these secrets."
    )
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

    @model_validator(mode="after")
    def _names_once(self) -> "Migration":
        twice = sorted(set(self.environment) & set(self.secrets))
        if twice:
            message = f"{', '.join(twice)} is in environment and in secrets; a variable has one source: keep one of them"
            raise ValueError(message)
        return self
