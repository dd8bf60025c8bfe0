"""All templates of one version: their files, what stands in them until a release fills it in, and the version that names them."""

import hashlib
from collections.abc import Mapping

TASK_DEFINITION_PLACEHOLDER = "<TASK_DEFINITION>"
"""Literal text in the AppSpec that CodeDeployToECS replaces by the new revision's ARN."""


def version(files: Mapping[str, str]) -> str:
    """Name of a set of files: the same files always have the same one, any other files another."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{len(name)}:{name}{len(files[name])}:{files[name]}".encode())
    return digest.hexdigest()[:16]


def taskdef_file(service: str) -> str:
    """File name of a service's task definition template in the deploy artifact."""
    return f"taskdef-{service}.json"


def appspec_file(service: str) -> str:
    """File name of a service's AppSpec template in the deploy artifact."""
    return f"appspec-{service}.yaml"
