"""Deleting images as ECR does it: a hundred at a time, and what an index names only after the index.

AWS documents: AmazonECR/latest/APIReference/API_BatchDeleteImage.md and API_ImageFailure.md.
"""

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.endpoint.asgi import Answer
from rehearsal.endpoint.emulator_lookups import Stored
from rehearsal.endpoint.refusals import json_error

MOST = 100
"""Images of one request (API_BatchDeleteImage, `imageIds`)."""


async def delete_images(stored: Stored, asked: Mapping[str, Any]) -> Answer:
    """Answer a BatchDeleteImage request; images by digest only."""
    repository, ids = str(asked["repositoryName"]), list(asked.get("imageIds") or [])
    if not 1 <= len(ids) <= MOST:
        text = "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must have length less than or equal to 100'"
        return json_error("InvalidParameterException", text)
    if not all(one.get("imageDigest") for one in ids):
        text = "The rehearsal deletes images by digest; taking a tag away is not played"
        return json_error("NotImplemented", text, status=501)
    manifests = await stored.manifests(repository)
    named = {child for manifest in manifests.values() for child in _children(manifest)}
    digests = list(dict.fromkeys(str(one["imageDigest"]) for one in ids))
    held = [digest for digest in digests if digest in named]
    done = await stored.delete(repository, [digest for digest in digests if digest not in named])
    failures = [*done.get("failures", []), *(_referenced(digest) for digest in held)]
    body = json.dumps({"imageIds": done.get("imageIds", []), "failures": failures})
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, body.encode())


def _children(manifest: str) -> list[str]:
    """Digests of the images that an index (OCI) or manifest list (Docker) names."""
    try:
        return [str(one["digest"]) for one in json.loads(manifest).get("manifests", [])]
    except (ValueError, AttributeError, KeyError, TypeError):
        return []


def _referenced(digest: str) -> dict[str, Any]:
    return {
        "imageId": {"imageDigest": digest},
        "failureCode": "ImageReferencedByManifestList",
        "failureReason": "Requested image referenced by manifest list",
    }
