"""What a task's role must be allowed, and an image must be, before the image can be pulled.

Permissions: AmazonECS/latest/developerguide/task_execution_IAM_role; texts: task_cannot_pull_image (same
guide); the first pull through a cache: AmazonECR/latest/userguide/pull-through-cache-iam. Manifest and configuration are
really read from the registry with the role's token; the layers are the runtime's work, so what they need is asked of the
policies alone. So are images of other private ECR registries, and of caches, whose upstream nobody plays; public ones are
left alone.
"""

import json
from typing import Any

from botocore.exceptions import ClientError

from documents.images import Image, parse, registry_of
from rehearsal.ecs.task_secrets import PREFIX
from rehearsal.identity.authority import AccessDenied, Credentials
from rehearsal.images.registry import Registry, RegistryError, ecr_token
from rehearsal.world import said
from rehearsal.world.cloud import Cloud
from rehearsal.world.pull_through_caches import NotImported

NOT_FOUND = 404
REFUSED = (401, 403)
LAYERS = ("ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer")


class PullFailed(Exception):
    """An image can't be pulled; the text is the task's stopped reason."""


def verify(cloud: Cloud, credentials: Credentials | None, image: str, architecture: str) -> bool:
    """Do what the agent does before it fetches layers; PullFailed with AWS's stopped reason.

    `architecture` is the task's, as images name it (`amd64`, `arm64`). Answers whether the image is in the local cloud: one
    of another account, Region or stack is asked of the policies, and somebody else has to play its bytes.
    """
    try:
        reference = parse(image)
    except ValueError as error:
        raise PullFailed(
            f"CannotPullContainerError: pull image manifest has been retried 1 time(s): invalid reference format: {error}"
        ) from None
    owner = registry_of(reference.host)
    if owner is None:
        return False
    token = _token(cloud, credentials, image)
    arn = owner.arn("ecr", f"repository/{reference.repository}")
    _authorize_layers(cloud, credentials, arn, image)
    there = owner == cloud.place and _has_repository(cloud, reference.repository)
    if cloud.pull_through_caches.covers(reference.repository) and not (
        there and _has_image(cloud, reference)
    ):
        _fill_cache(cloud, credentials, image, arn, there=there)
        return False
    if not there:
        return False
    try:
        offered = _architectures(Registry(cloud.endpoint, lambda: token), reference)
    except RegistryError as error:
        raise PullFailed(_unreadable(image, error)) from error
    if architecture not in offered:
        # A plain image of another architecture fails with the same words as an index without the right one.
        raise PullFailed(
            "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
            f"image Manifest does not contain descriptor matching platform 'linux/{architecture}'"
            f" (the image is for {', '.join(sorted(offered))})"
        )
    return True


def _fill_cache(cloud: Cloud, credentials: Credentials | None, image: str, arn: str, *, there: bool) -> None:
    role = credentials.role_arn if credentials else None
    try:
        cloud.pull_through_caches.fill(cloud.authority, role, arn, _pulled(parse(image)), there=there)
    except NotImported as refused:
        raise PullFailed(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
            f"failed to resolve ref {image}: {image}: not found: {refused}"
        ) from refused


def _pulled(reference: Image) -> str:
    """The digest or tag by which an image is asked for."""
    return reference.digest or reference.tag or "latest"


def _has_image(cloud: Cloud, reference: Image) -> bool:
    ecr = cloud.client("ecr")
    wanted = {"imageDigest" if reference.digest else "imageTag": _pulled(reference)}
    try:
        ecr.describe_images(repositoryName=reference.repository, imageIds=[wanted])
    except ecr.exceptions.ImageNotFoundException:
        return False
    return True


def _has_repository(cloud: Cloud, name: str) -> bool:
    ecr = cloud.client("ecr")
    try:
        ecr.describe_repositories(repositoryNames=[name])
    except ecr.exceptions.RepositoryNotFoundException:
        return False
    return True


def _token(cloud: Cloud, credentials: Credentials | None, image: str) -> str:
    failed = f"{PREFIX} unable to retrieve ecr registry auth: service call has been retried 1 time(s):"
    if credentials is None:
        raise PullFailed(f"{failed} the task definition has no executionRoleArn, which {image} needs")
    try:
        return ecr_token(cloud.client("ecr", credentials))
    except ClientError as error:
        raise PullFailed(f"{failed} {said.whole(error)}") from error


def _authorize_layers(cloud: Cloud, credentials: Credentials | None, arn: str, image: str) -> None:
    """Ask for what the layers will need, so that a missing statement shows before anything runs."""
    if credentials is None or credentials.role_arn is None:
        return
    try:
        for action in LAYERS:
            cloud.authority.authorize(credentials.role_arn, action, arn)
    except AccessDenied as denied:
        raise PullFailed(_unauthorized(image, str(denied))) from denied


def _architectures(registry: Registry, reference: Image) -> set[str]:
    manifest: Any = json.loads(registry.manifest(reference.repository, _pulled(reference))[1])
    if "manifests" in manifest:
        return {entry.get("platform", {}).get("architecture", "") for entry in manifest["manifests"]}
    configuration: Any = json.loads(registry.blob(reference.repository, manifest["config"]["digest"]))
    return {configuration.get("architecture", "")}


def _unreadable(image: str, error: RegistryError) -> str:
    if error.status in REFUSED:
        return _unauthorized(image, str(error))
    text = f"{image}: not found" if error.status == NOT_FOUND else str(error)
    return (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        f"failed to resolve ref {image}: {text}"
    )


def _unauthorized(image: str, text: str) -> str:
    return (
        "CannotPullContainerError: The task can't pull the image. Check that the role has the permissions to "
        f"pull images from the registry. Error response: pull access denied for {image}: {text}"
    )
