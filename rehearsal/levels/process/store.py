"""Images pulled from the rehearsal's registry, kept by digest in a folder.

Standard library only: the `docker` shim loads it as well as the runtime of level `process`, and both may use
one folder at the same time.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal.images.registry import Registry
from rehearsal.levels.image_reference import ImageReference


class StoreError(Exception):
    """An image that can't be used; the text says which and why."""


class NoMatchingPlatformError(StoreError):
    """None of an index's images is for the wanted architecture."""


def machine_architecture() -> str:
    """The CPU of this machine in Docker's words."""
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


class Store:
    """A folder of pulled images."""

    def __init__(self, folder: Path) -> None:
        """Use the folder; it is made when something is put into it."""
        self._folder = folder

    def pull(self, registry: Registry, reference: ImageReference, architecture: str) -> str:
        """Fetch an image's manifest, config and layers; the digest that was asked for or found.

        Of an index, only the image for linux and this architecture is fetched. Everything is checked against
        its digest, as Docker does. Raises RegistryError and StoreError.
        """
        manifest = registry.manifest(reference.repository, reference.wanted)[1]
        found = _digest(manifest)
        if reference.digest and found != reference.digest:
            raise StoreError(f"manifest verification failed for digest {reference.digest}")
        chosen = found
        if "manifests" in json.loads(manifest):
            chosen = _variant(json.loads(manifest), architecture)
            manifest = self._fetched(chosen, lambda: registry.manifest(reference.repository, chosen)[1])
        self._keep(chosen, manifest)
        parts = json.loads(manifest)
        for part in (parts["config"], *parts["layers"]):
            digest = str(part["digest"])
            self._keep(digest, self._fetched(digest, lambda d=digest: registry.blob(reference.repository, d)))
        self._write(self._name(reference), chosen.encode())
        return found

    def find(self, reference: ImageReference) -> str | None:
        """Digest of the manifest pulled under this very reference, the chosen one of an index."""
        path = self._name(reference)
        return path.read_text(encoding="utf-8") if path.exists() else None

    def config(self, digest: str) -> dict[str, Any]:
        """The image's configuration (image-spec, config.md)."""
        return json.loads(self._read(str(self._manifest(digest)["config"]["digest"])))

    def unpack(self, digest: str, target: Path) -> None:
        """Write the image's files, layer over layer, below `target`; raises StoreError."""
        from rehearsal.levels.process import layers  # noqa: PLC0415 (5 ms, and the `docker` shim starts often)

        target.mkdir(parents=True, exist_ok=True)
        for layer in self._manifest(digest)["layers"]:
            try:
                layers.unpack(self._read(str(layer["digest"])), target)
            except layers.LayerError as error:
                raise StoreError(f"layer {layer['digest']} can't be unpacked: {error}") from error

    def _manifest(self, digest: str) -> dict[str, Any]:
        return json.loads(self._read(digest))

    def _fetched(self, digest: str, fetch: Callable[[], bytes]) -> bytes:
        if self._blob(digest).exists():
            return self._read(digest)
        content = fetch()
        if _digest(content) != digest:
            raise StoreError(f"filesystem layer verification failed for digest {digest}")
        return content

    def _keep(self, digest: str, content: bytes) -> None:
        if not self._blob(digest).exists():
            self._write(self._blob(digest), content)

    def _read(self, digest: str) -> bytes:
        return self._blob(digest).read_bytes()

    def _blob(self, digest: str) -> Path:
        return self._folder / "blobs" / digest.replace(":", "-")

    def _name(self, reference: ImageReference) -> Path:
        return self._folder / "references" / hashlib.sha256(reference.text.encode()).hexdigest()

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        """Write at once and whole, for others may read or write the same file now."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        draft.write_bytes(content)
        draft.replace(path)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _variant(index: dict[str, Any], architecture: str) -> str:
    for entry in index["manifests"]:
        platform = entry.get("platform", {})
        if platform.get("os") == "linux" and platform.get("architecture") == architecture:
            return str(entry["digest"])
    raise NoMatchingPlatformError(
        f"no matching manifest for linux/{architecture} in the manifest list entries"
    )
