"""What application teams build: an image's repository, and who may push to it."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from documents.github import is_ref, subjects, trust_workflows
from documents.lifecycle import RELEASED, may_match_a_release
from documents.nested import is_map
from settings.base import Group

RepositoryName = Annotated[
    str,
    Field(
        min_length=2,
        max_length=256,
        pattern=r"^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$",
    ),
]
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
            raise ValueError(
                f"names {len(given)} of branch, gitTag and environment; a workflow run has exactly one subject: give one"
            )
        text = f"{self.branch or ''}{self.git_tag or ''}{self.environment or ''}"
        if any(wild in text for wild in "*?"):
            raise ValueError(
                f"{text!r} has a wildcard; subjects are compared exactly: list each branch, gitTag or environment"
            )
        ref = self.branch or self.git_tag
        if ref is not None and not is_ref(ref):
            raise ValueError(
                f"{ref!r} is no name of a branch or tag that Git takes (git-check-ref-format), so no workflow run carries it: "
                "write the name alone, without refs/heads/ or refs/tags/"
            )
        if (self.owner_id is None) != (self.repository_id is None):
            raise ValueError(
                "has only one of ownerId and repositoryId; an immutable subject carries both: give both or neither"
            )
        return self


def _distinct(pushers: list[Pusher]) -> list[Pusher]:
    if len(set(pushers)) != len(pushers):
        raise ValueError("lists the same pusher twice; name each once")
    return pushers


class MovingTag(Group):
    """A tag of the repository that moves from image to image: a stack's, a build cache's, a signature's."""

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
            raise ValueError(
                f"{self.tag!r} has {self.tag.count('*')} wildcards; ECR takes {MOST_WILDCARDS} in an exclusion filter: use fewer"
            )
        if not self.tag.strip("*"):
            raise ValueError(
                f"{self.tag!r} is every tag, so none would be fixed and released images could be overwritten: name what moves"
            )
        if may_match_a_release(self.tag) or self.tag.startswith(RELEASED):
            raise ValueError(
                f"{self.tag!r} matches {RELEASED}…, the tags that keep released images from expiring (a digest's 64 digits follow): "
                "choose another name"
            )
        return self


def _tag_alone(value: Any) -> Any:
    return value if is_map(value) or isinstance(value, MovingTag) else {"tag": value}


class Image(Group):
    """An image's ECR repository: what moves in it, what stays, and who may push."""

    repository: RepositoryName = Field(description="Name of the ECR repository.")
    create_repository: bool = Field(
        default=True,
        description="Whether this stack owns the repository; false uses an existing one of that name.",
    )
    moving_tags: list[
        Annotated[MovingTag, BeforeValidator(_tag_alone, json_schema_input_type=str | MovingTag)]
    ] = Field(
        default=[],
        description="Tags of an own repository that move: those of stacks, caches, signatures; a text is a group with that `tag`. "
        "The stack's own moves anyway.",
    )
    pushers: Annotated[list[Pusher], AfterValidator(_distinct)] = Field(
        default=[],
        description="GitHub workflows that may push, through OpenID Connect; empty makes no push role.",
    )
    oidc_provider_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/token\.actions\.githubusercontent\.com$",
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
        tags = [one.tag for one in self.moving_tags]
        twice = sorted({tag for tag in tags if tags.count(tag) > 1})
        if twice:
            raise ValueError(f"movingTags name {', '.join(twice)} twice: name each once")
        if self.moving_tags and not self.create_repository:
            raise ValueError(
                "movingTags says what moves in a repository that this stack makes, and createRepository is false: "
                "set them where the repository is made"
            )
        return self

    @model_validator(mode="after")
    def _one_trust_policy(self) -> "Image":
        accepted = [subject for pusher in self.pushers for subject in subjects(**pusher.model_dump())]
        text = json.dumps(trust_workflows("a" * 90, accepted), separators=(",", ":"))
        if len(text) > LONGEST_TRUST_POLICY:
            raise ValueError(
                f"{len(self.pushers)} pushers make a trust policy of {len(text)} characters; IAM takes "
                f"{LONGEST_TRUST_POLICY}: list fewer, for example one environment that several branches share"
            )
        return self

    def moving(self, tag: str) -> dict[str, int]:
        """Tags and patterns that move in the repository, and how many images of each stay; `tag`, the stack's own, is first."""
        return {tag: 1} | {one.tag: one.keep for one in self.moving_tags if one.tag != tag}
