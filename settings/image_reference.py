"""References to images that a task names."""

from typing import Annotated

from pydantic import AfterValidator

from documents.images import parse


def _checked(value: str) -> str:
    parse(value)
    return value


ImageReference = Annotated[str, AfterValidator(_checked)]
"""`HOST/REPOSITORY:TAG`, `HOST/REPOSITORY@sha256:…`, or a name of Docker Hub."""
