"""The image whose push starts a release, and who may push it."""

import json
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from documents.github import is_ref, subjects, trust_workflows
from documents.lifecycle import FILTERS, RELEASED, matches
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

MOST_WILDCARDS = 2
"""Wildcards of one exclusion filter, as the AWS provider's documentation says (aws_ecr_repository)."""

LONGEST_TRUST_POLICY = 2048
"""Characters of a role's trust policy (IAM User Guide, reference_iam-quotas)."""


class Pusher(Group):
    """One GitHub workflow that may push: exactly one of branch, gitTag and environment."""

    repository: str = Field(
        pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", description="GitHub repository, `owner/name`."
    )
    owner_id: int | None = Field(
        default=None, gt=0, lt=2**63, description="Numeric id of the owner, for GitHub's immutable subjects."
    )
    repository_id: int | None = Field(
        default=None, gt=0, lt=2**63, description="Numeric id of the repository, for immutable subjects."
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
        ref = self.branch or self.git_tag
        if ref is not None and not is_ref(ref):
            message = (
                f"{ref!r} is no name of a branch or tag that Git takes (git-check-ref-format), so no workflow run carries it: "
                "write the name alone, without refs/heads/ or refs/tags/"
            )
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


class MovingTag(Group):
    """Another tag of the repository that moves from image to image: another stack's, a build cache's, a signature's."""

    tag: str = Field(
        pattern=r"^[A-Za-z0-9._*-]{1,128}$",
        description="A tag, or a pattern with at most two `*`, such as `prd`, `buildcache*` or `sha256-*`.",
    )
    keep: int = Field(
        default=10,
        ge=1,
        le=10000,
        description="How many images under a pattern stay; a tag by name is on one image, which always stays.",
    )

    @model_validator(mode="after")
    def _as_ecr_takes_it(self) -> "MovingTag":
        if self.tag.count("*") > MOST_WILDCARDS:
            message = f"{self.tag!r} has {self.tag.count('*')} wildcards; ECR takes {MOST_WILDCARDS} in an exclusion filter: use fewer"
            raise ValueError(message)
        if not self.tag.strip("*"):
            message = f"{self.tag!r} is every tag, so none would be fixed and released images could be overwritten: name what moves"
            raise ValueError(message)
        if matches(self.tag, RELEASED + "0" * 64) or self.tag.startswith(RELEASED):
            message = f"{self.tag!r} matches {RELEASED}…, the tags that keep released images from expiring: choose another name"
            raise ValueError(message)
        return self


class Image(Group):
    """The ECR repository and the tag whose push is a release."""

    repository: RepositoryName = Field(description="Name of the ECR repository.")
    create_repository: bool = Field(
        default=True,
        description="Whether this stack owns the repository; false uses an existing one of that name.",
    )
    tag: ImageTag = Field(description="The stack's tag: pushing an image under it starts a release.")
    moving_tags: list[MovingTag] = Field(
        default=[],
        description="Other tags of an own repository that move, beside the stack's: those of other stacks, caches, signatures.",
    )
    pushers: Annotated[list[Pusher], AfterValidator(_distinct)] = Field(
        default=[],
        description="GitHub workflows that may push, through OpenID Connect; empty makes no push role.",
    )
    oidc_provider_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[\w-]*:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com$",
        description="ARN of GitHub's OIDC provider in this account; default: the account's usual one.",
    )
    keep_unreleased_days: int = Field(
        default=90,
        ge=61,
        le=3650,
        description="Days an image stays that no release began with; an approval may wait for 60. Released images stay.",
    )

    @model_validator(mode="after")
    def _moving_tags(self) -> "Image":
        tags = [self.tag, *(one.tag for one in self.moving_tags)]
        twice = sorted({tag for tag in tags if tags.count(tag) > 1})
        if twice:
            message = f"movingTags and tag name {', '.join(twice)} twice; the stack's own tag moves anyway: name each once"
            raise ValueError(message)
        if len(tags) > FILTERS:
            message = (
                f"{len(self.moving_tags)} movingTags and the stack's own tag make {len(tags)} exclusion filters; ECR takes "
                f"{FILTERS} for a repository: join some by a pattern, such as sha256-* for all signatures"
            )
            raise ValueError(message)
        if self.moving_tags and not self.create_repository:
            message = (
                "movingTags says what moves in a repository that this stack makes, and createRepository is false: "
                "set them where the repository is made"
            )
            raise ValueError(message)
        if self.tag.startswith(RELEASED):
            message = (
                f"tag {self.tag!r} begins with {RELEASED}, which marks released images: choose another tag"
            )
            raise ValueError(message)
        return self

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
