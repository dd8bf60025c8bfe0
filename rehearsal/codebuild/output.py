"""Which files go into a build's output artifact.

AWS document: codebuild/latest/userguide/build-spec-ref.md ("artifacts/files", "base-directory",
"discard-paths", "exclude-paths"). The two refusals are the texts CodeBuild's logs show.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from rehearsal.codebuild.buildspec import Output


class NothingToUpload(Exception):
    """No file, or no folder, is where the buildspec says."""


def collect(output: Output, source: Path) -> dict[str, bytes]:
    """The files to zip, by the name they get in the zip; NothingToUpload when there are none."""
    files: dict[str, bytes] = {}
    for base in _bases(output, source):
        for path, name in _under(base):
            wanted = any(_matches(pattern, name) for pattern in output.files)
            if wanted and not any(_matches(pattern, name) for pattern in output.exclude_paths):
                files[path.name if output.discard_paths else name] = path.read_bytes()
    for pattern in output.files:  # a file outside the base directory may be named in full
        if pattern.startswith("/") and Path(pattern).is_file():
            files[Path(pattern).name if output.discard_paths else pattern.lstrip("/")] = Path(
                pattern
            ).read_bytes()
    if not files:
        raise NothingToUpload("no matching artifact paths found")
    return files


def _bases(output: Output, source: Path) -> list[Path]:
    """The base directories; a pattern may name several top-level ones."""
    declared = output.base_directory
    if declared is None:
        return [source]
    if Path(declared).is_absolute() or "*" not in declared:
        found = [source / declared]
    else:
        found = [folder for folder in sorted(source.iterdir()) if _matches(declared, folder.name)]
    found = [folder for folder in found if folder.is_dir()]
    if not found:
        raise NothingToUpload(f"no matching base directory path found for {declared}")
    return found


def _under(base: Path) -> Iterable[tuple[Path, str]]:
    for folder, _, names in os.walk(base):
        for name in sorted(names):
            path = Path(folder, name)
            yield path, path.relative_to(base).as_posix()


def _matches(pattern: str, name: str) -> bool:
    """`*` stays within a folder, `**` crosses folders."""
    words = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./"))
    shapes = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(shapes.get(word, re.escape(word)) for word in words), name) is not None
