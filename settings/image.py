"""The image whose push starts a release, and who may push it."""

import json
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from documents.github import subjects, trust_workflows
from settings.base import Group

RepositoryName = Annotated[
    str,
    Field(
        min_length=2,
        max_length=256,
        pattern=r"^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$",
    ),
]
ImageTag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
"""A legal image tag: letters, digits, `_`, `.` and `-`, not beginning with `.` or `-`, at most 128 characters."""

LONGEST_TRUST_POLICY = 2048
"""Characters of a role's trust policy (IAM User Guide, reference_iam-quotas)."""


class Pusher(Group):
    """One GitHub workflow that may push: exactly one of branch, gitTag and environment."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="GitHub repository, `owner/name`.")
    owner_id: int | None = Field(
        default=None, gt=0, description="Numeric id of the owner, for GitHub's immutable subjects."
    )
    repository_id: int | None = Field(
        default=None, gt=0, description="Numeric id of the repository, for immutable subjects."
    )
    branch: str | None = Field(default=None, min_length=1, description="Branch whose workflow runs may push.")
    git_tag: str | None = Field(
        default=None, min_length=1, description="Git tag whose workflow runs may push."
    )
    environment: str | None = Field(
        default=None, min_length=1, description="GitHub environment whose jobs may push."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> "Pusher":
        given = [name for name in ("branch", "git_tag", "environment") if getattr(self, name) is not None]
        if len(given) != 1:
            message = f"names {len(given)} of branch, gitTag and environment; a workflow run has exactly one subject: give one"
            raise ValueError(message)
        text = f"{self.branch or ''}{self.git_tag or ''}{self.environment or ''}"
        if any(wild in text for wild in "*?"):
            message = f"{text!r} has a wildcard; subjects are compared exactly: list each branch, gitTag or environment"
            raise ValueError(message)
        if (self.owner_id is None) != (self.repository_id is None):
            message = "has only one of ownerId and repositoryId; an immutable subject carries both: give both or neither"
            raise ValueError(message)
        return self


def _distinct(pushers: list[Pusher]) -> list[Pusher]:
    if len(set(pushers)) != len(pushers):
        message = "lists the same pusher twice; name each once"
        raise ValueError(message)
    return pushers


class Image(Group):
    """The ECR repository and the tag whose push is a release."""

    repository: RepositoryName = Field(description="Name of the ECR repository.")
    create_repository: bool = Field(
        default=True,
        description="Whether this stack owns the repository; false uses an existing one of that name.",
    )
    tag: ImageTag = Field(description="The stack's tag: pushing an image under it starts a release.")
    pushers: Annotated[list[Pusher], AfterValidator(_distinct)] = Field(
        default=[],
        description="GitHub workflows that may push, through OpenID Connect; empty makes no push role.",
    )
    oidc_provider_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[\w-]*:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com$",
        description="ARN of GitHub's OIDC provider in this account; default: the account's usual one.",
    )
    keep_images: int = Field(
        default=50,
        ge=10,
        le=1000,
        description="How many released images (by unique tag) the repository keeps at least.",
    )
    keep_untagged_days: int = Field(
        default=90,
        ge=30,
        le=3650,
        description="Days an untagged image stays: long enough for any rollback that names its digest.",
    )

    @model_validator(mode="after")
    def _one_trust_policy(self) -> "Image":
        accepted = [subject for pusher in self.pushers for subject in subjects(**pusher.model_dump())]
        text = json.dumps(trust_workflows("a" * 90, accepted), separators=(",", ":"))
        if len(text) > LONGEST_TRUST_POLICY:
            message = (
                f"{len(self.pushers)} pushers make a trust policy of {len(text)} characters; IAM takes "
                f"{LONGEST_TRUST_POLICY}: list fewer, for example one environment that several branches share"
            )
            raise ValueError(message)
        return self
