"""Whether an application's commands can run at level `process`, where its base image and RUN steps are not there."""

import posixpath
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.errors import ApplicationError
from rehearsal.images.image import Image
from rehearsal.levels.process.unpacked import INTERPRETERS, MACHINE_PATH, MODULES_LABEL, TOOLS_LABEL
from settings import Settings

TOOLS = (".venv/bin", "venv/bin", "node_modules/.bin")
"""Folders of an application's own that hold programs which RUN steps would have installed."""
MODULES = "node_modules"
"""Folder of an application's own that holds packages for Node.js which RUN steps would have installed."""
_REMEDY = "rehearse it at level container, which builds the Dockerfile, or put the program on this machine"


def tools_of(folder: Path) -> list[str]:
    """The folders with programs that stand in for what RUN steps would have installed."""
    return [str(folder / name) for name in TOOLS if (folder / name).is_dir()]


def labels_of(folder: Path) -> dict[str, str] | None:
    """What an image packed from this folder says of them, so that its processes find them; None when there are none."""
    tools, modules = tools_of(folder), folder / MODULES
    labels = {
        **({TOOLS_LABEL: ":".join(tools)} if tools else {}),
        **({MODULES_LABEL: str(modules)} if modules.is_dir() else {}),
    }
    return labels or None


def look_at(
    name: str, folder: Path, image: Image, config: Mapping[str, Any], settings: Settings
) -> list[str]:
    """What will not be as in the image, one sentence each; ApplicationError for a program that is nowhere.

    `image` is the packed folder, `config` its image configuration (image-spec, config.md).
    """
    path = ":".join([*tools_of(folder), MACHINE_PATH])
    for setting, words in _commands(config, settings):
        if not words:
            raise ApplicationError(
                f"{setting} of {name}",
                "neither the settings nor the Dockerfile (CMD, ENTRYPOINT) say what to run",
                "add one of them",
            )
        if not _is_there(words[0], image.files, str(config.get("WorkingDir") or "/"), path):
            not_done = "; ".join(image.not_done)
            raise ApplicationError(
                f"{setting} of {name} starts {words[0]!r}",
                f"level process does not do {not_done}, and neither the folder nor this machine has {words[0]}",
                _REMEDY,
            )
    notes: list[str] = []
    if image.not_done:
        done = "; ".join(image.not_done)
        notes.append(f"{name}: not done at level process: {done}; programs of this machine stand in")
    return notes


def swallowed(name: str, entry_point: Sequence[str], settings: Settings) -> list[str]:
    """The note that an image's ENTRYPOINT gets the migration's command as its arguments, when nothing replaces it."""
    if not entry_point or settings.migration.entry_point:
        return []
    words = " ".join([*entry_point, *settings.migration.command])
    runs = f"its ENTRYPOINT gets migration.command as its arguments, so the migration runs {words!r}"
    return [f"{name}: {runs}; if it does not pass them on, set migration.entryPoint"]


def _commands(config: Mapping[str, Any], settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """What each setting makes the image run, as `docker run` puts it together."""
    entry, command = list(config.get("Entrypoint") or ()), list(config.get("Cmd") or ())
    migration = settings.migration
    yield "migration.command", [*(migration.entry_point or entry), *migration.command]
    for name, service in settings.services.items():
        own = service.entry_point
        yield f"services.{name}", [*(own or entry), *(service.command or ([] if own else command))]


def _is_there(program: str, files: frozenset[str], folder: str, path: str) -> bool:
    """Whether a program is among the image's files, or one of this machine's stands in for it."""
    if "/" in program:
        inside = posixpath.normpath(posixpath.join(folder, program))
        stands_in = posixpath.basename(program) in INTERPRETERS
        return inside in files or (program.startswith("/") and (stands_in or Path(program).is_file()))
    return program in INTERPRETERS or shutil.which(program, path=path) is not None
