"""What a Dockerfile says about an image, as far as it can be followed without containers.

Files, environment, user, ports and commands are read; what would need the base image or a running container
(FROM, RUN and the like) is not done, and is listed so that reports can say so.
"""

import copy
import io
import json
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import Context, WordSplitter

from rehearsal.errors import ApplicationError

_SHELL = ("/bin/sh", "-c")
_DOCUMENT = re.compile(r"<<-?[\"']?([A-Za-z_][A-Za-z0-9_]*)")


class DockerfileError(ApplicationError):
    """A Dockerfile that can't be followed at level `process`."""


@dataclass(frozen=True)
class Copy:
    """One COPY or ADD: files of the build folder into the image."""

    line: int
    """Line number in the Dockerfile, from 1."""
    sources: tuple[str, ...]
    """Names or patterns relative to the build folder."""
    destination: str
    """Absolute path in the image; a slash at its end means: into this folder."""
    stage: int | None = None
    """Number of the earlier stage whose files are copied, from 0; None for the build folder's."""
    written: str = ""
    """The instruction as written."""


@dataclass(frozen=True)
class Recipe:
    """A followed Dockerfile."""

    copies: tuple[Copy, ...]
    config: dict[str, Any]
    """The `config` object of the OCI image configuration (image-spec, config.md)."""
    not_done: tuple[str, ...]
    """Instructions that only a real build would execute, as written; those of the stages it copies from as well."""
    stages: tuple["Recipe", ...] = ()
    """The stages before it, in order."""


@dataclass
class _Draft:
    """A stage's recipe while its lines are being read."""

    config: dict[str, Any] = field(default_factory=dict[str, Any])
    copies: list[Copy] = field(default_factory=list[Copy])
    not_done: list[str] = field(default_factory=list[str])
    before: list["_Draft"] = field(default_factory=list["_Draft"])
    """The stages before this one."""
    name: str = ""
    used: set[int] = field(default_factory=set[int])
    """Numbers of the stages that files are copied from."""

    def stage(self, named: str) -> int | None:
        """Number of an earlier stage by its name or number; None for anything else, which is an image."""
        for number, one in enumerate(self.before):
            if named.lower() == one.name or named == str(number):
                return number
        return None

    def all_not_done(self) -> list[str]:
        """What was not done here and in the stages that this one needs, in their order."""
        needed = [one for number in sorted(self.used) for one in self.before[number].all_not_done()]
        return list(dict.fromkeys([*needed, *self.not_done]))

    def recipe(self) -> Recipe:
        """The stage as followed."""
        earlier = tuple(one.recipe() for one in self.before)
        return Recipe(tuple(self.copies), self.config, tuple(self.all_not_done()), earlier)

    @property
    def folder(self) -> str:
        return self.config.get("WorkingDir", "/")


@dataclass(frozen=True)
class _Line:
    number: int
    instruction: str
    value: str
    context: Context

    def words(self) -> list[str]:
        """The value's words, variables replaced, in either notation."""
        exec_form = _exec_form(self.value)
        if exec_form is not None:
            return exec_form
        splitter = WordSplitter(self.value, args=self.context.args, envs=self.context.envs)
        return [str(word) for word in splitter.split()]

    def refuse(self, rule: str, remedy: str = "rehearse this image at level container") -> DockerfileError:
        return DockerfileError(
            f"Dockerfile line {self.number}, {self.instruction} {self.value}", rule, remedy
        )


def read(content: bytes) -> Recipe:
    """Follow a Dockerfile's text; raises DockerfileError."""
    file: Any = io.BytesIO(
        _without_documents(content)
    )  # the parser reads bytes, whatever its annotation says
    parser = DockerfileParser(fileobj=file)
    stages: list[_Draft] = []
    for instruction, context in zip(parser.structure, parser.context_structure, strict=True):
        name = str(instruction["instruction"])
        if name == "COMMENT":
            continue
        line = _Line(
            int(instruction["startline"]) + 1, name, " ".join(str(instruction["value"]).split()), context
        )
        if name == "FROM":
            stages.append(_from(stages, line))
        elif stages:
            _STEPS.get(name, _leave)(stages[-1], line)
    if not stages:
        raise DockerfileError(
            "Dockerfile", "it has no FROM line", "start it with a base image, as in FROM python:3.12-slim"
        )
    return stages[-1].recipe()


def _without_documents(content: bytes) -> bytes:
    """The text with the bodies of here-documents as comments: their lines are no instructions."""
    kept: list[str] = []
    ends: list[str] = []
    for text in content.decode("utf-8", "replace").splitlines():
        if ends:
            if text.strip() == ends[0]:
                ends.pop(0)
            kept.append("#")
            continue
        if re.match(r"\s*(?:RUN|COPY|ADD)\b", text, re.IGNORECASE):
            ends = [found[1] for found in _DOCUMENT.finditer(text)]
        kept.append(text)
    return "".join(f"{text}\n" for text in kept).encode()


