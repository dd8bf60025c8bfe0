"""What a build does for somebody else on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.policy import Statement


@dataclass(frozen=True, kw_only=True)
class Errand:
    """Files that a build fetches once its own work is done, and puts out as an artifact."""

    variables: Mapping[str, Any]
    """What the buildspec is told of it."""
    needs: Sequence[Statement]
    """What the build's role must be allowed for it."""
    artifact: str
    """Artifact of the pipeline that holds what was fetched."""
