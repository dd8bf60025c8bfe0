"""The registry protocol's requests as ECR API actions.

AWS documents: AmazonECR/latest/userguide/image-push-iam.md (push), and the API reference of each action, which says
what it stands for in a push or a pull.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from documents.place import Place
from rehearsal.endpoint.permissions import Needed, Underivable, repository_arn

_PATH = re.compile(
    r"/v2/(?P<repository>.+?)/(?P<kind>blobs/uploads|blobs|manifests|tags)(?:/(?P<reference>.*))?"
)

_ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("HEAD", "blobs"): ("BatchCheckLayerAvailability",),
    ("GET", "blobs"): ("GetDownloadUrlForLayer",),
    ("POST", "blobs/uploads"): ("InitiateLayerUpload",),
    ("PATCH", "blobs/uploads"): ("UploadLayerPart",),
    ("GET", "blobs/uploads"): ("UploadLayerPart",),
    ("DELETE", "blobs/uploads"): ("UploadLayerPart",),
    ("PUT", "blobs/uploads"): ("CompleteLayerUpload",),
    ("HEAD", "manifests"): ("BatchGetImage",),
    ("GET", "manifests"): ("BatchGetImage",),
    ("PUT", "manifests"): ("PutImage",),
    ("DELETE", "manifests"): ("BatchDeleteImage",),
    ("GET", "tags"): ("ListImages",),
}


class RegistryRequest(NamedTuple):
    """A registry path taken apart."""

    repository: str
    kind: str
    """`blobs`, `blobs/uploads`, `manifests` or `tags`."""
    reference: str
    """Digest, tag or upload id."""

    @property
    def tag(self) -> str | None:
        """The tag, when the reference of a manifest is one."""
        return self.reference if self.kind == "manifests" and ":" not in self.reference else None


def registry_request(path: str) -> RegistryRequest | None:
    """Take a `/v2/...` path apart; None for the registry's root and for what ECR does not offer."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    return RegistryRequest(found["repository"], found["kind"], (found["reference"] or "").rstrip("/"))


def registry_needed(method: str, asked: RegistryRequest, place: Place) -> list[Needed]:
    """The ECR actions behind a registry request; Underivable for a method the registry does not know."""
    actions = _ACTIONS.get((method, asked.kind))
    if actions is None:
        raise Underivable(f"{method} {asked.kind} is no request of the registry protocol")
    return [Needed(f"ecr:{action}", repository_arn(place, asked.repository)) for action in actions]
