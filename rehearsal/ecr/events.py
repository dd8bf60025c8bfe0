"""The events that ECR sends. Pure.

AWS document: AmazonECR/latest/userguide/ecr-eventbridge.md.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from rehearsal.ecr.registry_rules import Push


def push_event(push: Push, *, at: datetime | None = None, id_: str | None = None) -> dict[str, Any]:
    """The event of a push ("Event for a completed image push"), with the media types that newer events carry.

    The tag of an untagged manifest is empty.
    """
    return {
        "version": "0",
        "id": id_ or str(uuid.uuid4()),
        "detail-type": "ECR Image Action",
        "source": "aws.ecr",
        "account": push.account,
        "time": f"{at or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": push.region,
        "resources": [],
        "detail": {
            "result": "SUCCESS",
            "repository-name": push.repository,
            "image-digest": push.digest,
            "action-type": "PUSH",
            "image-tag": push.tag or "",
            "manifest-media-type": "application/vnd.oci.image.manifest.v1+json",
            "artifact-media-type": "application/vnd.oci.image.config.v1+json",
        },
    }
