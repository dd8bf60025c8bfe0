"""The SDK that Lambda's Python runtimes bring: boto3 and what it needs, and nothing else of this project's libraries.

AWS document: lambda/latest/dg/python-package.md, "Runtime dependencies in Python".
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

_NAME = re.compile(r"[\w.-]+")


def linked(folder: Path) -> Path:
    """A folder from which boto3 can be imported, made once; only its packages are in it."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        for one in _with_needs("boto3", set()):
            for top in {file.parts[0] for file in one.files or () if file.parts[0] != ".."}:
                (folder / top).symlink_to(Path(str(one.locate_file(top))))
    return folder


def _with_needs(name: str, seen: set[str]) -> Iterator[Distribution]:
    if name in seen:
        return
    seen.add(name)
    found = distribution(name)
    yield found
    for need in found.requires or ():
        named = _NAME.match(need)
        if named and "extra ==" not in need:
            yield from _with_needs(named[0], seen)
