"""Which platforms an image is for, read from its manifests without pulling it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

DEEPEST = 3
"""Indexes within indexes that are followed."""


@dataclass(frozen=True)
class Platform:
    """Operating system and processor, in Go's words (OCI Image Format Specification, image-index)."""

    os: str
    architecture: str

    def __str__(self) -> str:
        """As `docker build --platform` takes it."""
        return f"{self.os}/{self.architecture}"


LINUX: Mapping[str, Platform] = {
    "X86_64": Platform("linux", "amd64"),
    "ARM64": Platform("linux", "arm64"),
}
"""By the CPU architecture of a task (Amazon ECS API Reference, RuntimePlatform)."""


@dataclass(frozen=True)
class Reader:
    """How to get at what a manifest refers to."""

    manifest: Callable[[str], Document]
    """By digest."""
    config: Callable[[str], Document]
    """By digest."""


def platforms(manifest: Document, reader: Reader, depth: int = 0) -> Iterator[Platform]:
    """Every platform a manifest offers an image for; none for what is no image, such as a signature.

    An index says the platforms itself, and what it does not say stands in the image's configuration; an attestation has the
    platform unknown/unknown there (Docker's build documents, attestation storage). A single manifest says nothing but in its
    configuration (OCI Image Format Specification, config; Docker Image Manifest V2, Schema 2). Schema 1 says the processor.
    """
    if isinstance(manifest.get("manifests"), list):
        for entry in manifest["manifests"] if depth < DEEPEST else ():
            platform = entry.get("platform")
            if platform is None:
                yield from platforms(reader.manifest(entry["digest"]), reader, depth + 1)
            else:
                yield from _known(platform)
    elif isinstance(manifest.get("config"), Mapping):
        yield from _known(reader.config(manifest["config"]["digest"]))
    elif manifest.get("schemaVersion") == 1:
        yield from _known({"os": "linux", **manifest})


def _known(said: Document) -> Iterator[Platform]:
    system, architecture = str(said.get("os") or ""), str(said.get("architecture") or "")
    if system not in {"", "unknown"} and architecture not in {"", "unknown"}:
        yield Platform(system, architecture)
