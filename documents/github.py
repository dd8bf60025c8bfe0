"""Subjects of GitHub's OpenID Connect tokens, and the role that trusts them."""

import re
from collections.abc import Sequence
from typing import Any

from documents.policy import document

ISSUER = "token.actions.githubusercontent.com"


def subjects(  # noqa: PLR0913  (what a subject is made of)
    repository: str,
    *,
    branch: str | None = None,
    git_tag: str | None = None,
    environment: str | None = None,
    owner_id: int | None = None,
    repository_id: int | None = None,
) -> list[str]:
    """Every `sub` that one workflow run may carry.

    A job with an environment carries `environment:NAME`, any other its ref. Repositories created or renamed since
    2026-07-15 carry immutable subjects with the ids of owner and repository (github/docs: openid-connect reference);
    with the ids given, both forms are accepted, so that the change of form locks nobody out. A colon inside a name is
    sent as `%3A`, and nothing else is changed (the same reference, "Filtering for metadata containing").
    """
    if environment is not None:
        context = f"environment:{_sent(environment)}"
    elif git_tag is not None:
        context = f"ref:refs/tags/{_sent(git_tag)}"
    else:
        context = f"ref:refs/heads/{_sent(branch or '')}"
    owner, name = repository.split("/")
    forms = [f"repo:{repository}:{context}"]
    if owner_id is not None and repository_id is not None:
        forms.append(f"repo:{owner}@{owner_id}/{name}@{repository_id}:{context}")
    return forms


def is_ref(name: str) -> bool:
    """Whether Git takes the name for a branch or tag (Git's own document, git-check-ref-format)."""
    forbidden = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.", name)
    whole = (
        name.startswith(("/", ".", "-", "refs/heads/", "refs/tags/"))
        or name.endswith(("/", ".", ".lock"))
        or name == "@"
    )
    return bool(name) and not forbidden and not whole and ".lock/" not in name


def _sent(name: str) -> str:
    return name.replace(":", "%3A")


def trust_workflows(
    provider_arn: Any, accepted: Sequence[str], audiences: Sequence[str] = ("sts.amazonaws.com",)
) -> dict[str, Any]:
    """Trust policy for exactly these subjects (IAM User Guide, id_roles_providers_create_oidc)."""
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{ISSUER}:aud": audiences[0] if len(audiences) == 1 else list(audiences),
                        f"{ISSUER}:sub": list(accepted),
                    }
                },
            }
        ]
    )
