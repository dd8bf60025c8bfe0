"""Builds the wheel that a Pulumi program of one's own installs: our folders below the one name `image_delivery`.

At home the folders stand side by side, as Pulumi runs them, and import each other by their own names. Such names would collide
with a program's own modules, so the wheel has every import of them below `image_delivery` (docs/decisions/0046). A build backend
in the tree (PEP 517, "In-tree build backends") that needs nothing but the standard library, so a build asks no registry.
"""

import ast
import hashlib
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "image_delivery"
FOLDERS = ("components", "documents", "release", "settings")
"""What is imported from elsewhere in the project, and moves below the package."""

DATA = ("buildspecs/*.yml", "settings/*.json")
"""Files that the folders read, which keep their places beside them."""

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""A time that a zip can say: the same source makes the same wheel."""


class UnsupportedOperation(Exception):
    """What a backend raises for what it does not build, by this very name (PEP 517, build_sdist)."""


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,  # noqa: ARG001  (PEP 517)
    metadata_directory: str | None = None,  # noqa: ARG001  (PEP 517)
) -> str:
    """Write the wheel into a folder; its file's name. SyntaxError for an import that cannot be moved."""
    project = _project()
    name = f"{project['name']}-{project['version']}"
    wheel = f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as archive:
        record: list[str] = []
        for path, content in (*_contents(), *_about(name, project)):
            archive.writestr(zipfile.ZipInfo(path, _LONG_AGO), content, zipfile.ZIP_DEFLATED)
            digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(content)}\n")
        record.append(f"{name}.dist-info/RECORD,,\n")
        archive.writestr(zipfile.ZipInfo(f"{name}.dist-info/RECORD", _LONG_AGO), "".join(record))
    return wheel


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:  # noqa: ARG001  (PEP 517)
    """Refuse: the source is the git repository."""
    raise UnsupportedOperation("there is no source distribution: build the wheel, from a checkout")


def moved(text: str) -> str:
    """A module's source with its imports of our folders below the package; everything else as it stands, line by line."""
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import) and any(_ours(one.name) for one in node.names):
            raise SyntaxError(
                f"line {node.lineno}: an import that binds a folder's name; write from … import …"
            )
        if isinstance(node, ast.ImportFrom) and not node.level and _ours(node.module or ""):
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = line.replace(f"from {node.module}", f"from {PACKAGE}.{node.module}", 1)
    return "\n".join(lines)


def _ours(module: str) -> bool:
    return module.partition(".")[0] in FOLDERS


def _contents() -> Iterator[tuple[str, bytes]]:
    """Every file of the package, by its path in the wheel."""
    modules = (file for folder in (PACKAGE, *FOLDERS) for file in sorted((ROOT / folder).rglob("*.py")))
    for file in modules:
        place = file.relative_to(ROOT / PACKAGE if file.is_relative_to(ROOT / PACKAGE) else ROOT)
        yield f"{PACKAGE}/{place.as_posix()}", moved(file.read_text(encoding="utf-8")).encode()
    for file in (file for pattern in DATA for file in sorted(ROOT.glob(pattern))):
        yield f"{PACKAGE}/{file.relative_to(ROOT).as_posix()}", file.read_bytes()
    yield f"{PACKAGE}/py.typed", b""


def _about(name: str, project: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What installers read (Python Packaging User Guide, "Core metadata specifications" and "Binary distribution format")."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        f"License-Expression: {project['license']}",
        *(f"License-File: {file}" for file in project["license-files"]),
        *(f"Requires-Dist: {one}" for one in project["dependencies"]),
    ]
    yield f"{name}.dist-info/METADATA", "\n".join([*lines, ""]).encode()
    yield (
        f"{name}.dist-info/WHEEL",
        b"Wheel-Version: 1.0\nGenerator: delivery\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    )
    for file in project["license-files"]:
        yield f"{name}.dist-info/licenses/{file}", (ROOT / file).read_bytes()


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
