"""An image's files in an ordinary folder, and how its command runs there as a plain process.

A process of this machine has no root folder of its own. So absolute paths that exist in the image are
rewritten to where its files lie, and `python` is the rehearsal's own interpreter, in place of the one that
the base image, which is not there, would bring. Standard library only (see `store.py`).
"""

import os
import posixpath
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TOOLS_LABEL = "delivery.rehearsal.tools"
"""Label of an image that was packed here: folders with programs that stand in for what its RUN steps would have installed."""
MODULES_LABEL = "delivery.rehearsal.modules"
"""Label of such an image: the folder of packages for Node.js that its RUN steps would have installed."""
MACHINE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
INTERPRETERS = ("python", "python3")


class Launch:
    """What to execute: words, environment and folder."""

    def __init__(self, words: list[str], environment: dict[str, str], folder: Path) -> None:
        """Put the three together; nothing is started."""
        self.words = words
        self.environment = environment
        self.folder = folder


class Unpacked:
    """An image's files below `space/root`, with `space` for what its process may need besides."""

    def __init__(self, config: Mapping[str, Any], space: Path) -> None:
        """Prepare the folders around the unpacked files of an image with this configuration."""
        self.root = space / "root"
        self._space = space
        self._config: Mapping[str, Any] = config.get("config") or {}
        for folder in ("root", "home", "tmp", "bin"):
            (space / folder).mkdir(parents=True, exist_ok=True)
        _link_interpreter(space)
        modules = (self._config.get("Labels") or {}).get(MODULES_LABEL)
        if modules:
            # Above the image's files: a script looks for packages in every folder above its own, so those of the image go first
            # (Node.js API documentation, Modules: loading from node_modules folders).
            _link(space / "node_modules", Path(modules))

    def launch(
        self,
        environment: Mapping[str, str],
        *,
        entry_point: Sequence[str] = (),
        command: Sequence[str] = (),
        working_directory: str | None = None,
    ) -> Launch:
        """How to run the image's command, or the given one.

        As for `docker run`: another entry point drops the image's command, another command only replaces it.
        Raises ValueError when there is nothing to run.
        """
        image_entry = list(self._config.get("Entrypoint") or ())
        image_command = [] if entry_point else list(self._config.get("Cmd") or ())
        words = [*(entry_point or image_entry), *(command or image_command)]
        if not words:
            raise ValueError("no command specified")
        return Launch(
            [self._program(words[0]), *(self._mapped(word) for word in words[1:])],
            self._environment(environment),
            self._folder(working_directory or str(self._config.get("WorkingDir") or "/")),
        )

    def _program(self, word: str) -> str:
        mapped = self._mapped(word)
        if mapped == word and word.startswith("/") and posixpath.basename(word) in INTERPRETERS:
            return posixpath.basename(word)  # /usr/local/bin/python of a base image that is not there
        return mapped

    def _mapped(self, word: str) -> str:
        """The word, or where the file it names lies; `/` alone stays, it is too often a URL's path."""
        if not word.startswith("/") or not word.strip("/"):
            return word
        inside = self._inside(word)
        return str(inside) if os.path.lexists(inside) else word

    def _folder(self, working_directory: str) -> Path:
        folder = self._inside(working_directory)
        folder.mkdir(parents=True, exist_ok=True)  # as Docker does for a working directory that no layer has
        return folder

    def _inside(self, path: str) -> Path:
        return self.root / posixpath.normpath(f"/{path}").lstrip("/")

    def _environment(self, given: Mapping[str, str]) -> dict[str, str]:
        image = dict(entry.split("=", 1) for entry in self._config.get("Env") or () if "=" in entry)
        merged = {name: ":".join(map(self._mapped, value.split(":"))) for name, value in image.items()}
        merged |= given
        merged.pop(
            "PYTHONHOME", None
        )  # it names the home of the image's interpreter, and ours runs in its place
        own = [part for part in merged.get("PATH", "").split(":") if part.startswith(str(self.root))]
        tools = str((self._config.get("Labels") or {}).get(TOOLS_LABEL, ""))
        defaults = {"LANG": "C.UTF-8", "HOME": str(self._space / "home"), "TMPDIR": str(self._space / "tmp")}
        return {
            **defaults,
            **merged,
            "PATH": ":".join([*own, *filter(None, [tools]), str(self._space / "bin"), MACHINE_PATH]),
        }


def _link_interpreter(space: Path) -> None:
    """Put our interpreter below `space`, as a virtual environment that shares our packages.

    No script starts it: a shell would lose the variables whose names are none of its own, such as `a.b`, and change some.
    """
    own = Path(sys.executable).parent.parent
    for name in INTERPRETERS:
        _link(space / "bin" / name, Path(sys.executable))
    if (own / "pyvenv.cfg").exists():
        (space / "pyvenv.cfg").write_bytes((own / "pyvenv.cfg").read_bytes())
        for folder in ("lib", "lib64"):
            if (own / folder).exists():
                _link(space / folder, own / folder)


def _link(path: Path, target: Path) -> None:
    if not path.is_symlink():
        path.symlink_to(target)
