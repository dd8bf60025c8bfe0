"""The ECR repository that application teams push to, and the role their workflows push with.

Not managed here: the account's OIDC provider for GitHub, registry-wide scanning, replication.
"""

import json
from typing import TypedDict

import pulumi
from pulumi_aws import ecr

from components.role import granted_role
from documents import github, grants
from documents.lifecycle import lifecycle
from documents.names import Names
from documents.place import Place
from settings.image import Image


class ImageRepositoryArgs(TypedDict):
    """What the repository needs to know."""

    image: Image
    tag: str
    """The stack's tag, which moves."""
    names: Names
    place: Place
    protect: bool
    """Whether Pulumi refuses to delete the repository."""


class ImageRepository(pulumi.ComponentResource):
    """An ECR repository whose tags are immutable, except the stack's own and those it is told of."""

    name: pulumi.Output[str]
    """Name of the repository."""
    arn: pulumi.Output[str]
    """ARN of the repository."""
    url: pulumi.Output[str]
    """What an image reference begins with."""
    push_role_arn: pulumi.Output[str] | None
    """Role that the listed GitHub workflows may assume to push; None when none is listed."""

    def __init__(
        self, name: str, args: ImageRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the repository, or take the existing one, and the push role."""
        super().__init__("delivery:index:ImageRepository", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        image, place = args["image"], args["place"]
        if image.create_repository:
            repository = _repository(name, image, args["tag"], protect=args["protect"], inside=inside)
            self.name, self.arn, self.url = repository.name, repository.arn, repository.repository_url
        else:
            self.name = pulumi.Output.from_input(image.repository)
            self.arn = pulumi.Output.from_input(place.arn("ecr", f"repository/{image.repository}"))
            self.url = pulumi.Output.from_input(f"{place.registry}/{image.repository}")
        self.push_role_arn = (
            self._push_role(name, image, args["names"], place, inside) if image.pushers else None
        )
        self.register_outputs(
            {"name": self.name, "arn": self.arn, "url": self.url, "pushRoleArn": self.push_role_arn}
        )

    def _push_role(
        self, name: str, image: Image, names: Names, place: Place, inside: pulumi.ResourceOptions
    ) -> pulumi.Output[str]:
        provider = image.oidc_provider_arn or place.iam_arn(f"oidc-provider/{github.ISSUER}")
        accepted = [subject for pusher in image.pushers for subject in github.subjects(**pusher.model_dump())]
        trust = github.trust_workflows(provider, accepted, place.token_audiences)
        return granted_role(
            f"{name}-push",
            f"{names.pipeline}-push",
            trust,
            grants.push(self.arn),
            inside,
            grown_by="delivery:images.*.pushers",
        ).arn


def _repository(
    name: str, image: Image, tag: str, *, protect: bool, inside: pulumi.ResourceOptions
) -> ecr.Repository:
    moving = image.moving(tag)
    repository = ecr.Repository(
        f"{name}-repository",
        name=image.repository,
        image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
        image_tag_mutability_exclusion_filters=[{"filter": one, "filter_type": "WILDCARD"} for one in moving],
        image_scanning_configuration={"scan_on_push": True},
        force_delete=False,
        opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(protect=protect)),
    )
    ecr.LifecyclePolicy(
        f"{name}-lifecycle",
        repository=repository.name,
        policy=json.dumps(lifecycle(moving, image.keep_unreleased_days)),
        opts=inside,
    )
    return repository
