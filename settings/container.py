"""What a container runs, said once: for the pushed image in a service, beside it in a sidecar, and in the migration."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from settings.base import AbsolutePath, Group, VariableName, VariableValue, whole
from settings.image_reference import ImageReference
from settings.secret import SecretReference

Word = Annotated[str, AfterValidator(whole)]
"""A word of a command; an empty one is an argument like any other."""

ContainerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")]


def _program(words: list[str]) -> list[str]:
    if words and not words[0]:
        raise ValueError("begins with an empty word, and no program is called that; name the program first")
    return words


class Container(Group):
    """What runs in a container, as far as the image's own defaults are not meant."""

    command: list[Word] = Field(default=[], description="Replaces the image's CMD.")
    entry_point: Annotated[list[Word], AfterValidator(_program)] = Field(
        default=[], description="Replaces the image's ENTRYPOINT, and drops its CMD."
    )
    working_directory: AbsolutePath | None = Field(
        default=None, description="Folder the container starts in; default: the image's WORKDIR."
    )
    init_process: bool = Field(
        default=False,
        description="Whether an init runs as process 1, passes signals on and reaps; off where the image brings its own.",
    )
    environment: dict[VariableName, VariableValue] = Field(default={}, description="Plain variables.")
    secrets: dict[VariableName, SecretReference] = Field(
        default={}, description="Variables read from secrets, by reference."
    )

    @model_validator(mode="after")
    def _one_source_for_a_variable(self) -> "Container":
        twice = sorted(set(self.environment) & set(self.secrets))
        if twice:
            raise ValueError(
                f"{', '.join(twice)} is in environment and in secrets; a variable has one source: keep one of them"
            )
        return self


class Sidecar(Container):
    """Another container of the same task."""

    name: ContainerName = Field(description="Container name.")
    image: ImageReference = Field(description="Image, by digest where it should never change unasked.")
    essential: bool = Field(default=False, description="Whether the task stops when this container does.")
