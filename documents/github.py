"""Subjects of GitHub's OpenID Connect tokens, and the role that trusts them."""

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
    with the ids given, both forms are accepted, so that the change of form locks nobody out.
    """
    if environment is not None:
        context = f"environment:{environment}"
    elif git_tag is not None:
        context = f"ref:refs/tags/{git_tag}"
    else:
        context = f"ref:refs/heads/{branch}"
    owner, name = repository.split("/")
    forms = [f"repo:{repository}:{context}"]
    if owner_id is not None and repository_id is not None:
        forms.append(f"repo:{owner}@{owner_id}/{name}@{repository_id}:{context}")
    return forms


def trust_workflows(provider_arn: Any, accepted: Sequence[str]) -> dict[str, Any]:
    """Trust policy for exactly these subjects (IAM User Guide, id_roles_providers_create_oidc)."""
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": list(accepted)}
                },
            }
        ]
    )
