"""A buildspec, version 0.2, as typed values. Pure.

AWS document: codebuild/latest/userguide/build-spec-ref.md. A key that the document does not have is refused,
and so is one that the rehearsal does not play, because a build that ignores it would prove nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
"""Phase names that may not be changed, in their order."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = "CODEBUILD_"
_ARTIFACT_KEYS = {"files", "name", "discard-paths", "base-directory", "exclude-paths"}
_NOT_PLAYED: Mapping[str, frozenset[str]] = {
    "": frozenset({"run-as", "proxy", "batch", "reports", "cache"}),
    "env": frozenset({"git-credential-helper"}),
    "phase": frozenset({"run-as", "runtime-versions"}),
    "artifacts": frozenset({"enable-symlinks", "s3-prefix"}),
}


class InvalidBuildspec(ValueError):
    """The document is refused; the text names the path in it."""

    def __init__(self, path: str, rule: str) -> None:
        """Say where and what rule."""
        super().__init__(f"buildspec {path}: {rule}")
        self.path = path


@dataclass(frozen=True)
class EnvironmentVariable:
    """One variable as declared; a reference, not a value, when the type is not PLAINTEXT."""

    name: str
    value: str = field(repr=False)
    type: str = "PLAINTEXT"
    """PLAINTEXT, PARAMETER_STORE or SECRETS_MANAGER."""


@dataclass(frozen=True)
class Phase:
    """One phase's commands."""

    commands: Sequence[str] = ()
    finally_: Sequence[str] = ()
    """Run after the commands, also when one of them failed."""
    on_failure: str | None = None
    """ABORT, CONTINUE, or None for the documented transitions."""


@dataclass(frozen=True)
class Output:
    """One `artifacts` block."""

    files: Sequence[str]
    base_directory: str | None = None
    discard_paths: bool = False
    exclude_paths: Sequence[str] = ()


@dataclass(frozen=True)
class Buildspec:
    """A whole document."""

    phases: Mapping[str, Phase]
    variables: Sequence[EnvironmentVariable] = ()
    exported: Sequence[str] = ()
    shell: str | None = None
    """`bash` or `/bin/sh`; None is CodeBuild's default, sh."""
    output: Output | None = None
    secondary: Mapping[str, Output] = field(default_factory=dict[str, Output])
    """Secondary artifacts by identifier."""


def parse(text: str) -> Buildspec:
    """Read a document; InvalidBuildspec for anything that CodeBuild, or the rehearsal, would not take."""
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidBuildspec("(document)", f"is no YAML: {error}") from error
    top = _mapping(document, "(document)")
    _known(top, "", {"version", "env", "phases", "artifacts"}, "")
    if str(top.get("version")) != "0.2":
        raise InvalidBuildspec(
            "version", f"is {top.get('version')!r}; the rehearsal plays 0.2, write version: 0.2"
        )
    if "phases" not in top:
        raise InvalidBuildspec("phases", "is required")
    env = _mapping(top.get("env") or {}, "env")
    kinds = {"variables", "parameter-store", "secrets-manager"}
    _known(env, "env", kinds | {"shell", "exported-variables"}, "env")
    if env.get("shell") not in (None, "bash", "/bin/sh"):
        raise InvalidBuildspec("env.shell", f"is {env['shell']!r}; Linux builds have bash and /bin/sh")
    phases = _mapping(top["phases"], "phases")
    _known(phases, "phases", set(PHASES))
    output, secondary = _outputs(top.get("artifacts"))
    return Buildspec(
        phases={name: _phase(phases[name], f"phases.{name}") for name in PHASES if name in phases},
        variables=_variables(env),
        exported=_exported(env.get("exported-variables") or []),
        shell=env.get("shell"),
        output=output,
        secondary=secondary,
    )


def merged(
    buildspec: Iterable[EnvironmentVariable],
    project: Iterable[EnvironmentVariable],
    started: Iterable[EnvironmentVariable],
) -> dict[str, EnvironmentVariable]:
    """The variable of each name that counts: that of StartBuild before the project's before the buildspec's.

    A pipeline's action gives its variables with StartBuild ("env/variables").
    """
    return {variable.name: variable for source in (buildspec, project, started) for variable in source}


