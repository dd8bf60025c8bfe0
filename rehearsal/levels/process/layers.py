"""Unpacks image layers, trusting none of their names and links.

Standard library only (see `store.py`). Python's own `data` filter for archives does the same, but the Python 3.11.2 of
Debian 12 doesn't have it yet.
"""

import tarfile
from io import BytesIO
from pathlib import Path, PurePosixPath

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"


class LayerError(Exception):
    """A layer that would reach outside the image, or holds what no plain folder can."""


def unpack(layer: bytes, target: Path) -> None:
    """Write a layer's files below `target`, over what lower layers put there (image-spec, layer.md).

    Raises LayerError.
    """
    root = target.resolve()
    try:
        with tarfile.open(fileobj=BytesIO(layer), mode="r:*") as archive:
            for entry in archive:
                _put(archive, entry, root)
    except tarfile.TarError as error:
        raise LayerError(f"it is no tar archive: {error}") from error


def _put(archive: tarfile.TarFile, entry: tarfile.TarInfo, root: Path) -> None:
    target = _inside(root, entry.name)
    if target == root:
        return
    if target.name.startswith(_WHITEOUT):
        _white_out(target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.isdir():
        if target.is_symlink() or not target.is_dir():
            _remove(target)
            target.mkdir()
        return
    _remove(target)  # never written through: it may be a link by now
    if entry.issym():
        _link(entry, target, root)
    elif entry.islnk():
        target.hardlink_to(_inside(root, entry.linkname))
    elif entry.isfile():
        content = archive.extractfile(entry)
        target.write_bytes(content.read() if content else b"")
        target.chmod(entry.mode & 0o755 | 0o600)
    else:
        raise LayerError(f"{entry.name!r} is a device or a pipe")


def _inside(root: Path, name: str) -> Path:
    """Where an entry lies once the links on the way to it are followed; its last part is not followed."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".")]
    target = root.joinpath(*parts[:-1]).resolve().joinpath(*parts[-1:])
    if ".." in parts or not target.is_relative_to(root):
        raise LayerError(f"{name!r} would lie outside the image")
    return target


def _link(entry: tarfile.TarInfo, target: Path, root: Path) -> None:
    """Make a symbolic link; one that an absolute path is in would lead into the machine's own folders."""
    if PurePosixPath(entry.linkname).is_absolute() or not (
        target.parent / entry.linkname
    ).resolve().is_relative_to(root):
        raise LayerError(f"{entry.name!r} would lead outside the image, to {entry.linkname!r}")
    target.symlink_to(entry.linkname)


def _white_out(target: Path) -> None:
    if target.name != _OPAQUE:
        _remove(target.with_name(target.name.removeprefix(_WHITEOUT)))
    elif target.parent.is_dir():
        for path in target.parent.iterdir():
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        import shutil  # noqa: PLC0415 (rarely needed, and the docker shim starts often)

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
