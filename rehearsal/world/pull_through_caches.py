"""Pull through caches: what the first pull of an image asks of whoever pulls, besides pulling.

AWS documents: AmazonECR/latest/userguide/pull-through-cache-iam (the two permissions, and that the repository needs only the
first while it is there), error-pullthroughcache (the answers without them). The rules are the registry's, not the stack's: the
settings say under which prefixes there are any. What the upstream holds is not played.
"""

import threading
from collections.abc import Iterable

from rehearsal.identity.authority import AccessDenied, Authority


class NotImported(Exception):
    """A cache may not be filled; the text is ECR's own, with the permission that is missing, which ECR does not name."""


class PullThroughCaches:
    """The pull through caches that there are, and what has come through them."""

    def __init__(self, prefixes: Iterable[str] = ()) -> None:
        """Know the rules' repository prefixes; nothing has been pulled yet."""
        self._starts = tuple(f"{prefix.rstrip('/')}/" for prefix in prefixes)
        self._repositories: set[str] = set()
        self._images: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def covers(self, repository: str) -> bool:
        """Whether a rule makes this repository."""
        return repository.startswith(self._starts)

    def fill(
        self, authority: Authority, role_arn: str | None, repository_arn: str, reference: str, *, there: bool
    ) -> None:
        """Import an image as a role, unless it has come before; NotImported with ECR's answer.

        `reference` is its tag or digest, `there` says whether the registry has the repository anyway. Nobody asks for the
        permissions of one without a role, who is the administrator.
        """
        with self._lock:
            if (repository_arn, reference) in self._images:
                return
            if role_arn is not None:
                if not there and repository_arn not in self._repositories:
                    _ask(authority, role_arn, "ecr:CreateRepository", repository_arn)
                    self._repositories.add(repository_arn)
                _ask(authority, role_arn, "ecr:BatchImportUpstreamImage", repository_arn)
            self._images.add((repository_arn, reference))


def _ask(authority: Authority, role_arn: str, action: str, repository_arn: str) -> None:
    try:
        authority.authorize(role_arn, action, repository_arn)
    except AccessDenied as denied:
        account, name = repository_arn.split(":")[4], repository_arn.partition(":repository/")[2]
        said = {
            "ecr:CreateRepository": (
                f"name unknown: The repository with name '{name}' does not exist in the registry with id '{account}'"
            ),
            "ecr:BatchImportUpstreamImage": "manifest unknown: Requested image not found",
        }
        raise NotImported(f"{said[action]} ({denied})") from denied
