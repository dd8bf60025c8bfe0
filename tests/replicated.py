"""The event of an image that came from another Region: what AWS sends where the rehearsal has one Region only."""

from typing import Any

from documents.place import Place
from rehearsal.ecr.events import push_event
from rehearsal.ecr.registry_rules import Push


def replication_event(push: Push, *, source: str) -> dict[str, Any]:
    """The event that is sent where an image has arrived from Region `source` (AmazonECR/latest/userguide/ecr-eventbridge.md, "Event for a completed image replication")."""
    event = push_event(push)
    detail = {
        "result": "SUCCESS",
        "repository-name": push.repository,
        "image-digest": push.digest,
        "source-account": push.account,
        "action-type": "REPLICATE",
        "source-region": source,
        "image-tag": push.tag,
    }
    repository = Place(push.account, push.region).arn("ecr", f"repository/{push.repository}")
    return {
        **event,
        "detail-type": "ECR Replication Action",
        "resources": [repository],
        "detail": detail,
    }
