"""What starts a release, and which image it is: the first of the three questions that every stack answers."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from documents.lifecycle import RELEASED
from documents.nested import is_map
from settings.base import Group

ImageTag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
"""A legal image tag: letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`, at most 128 characters."""

NOT_YET = {
    "manifest": "no release starts from an object in S3 that names several images yet",
    "repository": "no pipeline builds images from a source repository yet",
    "ci": "no stack without a pipeline, released by its CI, can be declared yet",
    "declared": "no image is deployed by `pulumi up` itself yet",
}
"""The other answers, and what is missing for each."""


class Push(Group):
    """A push to ECR under a tag."""

    tag: ImageTag = Field(description="The stack's tag: pushing an image under it starts a release.")

    @model_validator(mode="after")
    def _marks_no_release(self) -> "Push":
        if self.tag.startswith(RELEASED):
            raise ValueError(
                f"tag {self.tag!r} begins with {RELEASED}, which marks released images: choose another tag"
            )
        return self


class PushSource(Group):
    """A release starts when an image is pushed under the stack's tag."""

    push: Push = Field(description="A release starts when an image is pushed to ECR under the stack's tag.")


def _an_answer(value: Any) -> Any:
    if not is_map(value):
        return value
    given = [name for name in ("push", *NOT_YET) if name in value]
    if len(given) > 1:
        raise ValueError(
            f"names {' and '.join(given)}, and a stack has exactly one source: give push alone, the only one that works yet"
        )
    if given and given[0] in NOT_YET:
        raise ValueError(
            f"names {given[0]}, and {NOT_YET[given[0]]}: write push: {{tag: …}} with the tag whose push is a release"
        )
    return value


Source = Annotated[PushSource, BeforeValidator(_an_answer)]
"""A class for each answer, so that whoever reads one must say what it does with every other."""
