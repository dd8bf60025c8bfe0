"""Whether the image of a release is the newest push, is there, and fits the machines it is to run on."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from botocore.exceptions import ClientError

from documents.nested import is_map
from release.aws import code_of
from release.findings import Finding, Refusal, RefusedError
from release.manifests import LINUX, Document, Reader, platforms
from release.subject import Subject


def stale(subject: Subject, trigger: str) -> Iterator[Finding]:
    """A push that a newer one has overtaken: events come late or out of order (EventBridge User Guide, eb-delivery).

    A person may release any digest; `trigger` says who did.
    """
    if trigger != "push":
        return
    tag = subject.stack.tag
    newest = _digest_under(subject, tag)
    if newest is None:
        yield Refusal(
            f"stale push of {subject.digest}",
            f"the tag {tag} is on no image of {subject.stack.repository} any more",
            "push again, or start this digest by hand; nothing was migrated",
            "RevisionOutOfSync",
        )
    elif newest != subject.digest:
        yield Refusal(
            f"stale push of {subject.digest}",
            f"the tag {tag} is on {newest} by now",
            "do nothing, the newer push has a release of its own; nothing was migrated",
            "RevisionOutOfSync",
        )


def unfit(subject: Subject, architectures: Collection[str]) -> Iterator[Finding]:
    """A digest that is not there, or an image without a platform for a task's CPU architecture."""
    manifest = _manifest(subject, subject.digest)
    if manifest is None:
        yield Refusal(
            f"image {subject.digest}",
            f"there is none of this digest in {subject.stack.repository}",
            "push it, or start the digest of an image that is there; nothing was migrated",
            "RevisionUnavailable",
        )
        return
    wanted = {LINUX[one]: one for one in sorted(architectures) if one in LINUX}
    reader = Reader(lambda digest: _manifest(subject, digest) or {}, lambda digest: _config(subject, digest))
    offered = dict.fromkeys(platforms(manifest, reader)) if wanted else {}
    for platform, architecture in wanted.items():
        if platform not in offered:
            found = f"for {' and '.join(map(str, offered))}" if offered else "no image that could run"
            yield Refusal(
                f"image {subject.digest}",
                f"it is {found}, the tasks run on {platform} ({architecture})",
                f"build it for {platform} and push again; nothing was migrated",
            )


def _digest_under(subject: Subject, tag: str) -> str | None:
    try:
        answer = subject.aws.client("ecr").describe_images(
            registryId=subject.registry_id,
            repositoryName=subject.stack.repository,
            imageIds=[{"imageTag": tag}],
        )
    except ClientError as error:
        if code_of(error) == "ImageNotFoundException":
            return None
        raise
    return str(answer["imageDetails"][0]["imageDigest"])


def _manifest(subject: Subject, digest: str) -> Document | None:
    """The manifest of a digest as it was pushed; None when there is none."""
    answer: dict[str, Any] = subject.aws.client("ecr").batch_get_image(
        registryId=subject.registry_id,
        repositoryName=subject.stack.repository,
        imageIds=[{"imageDigest": digest}],
    )
    for failure in answer.get("failures", ()):
        if failure.get("failureCode") in {"ImageNotFound", "InvalidImageDigest"}:
            return None
        raise RefusedError(
            f"image {digest}",
            f"ECR does not give its manifest ({failure.get('failureCode')}): {failure.get('failureReason')}",
            "let ECR get at it, then start the release again; nothing was migrated",
            "RevisionUnavailable",
        )
    return json.loads(answer["images"][0]["imageManifest"])


def _config(subject: Subject, digest: str) -> Document:
    """The configuration of an image, which is a blob like a layer; empty for one that is no JSON object."""
    answer = subject.aws.client("ecr").get_download_url_for_layer(
        registryId=subject.registry_id, repositoryName=subject.stack.repository, layerDigest=digest
    )
    try:
        said = json.loads(subject.aws.fetch(answer["downloadUrl"]))
    except ValueError:
        return {}
    return said if is_map(said) else {}
