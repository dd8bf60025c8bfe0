"""The folder Docker builds from: an application's own, with what changes in a version laid over it."""

import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def laid_over(folder: Path, overlays: Sequence[Path], scratch: Path) -> Generator[Path]:
    """The folder itself, or a copy below `scratch` with the overlays' files, the last one winning."""
    if not overlays:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="context-", dir=scratch) as merged:
        for layer in (folder, *overlays):
            shutil.copytree(layer, merged, symlinks=True, dirs_exist_ok=True)
        yield Path(merged)