def _leave(draft: _Draft, line: _Line) -> None:
    draft.not_done.append(f"{line.instruction} {line.value}")


def _from(before: list[_Draft], line: _Line) -> _Draft:
    """Begin a stage, on an image that is not there or on an earlier stage, whose files and configuration it has."""
    words = [word for word in line.value.split() if not word.startswith("--")]
    draft = _Draft(before=list(before))
    if len(words) == len(("base", "AS", "name")):
        draft.name = words[2].lower()
    number = draft.stage(words[0]) if words else None
    if number is None:
        _leave(draft, line)
        return draft
    base = before[number]
    draft.config, draft.copies = copy.deepcopy(base.config), list(base.copies)
    draft.not_done, draft.used = list(base.not_done), set(base.used)
    return draft


def _copy(draft: _Draft, line: _Line) -> None:
    words = line.words()
    options = [word for word in words if word.startswith("--")]
    *sources, destination = [word for word in words if not word.startswith("--")]
    origin = next((option.partition("=")[2] for option in options if option.startswith("--from=")), None)
    stage = None if origin is None else draft.stage(origin)
    if origin is not None and stage is None:  # of another image, which is not there
        _leave(draft, line)
        return
    if stage is not None:
        draft.used.add(stage)
    if not sources or any(word.startswith("<<") for word in sources):
        raise line.refuse(
            "files of the build folder and a destination are wanted; here-documents are not followed"
        )
    if any("://" in word for word in sources):
        raise line.refuse("downloads are not followed", "copy a file of the build folder")
    if line.instruction == "ADD" and any(
        word.endswith((".tar", ".gz", ".tgz", ".bz2", ".xz")) for word in sources
    ):
        raise line.refuse("archives are not unpacked", "copy the files themselves")
    absolute = posixpath.normpath(posixpath.join(draft.folder, destination))
    is_folder = destination.endswith(("/", "/.")) or destination == "." or len(sources) > 1
    draft.copies.append(
        Copy(
            line.number,
            tuple(sources),
            f"{absolute.rstrip('/')}/" if is_folder else absolute,
            stage,
            f"{line.instruction} {line.value}",
        )
    )


def _workdir(draft: _Draft, line: _Line) -> None:
    draft.config["WorkingDir"] = posixpath.normpath(posixpath.join(draft.folder, *line.words()))


def _env(draft: _Draft, line: _Line) -> None:
    envs = cast("dict[str, str]", line.context.envs)
    inherited = dict(entry.split("=", 1) for entry in draft.config.get("Env", ()))
    draft.config["Env"] = [f"{name}={value}" for name, value in {**inherited, **envs}.items()]


def _label(draft: _Draft, line: _Line) -> None:
    draft.config["Labels"] = draft.config.get("Labels", {}) | dict(
        cast("dict[str, str]", line.context.labels)
    )


def _expose(draft: _Draft, line: _Line) -> None:
    ports: dict[str, dict[str, str]] = draft.config.setdefault("ExposedPorts", {})
    for word in line.words():
        ports[word if "/" in word else f"{word}/tcp"] = {}


def _single(key: str) -> Callable[[_Draft, _Line], None]:
    def step(draft: _Draft, line: _Line) -> None:
        draft.config[key] = line.words()[0]

    return step


def _command(key: str) -> Callable[[_Draft, _Line], None]:
    def step(draft: _Draft, line: _Line) -> None:
        draft.config[key] = _exec_form(line.value) or [*_SHELL, line.value]

    return step


def _ignore(draft: _Draft, line: _Line) -> None:
    del draft, line  # the parser itself keeps build arguments


_STEPS: dict[str, Callable[[_Draft, _Line], None]] = {
    "ARG": _ignore,
    "COPY": _copy,
    "ADD": _copy,
    "WORKDIR": _workdir,
    "ENV": _env,
    "LABEL": _label,
    "EXPOSE": _expose,
    "USER": _single("User"),
    "STOPSIGNAL": _single("StopSignal"),
    "CMD": _command("Cmd"),
    "ENTRYPOINT": _command("Entrypoint"),
}


def _exec_form(value: str) -> list[str] | None:
    """The words of a JSON array; None for anything else, which Docker reads as plain words too."""
    if not value.startswith("["):
        return None
    try:
        words: Any = json.loads(value)
    except json.JSONDecodeError:
        return None
    return [str(word) for word in cast("list[Any]", words)] if words and isinstance(words, list) else None
