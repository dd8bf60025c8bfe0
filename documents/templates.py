"""All templates of one version: their files, and the version that names them."""

import hashlib
from collections.abc import Mapping


def version(files: Mapping[str, str]) -> str:
    """Name of a set of files: the same files always have the same one, any other files another."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{len(name)}:{name}{len(files[name])}:{files[name]}".encode())
    return digest.hexdigest()[:16]
