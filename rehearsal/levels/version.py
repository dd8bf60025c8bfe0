"""A version of the application that is released: a folder with what changes laid over it, or an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Version:
    """One version of an application: a folder with a Dockerfile, and what is laid over it."""

    name: str
    """What it is called in timelines and reports."""
    folder: Path
    overlays: Sequence[Path] = ()


@dataclass(frozen=True)
class LocalImage:
    """One version of an application: an image of this machine's Docker daemon."""

    name: str
    """What it is called in timelines and reports."""
    image: str
    """What the daemon calls it."""
