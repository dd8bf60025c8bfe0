"""What PutEvents makes of an entry: an event, or the reason why it is none. Pure.

AWS documents: eventbridge/latest/APIReference, API_PutEventsRequestEntry and API_PutEventsResultEntry (the error codes);
eventbridge/latest/userguide/eb-putevents and eb-events-structure.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from documents.place import Place

LARGEST = 1024 * 1024
"""Bytes that all entries of a request may have together."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_TIME_BYTES = 14
"""What a time counts, however it is written (eb-putevents, "Calculating PutEvents event entry size")."""


class NoEvent(Exception):
    """An entry that EventBridge does not take; the text is its message."""

    def __init__(self, code: str, message: str) -> None:
        """Hold EventBridge's own code for the entry."""
        super().__init__(message)
        self.code = code


def event_of(entry: Mapping[str, Any], place: Place, now: datetime) -> dict[str, Any]:
    """The event of an entry; NoEvent for one that is not taken."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            raise NoEvent(
                "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
            )
    source = str(entry["Source"])
    if source.startswith("aws."):
        raise NoEvent("NotAuthorizedForSourceException", "Not authorized for the source.")
    try:
        detail: Any = json.loads(str(entry["Detail"]))
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        raise NoEvent("MalformedDetail", "Detail is malformed.")
    sent: datetime = entry.get("Time") or now
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": str(entry["DetailType"]),
        "source": source,
        "account": place.account,
        "time": f"{sent.astimezone(UTC):{_TIME}}",
        "region": place.region,
        "resources": [str(one) for one in entry.get("Resources") or ()],
        "detail": detail,
    }


def size_of(entry: Mapping[str, Any]) -> int:
    """Bytes that an entry counts."""
    texts = [
        *(entry.get(name) or "" for name in ("Source", "DetailType", "Detail")),
        *(entry.get("Resources") or ()),
    ]
    return sum(len(str(one).encode()) for one in texts) + (_TIME_BYTES if entry.get("Time") else 0)
