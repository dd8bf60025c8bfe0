"""An application folder packed as an OCI image, without Docker and byte for byte repeatable.

The image is a real one by format (OCI image-spec: manifest, config, gzipped tar layer), so registries store
it, and its digest is the manifest's. It holds what the Dockerfile copies, not what its base image or its RUN
lines would add: `Image.not_done` lists those.
"""

import fnmatch
import gzip
import hashlib
import io
import json
import posixpath
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.images import dockerfile
from rehearsal.images.dockerfile import Copy, DockerfileError, Recipe

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Blob:
    """Bytes under their own name."""

    media_type: str
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """`sha256:` and the hash of the content."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def descriptor(self) -> dict[str, Any]:
        """How a manifest refers to it (image-spec, descriptor.md)."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True)
class Image:
    """What goes into a registry for one image, or for one name with an image per architecture."""

    manifest: Blob
    blobs: tuple[Blob, ...] = ()
    """Config and layers."""
    variants: tuple["Image", ...] = ()
    """The images that an index refers to."""
    not_done: tuple[str, ...] = ()
    """Dockerfile instructions that only a real build would execute, as written."""
    files: frozenset[str] = frozenset()
    """Absolute paths of the files in it."""

    @property
    def digest(self) -> str:
        """The image's digest: the hash of its manifest, as ECR and Docker count it."""
        return self.manifest.digest


def pack(
    folder: Path,
    *,
    overlays: Sequence[Path] = (),
    architecture: str = "amd64",
    labels: Mapping[str, str] | None = None,
) -> Image:
    """Pack the folder by its Dockerfile.

    `overlays` are folders whose files are put over the folder's, the last one winning. `architecture` is what
    the image says of itself, `amd64` or `arm64`; `labels` are added to the Dockerfile's. Raises DockerfileError.
    """
    files = _build_folder((folder, *overlays))
    if "Dockerfile" not in files:
        raise DockerfileError(folder.name, "the folder has no Dockerfile to pack it by", "add one")
    recipe = dockerfile.read(files["Dockerfile"].read_bytes(), architecture)
    if labels:
        recipe.config["Labels"] = recipe.config.get("Labels", {}) | dict(labels)
    placed, absent = _placed(recipe, _without_ignored(files))
    layer_tar = _tar(placed, recipe.config.get("WorkingDir", "/"))
    layer = Blob(LAYER, gzip.compress(layer_tar, mtime=0))
    config = Blob(
        CONFIG,
        _json(
            {
                "architecture": architecture,
                "os": "linux",
                "config": recipe.config,
                "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer_tar).hexdigest()}"]},
            }
        ),
    )
    manifest = Blob(
        MANIFEST,
        _json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": config.descriptor(),
                "layers": [layer.descriptor()],
            }
        ),
    )
    return Image(manifest, (config, layer), not_done=(*recipe.not_done, *absent), files=frozenset(placed))


def index(images: Mapping[str, Image]) -> Image:
    """One name for an image per architecture (image-spec, image-index.md)."""
    manifests = [
        {**image.manifest.descriptor(), "platform": {"architecture": architecture, "os": "linux"}}
        for architecture, image in images.items()
    ]
    content = _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    return Image(Blob(INDEX, content), variants=tuple(images.values()))


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _build_folder(folders: Sequence[Path]) -> dict[str, Path]:
    """Every file by its name relative to its folder."""
    files: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise DockerfileError(
                str(folder), "there is no such folder", "name the one that holds the application"
            )
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or path.is_file():
                files[path.relative_to(folder).as_posix()] = path
    return files


def _without_ignored(files: Mapping[str, Path]) -> dict[str, Path]:
    if ".dockerignore" not in files:
        return dict(files)
    patterns = [line.strip() for line in files[".dockerignore"].read_text(encoding="utf-8").splitlines()]
    rules = [pattern for pattern in patterns if pattern and not pattern.startswith("#")]
    return {name: path for name, path in files.items() if not _ignored(name, rules)}


def _ignored(name: str, rules: Sequence[str]) -> bool:
    """Whether .dockerignore leaves a file out: the last matching rule decides, `!` lets it in again."""
    parts = name.split("/")
    branches = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    verdict = False
    for rule in rules:
        pattern = rule.removeprefix("!").strip("/")
        loose = pattern.removeprefix("**/")
        if any(
            _matches(branch, pattern) or (loose != pattern and _matches(branch, loose)) for branch in branches
        ):
            verdict = not rule.startswith("!")
    return verdict


def _matches(name: str, pattern: str) -> bool:
    """Whether a path matches a pattern part by part: a `*` doesn't cross a slash."""
    if "**" in pattern:
        return fnmatch.fnmatchcase(name, pattern)
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _placed(recipe: Recipe, shipped: Mapping[str, Path]) -> tuple[dict[str, Path], list[str]]:
    """Every file by its path in the image; and the copies of what earlier stages would have made, and did not here."""
    of_stages = [_placed(stage, shipped)[0] for stage in recipe.stages]
    placed: dict[str, Path] = {}
    absent: list[str] = []
    for copy in recipe.copies:
        if copy.stage is None:
            placed.update(_laid(copy, shipped))
            continue
        there = {name.lstrip("/"): path for name, path in of_stages[copy.stage].items()}
        try:
            placed.update(_laid(copy, there))
        except DockerfileError:
            absent.append(copy.written)
    return placed, absent


def _laid(copy: Copy, files: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """Where each copied file goes: of a folder its content, a file under its own name."""
    for source in copy.sources:
        pattern = posixpath.normpath(source.lstrip("/") or ".")
        if pattern.startswith(".."):
            raise DockerfileError(
                f"Dockerfile line {copy.line}, {source}", "it lies outside the build folder", "move it inside"
            )
        chosen = list(_chosen(pattern, copy.destination, files))
        if not chosen:
            raise DockerfileError(
                f"Dockerfile line {copy.line}, {source}",
                "no file has such a name",
                "add it or correct the name",
            )
        yield from chosen


def _chosen(pattern: str, destination: str, files: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    depth = 0 if pattern == "." else len(pattern.split("/"))
    for name, path in files.items():
        parts = name.split("/")
        if not _matches("/".join(parts[:depth]), "" if pattern == "." else pattern):
            continue
        inside = "/".join(parts[depth:])
        if inside:  # a file of a matching folder
            yield posixpath.join(destination, inside), path
        else:
            yield (posixpath.join(destination, parts[-1]) if destination.endswith("/") else destination), path


def _tar(files: Mapping[str, Path], working_directory: str) -> bytes:
    """A layer whose bytes depend on names, contents and executable bits only."""
    folders = {working_directory, *(parent for name in files for parent in _parents(name))} - {"/"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted({*files, *folders, *_parents(working_directory)} - {"/"}):
            entry = tarfile.TarInfo(name.lstrip("/"))
            if name not in files:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            elif files[name].is_symlink():
                entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, str(files[name].readlink()), 0o777
                archive.addfile(entry)
            else:
                content = files[name].read_bytes()
                entry.size = len(content)
                entry.mode = 0o755 if files[name].stat().st_mode & 0o100 else 0o644
                archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _parents(name: str) -> Iterator[str]:
    while name not in ("/", ""):
        name = posixpath.dirname(name)
        yield name