def _phase(value: Any, path: str) -> Phase:
    phase = _mapping(value, path)
    _known(phase, path, {"commands", "finally", "on-failure"}, "phase")
    on_failure = phase.get("on-failure")
    if on_failure not in (None, "ABORT", "CONTINUE"):
        raise InvalidBuildspec(
            f"{path}.on-failure", f"is {on_failure!r}; the rehearsal plays ABORT and CONTINUE"
        )
    if "commands" not in phase and not path.endswith(".install"):
        raise InvalidBuildspec(f"{path}.commands", "is required")
    commands = _strings(phase.get("commands") or [], f"{path}.commands")
    return Phase(commands, _strings(phase.get("finally") or [], f"{path}.finally"), on_failure)


def _variables(env: Mapping[str, Any]) -> list[EnvironmentVariable]:
    kinds = {
        "variables": "PLAINTEXT",
        "parameter-store": "PARAMETER_STORE",
        "secrets-manager": "SECRETS_MANAGER",
    }
    found: list[EnvironmentVariable] = []
    for key, kind in kinds.items():
        for name, value in _mapping(env.get(key) or {}, f"env.{key}").items():
            path = f"env.{key}.{name}"
            if not _NAME.fullmatch(name):
                raise InvalidBuildspec(path, "is no name of an environment variable")
            if name.startswith(_RESERVED):
                raise InvalidBuildspec(path, f"begins with {_RESERVED}, which CodeBuild keeps for itself")
            found.append(EnvironmentVariable(name, _scalar(value, path), kind))
    return found


def _exported(value: Any) -> list[str]:
    names = _strings(value, "env.exported-variables")
    for name in names:
        if name.startswith("AWS_"):
            raise InvalidBuildspec(
                f"env.exported-variables: {name}", "names beginning with AWS_ can't be exported"
            )
    return names


def _outputs(value: Any) -> tuple[Output | None, dict[str, Output]]:
    if value is None:
        return None, {}
    block = _mapping(value, "artifacts")
    _known(block, "artifacts", _ARTIFACT_KEYS | {"secondary-artifacts"}, "artifacts")
    secondary = _mapping(block.get("secondary-artifacts") or {}, "artifacts.secondary-artifacts")
    others = {
        name: _output(
            _mapping(each, f"artifacts.secondary-artifacts.{name}"), f"artifacts.secondary-artifacts.{name}"
        )
        for name, each in secondary.items()
    }
    return _output(block, "artifacts", {"secondary-artifacts"}), others


def _output(block: Mapping[str, Any], path: str, more: frozenset[str] | set[str] = frozenset()) -> Output:
    _known(block, path, _ARTIFACT_KEYS | more, "artifacts")
    if "files" not in block:
        raise InvalidBuildspec(f"{path}.files", "is required")
    base = block.get("base-directory")
    return Output(
        files=_strings(block["files"], f"{path}.files"),
        base_directory=None if base is None else _scalar(base, f"{path}.base-directory"),
        discard_paths=_flag(block.get("discard-paths", False), f"{path}.discard-paths"),
        exclude_paths=_strings(block.get("exclude-paths") or [], f"{path}.exclude-paths"),
    )


def _known(block: Mapping[str, Any], path: str, played: set[str], kind: str | None = None) -> None:
    for key in block:
        where = f"{path}.{key}" if path else key
        if kind is not None and key in _NOT_PLAYED[kind]:
            raise InvalidBuildspec(where, "is not played by the rehearsal; leave it out or try it on AWS")
        if key not in played:
            raise InvalidBuildspec(
                where, f"is no key of a buildspec; here it takes {', '.join(sorted(played))}"
            )


def _mapping(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidBuildspec(path, f"is {value!r}, not a mapping")
    return {str(key): each for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _strings(value: Any, path: str) -> list[str]:
    if isinstance(value, str):  # CodeBuild takes a single command in the place of a list
        return [value]
    if not isinstance(value, list):
        raise InvalidBuildspec(path, f"is {value!r}, not a sequence")
    return [_scalar(each, f"{path}[{i}]") for i, each in enumerate(value)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _scalar(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InvalidBuildspec(path, f"is {value!r}, not a text; quote it when a colon made it a mapping")
    return str(value)


def _flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidBuildspec(path, f"is {value!r}; it takes yes or no")
    return value
