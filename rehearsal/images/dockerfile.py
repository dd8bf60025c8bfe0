"""What a Dockerfile says about an image, as far as it can be followed without containers.

Files, environment, user, ports and commands are read; what would need the base image or a running container
(FROM, RUN and the like) is not done, and is listed so that reports can say so.
"""

import copy
import io
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockerfile_parse import DockerfileParser

from rehearsal.images.dockerfile_line import DockerfileError, Line, exec_form

_SHELL = ("/bin/sh", "-c")
_DOCUMENT = re.compile(r"<<-?[\"']?([A-Za-z_][A-Za-z0-9_]*)")


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
    given: dict[str, str] = field(default_factory=dict[str, str])
    """Build arguments from before the first stage, which each stage may ask for by name."""
    arguments: dict[str, str] = field(default_factory=dict[str, str])
    shell: tuple[str, ...] = _SHELL

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

    @property
    def environment(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in self.config.get("Env", ()))

    @property
    def variables(self) -> dict[str, str]:
        """What a variable means in this stage so far; an environment's goes before an argument."""
        return {**self.arguments, **self.environment}


def read(content: bytes, architecture: str = "amd64") -> Recipe:
    """Follow a Dockerfile's text for Linux on an architecture; raises DockerfileError."""
    file: Any = io.BytesIO(
        _without_documents(content)
    )  # the parser reads bytes, whatever its annotation says
    stages: list[_Draft] = []
    given = _platform(architecture)
    for instruction in DockerfileParser(fileobj=file).structure:
        name = str(instruction["instruction"])
        if name == "COMMENT":
            continue
        line = Line(int(instruction["startline"]) + 1, name, str(instruction["value"]).strip())
        if name not in _STEPS and name != "FROM":
            raise line.refuse("Docker knows no such instruction", "correct it")
        if not line.value:
            raise line.refuse("something must follow it", "write it out, or take the line away")
        if name == "FROM":
            stages.append(_from(stages, given, line))
        elif stages:
            _STEPS[name](stages[-1], line)
        elif name == "ARG":
            given |= _arguments(line, given, {})
    if not stages:
        raise DockerfileError(
            "Dockerfile", "it has no FROM line", "start it with a base image, as in FROM python:3.12-slim"
        )
    return stages[-1].recipe()


def _platform(architecture: str) -> dict[str, str]:
    """What BuildKit gives every build (Dockerfile reference, "Automatic platform ARGs in the global scope")."""
    return {
        f"{whose}{what}": said
        for whose in ("TARGET", "BUILD")
        for what, said in (
            ("PLATFORM", f"linux/{architecture}"),
            ("OS", "linux"),
            ("ARCH", architecture),
            ("VARIANT", ""),
        )
    }


def _without_documents(content: bytes) -> bytes:
    """The text with the bodies of here-documents as comments: their lines are no instructions."""
    kept: list[str] = []
    ends: list[str] = []
    for text in content.decode("utf-8-sig", "replace").splitlines():
        if ends:
            if text.strip() == ends[0]:
                ends.pop(0)
            kept.append("#")
            continue
        if re.match(r"\s*(?:RUN|COPY|ADD)\b", text, re.IGNORECASE):
            ends = [found[1] for found in _DOCUMENT.finditer(text)]
        kept.append(text)
    return "".join(f"{text}\n" for text in kept).encode()


def _leave(draft: _Draft, line: Line) -> None:
    draft.not_done.append(line.written)


def _from(before: list[_Draft], given: Mapping[str, str], line: Line) -> _Draft:
    """Begin a stage, on an image that is not there or on an earlier stage, whose files and configuration it has."""
    _, rest = line.after_flags("--platform")
    found = rest.words(given)
    draft = _Draft(before=list(before), given=dict(given))
    if len(found) == len(("base", "AS", "name")) and found[1].upper() == "AS":
        draft.name = found[2].lower()
    elif len(found) != 1:
        raise line.refuse(
            "it takes an image, or an image, AS and a name", "write it as FROM python:3.12-slim AS build"
        )
    number = draft.stage(found[0])
    if number is None:
        _leave(draft, line)
        return draft
    base = before[number]
    draft.config, draft.copies = copy.deepcopy(base.config), list(base.copies)
    draft.arguments, draft.shell = dict(base.arguments), base.shell
    draft.not_done, draft.used = list(base.not_done), set(base.used)
    return draft


def _copy(draft: _Draft, line: Line) -> None:
    options, rest = line.after_flags("--from", "--chown", "--chmod", "--link")
    *sources, destination = rest.words(draft.variables) or [""]
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
            line.written,
        )
    )


def _workdir(draft: _Draft, line: Line) -> None:
    folder = " ".join(line.words(draft.variables))
    draft.config["WorkingDir"] = posixpath.normpath(posixpath.join(draft.folder, folder))


def _env(draft: _Draft, line: Line) -> None:
    merged = {**draft.environment, **line.pairs(draft.variables)}
    draft.config["Env"] = [f"{name}={said}" for name, said in merged.items()]


def _label(draft: _Draft, line: Line) -> None:
    draft.config["Labels"] = draft.config.get("Labels", {}) | line.pairs(draft.variables)


def _expose(draft: _Draft, line: Line) -> None:
    ports: dict[str, dict[str, str]] = draft.config.setdefault("ExposedPorts", {})
    for word in " ".join(line.words(draft.variables)).split():
        if not re.fullmatch(r"[0-9]{1,5}(-[0-9]{1,5})?(/(tcp|udp|sctp))?", word, re.IGNORECASE):
            raise line.refuse(f"{word} is no port", "write it as 8080 or 8080/tcp")
        ports[word.lower() if "/" in word else f"{word}/tcp"] = {}


def _single(key: str) -> Callable[[_Draft, Line], None]:
    def step(draft: _Draft, line: Line) -> None:
        found = line.words(draft.variables)
        if len(found) != 1:
            raise line.refuse("it takes one word", "write one")
        draft.config[key] = found[0]

    return step


def _command(key: str) -> Callable[[_Draft, Line], None]:
    def step(draft: _Draft, line: Line) -> None:
        listed = exec_form(line.value)
        draft.config[key] = [*draft.shell, line.value] if listed is None else listed

    return step


def _arguments(line: Line, variables: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Build arguments with their defaults; one without a default has what was given before the first stage."""
    found = (word.partition("=") for word in line.words(variables))
    return {
        name: said if equals else given.get(name, "")
        for name, equals, said in found
        if equals or name in given
    }


def _argument(draft: _Draft, line: Line) -> None:
    draft.arguments |= _arguments(line, draft.variables, draft.given)


def _shell(draft: _Draft, line: Line) -> None:
    listed = exec_form(line.value)
    if not listed:
        raise line.refuse("it takes a list of words", 'write it as SHELL ["/bin/bash", "-c"]')
    draft.shell = tuple(listed)


_STEPS: dict[str, Callable[[_Draft, Line], None]] = {
    "ARG": _argument,
    "SHELL": _shell,
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
    **dict.fromkeys(("RUN", "HEALTHCHECK", "VOLUME", "ONBUILD", "MAINTAINER"), _leave),
}
