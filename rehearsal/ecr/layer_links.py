"""Addresses that ECR signs for the reading of one layer: whoever has one needs nothing else.

AWS document: AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.md. On AWS they lead to S3.
"""

import secrets

_PLACE = "/ecr-layers/"


class LayerLinks:
    """Every address that was given out."""

    def __init__(self) -> None:
        """None was."""
        self._given: dict[str, tuple[str, str]] = {}

    def give(self, host: str, repository: str, digest: str) -> str:
        """A new address at `host`, for a blob of a repository."""
        path = f"{_PLACE}{secrets.token_urlsafe(32)}"
        self._given[path] = (repository, digest)
        return f"http://{host}{path}"

    def holds(self, path: str) -> bool:
        """Whether a path is one of this kind, given out or not."""
        return path.startswith(_PLACE)

    def named(self, path: str) -> tuple[str, str] | None:
        """Repository and digest of a path that was given out."""
        return self._given.get(path)
