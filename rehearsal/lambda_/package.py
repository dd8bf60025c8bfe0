"""A function's deployment package: the archive as the engine sends it, and the zip that Lambda is given.

Pulumi's SDKs send assets and archives as objects with a signature (Pulumi developer documentation, "assets and archives");
a relative path counts from the project. AWS document: lambda/latest/dg/gettingstarted-limits.md (sizes).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from rehearsal.world.zips import unzipped, zipped

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of the engine's marks."""
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

LARGEST_ZIP = 50 * 1024 * 1024
"""Bytes of a zip that is sent with the call."""
LARGEST_UNZIPPED = 250 * 1024 * 1024


class PackageRefused(ValueError):
    """Lambda would not take this package, or the rehearsal does not play where it comes from."""


def packed(archive: Any, base: Path) -> bytes:
    """The zip of an archive; paths in it count from `base`. The same bytes for the same files; PackageRefused."""
    files = dict(_files(archive, base))
    if not files:
        raise PackageRefused("code: the archive holds no file")
    for name in files:
        if ".." in PurePosixPath(name).parts or name.startswith("/"):
            raise PackageRefused(f"code: {name!r} lies outside the package")
    unzipped_size = sum(map(len, files.values()))
    if unzipped_size > LARGEST_UNZIPPED:
        raise PackageRefused(
            f"code: Unzipped size must be smaller than {LARGEST_UNZIPPED} bytes, and is {unzipped_size}"
        )
    made = zipped(files)
    if len(made) > LARGEST_ZIP:
        raise PackageRefused(f"code: the zip has {len(made)} bytes; a call takes {LARGEST_ZIP} at most")
    return made


def _files(archive: Any, base: Path) -> Iterator[tuple[str, bytes]]:
    if not isinstance(archive, Mapping) or archive.get(SIGNATURE) != ARCHIVE:
        raise PackageRefused("code: is a Pulumi archive (AssetArchive or FileArchive)")
    given: Mapping[str, Any] = archive
    if "assets" in given:
        for name, inner in given["assets"].items():
            yield from _named(str(name), inner, base)
    elif "path" in given:
        yield from _below(base / str(given["path"]))
    else:
        raise PackageRefused(
            f"code: {given.get('uri', 'an archive without content')} is not here; use files of the project"
        )


def _named(name: str, given: Any, base: Path) -> Iterator[tuple[str, bytes]]:
    if isinstance(given, Mapping) and given.get(SIGNATURE) == ASSET:
        yield name, _content(name, given, base)  # pyright: ignore[reportUnknownArgumentType]
        return
    for inner, data in _files(given, base):
        yield f"{name.rstrip('/')}/{inner}", data


def _content(name: str, asset: Mapping[str, Any], base: Path) -> bytes:
    if "text" in asset:
        return str(asset["text"]).encode()
    if "path" not in asset:
        raise PackageRefused(
            f"code: {name} is at {asset.get('uri')}, which is not here; use files of the project"
        )
    path = base / str(asset["path"])
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackageRefused(f"code: {name} cannot be read: {error}") from error


def _below(path: Path) -> Iterator[tuple[str, bytes]]:
    """Files of a folder or a zip."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.read_bytes()
        return
    if path.suffix not in (".zip", ".jar"):
        raise PackageRefused(
            f"code: {path} is neither a folder nor a zip, and the rehearsal unpacks no other"
        )
    try:
        yield from unzipped(path.read_bytes()).items()
    except (OSError, ValueError, EOFError) as error:
        raise PackageRefused(f"code: {path} cannot be read: {error}") from error
    except Exception as error:  # zipfile.BadZipFile is an Exception of its own
        raise PackageRefused(f"code: {path} is no zip: {error}") from error
