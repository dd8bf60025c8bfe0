"""What ECR adds to a registry: tokens that stand for a role, tags that may not move, and pushes.

AWS documents: AmazonECR/latest/userguide/registry_auth.md (token), image-tag-mutability.md (tags).
"""

import base64
import binascii
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOKEN_SECONDS = 12 * 60 * 60
"""How long a registry token is valid: 12 hours (registry_auth.md)."""


@dataclass(frozen=True)
class Push:
    """An image that arrived under a tag, or a tag that moved to another image."""

    repository: str
    tag: str
    digest: str
    account: str
    region: str


@dataclass(frozen=True)
class TagRule:
    """A repository's `imageTagMutability` and the WILDCARD filters excluded from it."""

    mutability: str = "MUTABLE"
    filters: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "TagRule":
        """From the parameters of ecr:CreateRepository or ecr:PutImageTagMutability."""
        filters = settings.get("imageTagMutabilityExclusionFilters") or []
        return cls(settings.get("imageTagMutability", "MUTABLE"), tuple(one["filter"] for one in filters))

    def shown(self) -> dict[str, Any]:
        """As ecr:DescribeRepositories shows it (API_Repository.md)."""
        excluded = [{"filterType": "WILDCARD", "filter": one} for one in self.filters]
        filters = {"imageTagMutabilityExclusionFilters": excluded} if excluded else {}
        return {"imageTagMutability": self.mutability, **filters}

    def fixed(self, tag: str) -> bool:
        """Whether the tag must stay on the image it names (image-tag-mutability.md)."""
        immutable = self.mutability.startswith("IMMUTABLE")
        excluded = self.mutability.endswith("_WITH_EXCLUSION") and any(
            _matches(tag, one) for one in self.filters
        )
        return immutable != excluded


def _matches(tag: str, wildcard: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in wildcard.split("*")), tag) is not None


class RegistryTokens:
    """Passwords for user `AWS`, each bound to the role that asked for it; safe in threads."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._owners: dict[str, tuple[str | None, float]] = {}

    def issue(self, role_arn: str | None) -> str:
        """A new `authorizationToken` (base64 of `AWS:password`) that acts as the role, or the administrator."""
        password = secrets.token_urlsafe(48)
        with self._lock:
            self._owners[password] = (role_arn, time.monotonic() + TOKEN_SECONDS)
        return base64.b64encode(f"AWS:{password}".encode()).decode()

    def owner(self, authorization: str) -> str | None:
        """The role behind an Authorization header; None is the administrator. LookupError for a bad one."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = password = ""
        with self._lock:
            role_arn, until = self._owners.get(password, (None, 0.0))
        if scheme.lower() != "basic" or user != "AWS" or time.monotonic() > until:
            raise LookupError("no such registry token")
        return role_arn


def digest_of(manifest: bytes) -> str:
    """The digest that names a manifest."""
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def fixed_tag_text(repository: str, tag: str) -> str:
    """What ECR says to a push that would move a fixed tag."""
    return (
        f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten "
        "because the tag is immutable."
    )


def token_answer(token: str, registries: Sequence[str]) -> bytes:
    """Body of a GetAuthorizationToken response for the hosts of registries."""
    data = [
        {
            "authorizationToken": token,
            "expiresAt": int(time.time()) + TOKEN_SECONDS,
            "proxyEndpoint": f"https://{registry}",
        }
        for registry in registries
    ]
    return json.dumps({"authorizationData": data}).encode()
