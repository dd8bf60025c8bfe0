"""Moments of the day for what is kept as seconds on the monotonic clock."""

import time
from datetime import UTC, datetime

_BEGAN = time.time() - time.monotonic()
"""Taken once: a moment that is asked for twice is the same one."""


def moment(monotonic: float) -> datetime:
    """When `time.monotonic` said so."""
    return datetime.fromtimestamp(round(_BEGAN + monotonic, 3), UTC)
