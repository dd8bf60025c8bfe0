"""The ECR repository that application teams push to, and the role their workflows push with.

Not managed here: the account's OIDC provider for GitHub, registry-wide scanning, replication.
"""

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.kit.role import granted_role
from components.kit.stack import Stack
from documents import github, grants
from documents.lifecycle import lifecycle


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryArgs:
    """What the repository needs to know."""

    stack: Stack
    tag: str
    """The stack's tag, which moves."""


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
        image, place = args.stack.settings.image, args.stack.place
        if image.create_repository:
            repository = _repository(name, args, inside)
            self.name, self.arn, self.url = repository.name, repository.arn, repository.repository_url
        else:
            self.name = pulumi.Output.from_input(image.repository)
            self.arn = pulumi.Output.from_input(place.arn("ecr", f"repository/{image.repository}"))
            self.url = pulumi.Output.from_input(f"{place.registry}/{image.repository}")
        self.push_role_arn = self._push_role(name, args.stack, inside) if image.pushers else None
        self.register_outputs(
            {"name": self.name, "arn": self.arn, "url": self.url, "pushRoleArn": self.push_role_arn}
        )

    def _push_role(self, name: str, stack: Stack, inside: pulumi.ResourceOptions) -> pulumi.Output[str]:
        image, place = stack.settings.image, stack.place
        provider = image.oidc_provider_arn or place.iam_arn(f"oidc-provider/{github.ISSUER}")
        accepted = [subject for pusher in image.pushers for subject in github.subjects(**pusher.model_dump())]
        trust = github.trust_workflows(provider, accepted, place.token_audiences)
        return granted_role(
            f"{name}-push",
            stack.names.push,
            trust,
            grants.push(self.arn),
            inside,
            grown_by="delivery:images.*.pushers",
        ).arn


def _repository(name: str, args: ImageRepositoryArgs, inside: pulumi.ResourceOptions) -> ecr.Repository:
    image, protect = args.stack.settings.image, args.stack.settings.release.protect
    moving = image.moving(args.tag)
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
