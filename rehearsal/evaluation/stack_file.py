"""Reads a stack's YAML file: whatever is in it, it is a configuration or one sentence says what is wrong.

Pulumi's own form is `config:`, a map of `namespace:key` (Pulumi documentation, "Stack settings file reference"). What a
namespace's owner makes of its values is the owner's to judge; ours are judged by `settings`. A key without a namespace is
the project's own, as the CLI reads it (pulumi/pulumi, sdk/go/common/workspace/loaders.go).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from rehearsal.errors import StackError
from settings import NAMESPACE

REGION = "aws:region"

BESIDE = frozenset({"environment", "secretsprovider", "encryptedkey", "encryptionsalt"})
"""What else a stack's file may say (Pulumi documentation, "Stack settings file reference")."""


class _Once(yaml.SafeLoader):
    """Reads YAML as SafeLoader does, but a key stands once in a map, as the Pulumi CLI wants it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001  (as inherited)
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    where = f"in line {seen[key.value]} and line {line}"
                    raise yaml.constructor.ConstructorError(
                        None, None, f"it has the key {key.value} twice, {where}"
                    )
                seen[key.value] = line
        return super().construct_mapping(node, deep)


def read(path: Path, project: str = NAMESPACE) -> dict[str, Any]:
    """The configuration of one stack's file, keyed with namespaces; StackError in one sentence.

    `project` is the name in Pulumi.yaml, whose keys need no namespace.
    """
    found = document(path, "a stack's file is a map with the key config")
    config = found.get("config")
    if config is None:
        _refuse_elsewhere(path, found)
        return {}
    if not isinstance(config, dict):
        raise _wrong(path, f"has {_called(config)} as config", "config is a map of namespace:key to a value")
    checked = _namespaced(path, _checked(path, cast("dict[Any, Any]", config)), project)
    for encrypted in _encrypted(checked):
        raise _wrong(
            path,
            f"has {encrypted} encrypted, and only the stack's own key opens it",
            "write it in plain text: a setting names a secret by its reference, and holds none",
        )
    return checked


def document(path: Path, rule: str) -> dict[Any, Any]:
    """The map in one of Pulumi's YAML files; StackError in one sentence, with `rule` where something else is in it."""
    found = _parsed(path, _text(path))
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _wrong(path, f"holds {_called(found)}", rule)
    return cast("dict[Any, Any]", found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = error.object[error.start]
        raise StackError(
            path.name, f"byte {error.start} is {found:#04x}, which is not UTF-8", "save it as UTF-8"
        ) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise StackError(str(path), f"it cannot be read: {why}", "make it a file that you may read") from None


def _parsed(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Once)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        raise _wrong(path, f"is not YAML: {' '.join(str(error).split())}", "correct it there") from None
    except RecursionError:
        raise _wrong(path, "is nested too deeply", "a setting is a few levels deep") from None
    except (ValueError, OverflowError, TypeError) as error:
        raise _wrong(
            path,
            f"has a date or number that cannot be: {error}",
            'quote what is meant as text, such as "2026-02-30"',
        ) from None


def _checked(path: Path, config: dict[Any, Any]) -> dict[str, Any]:
    for key in config:
        if not isinstance(key, str):
            raise _wrong(
                path,
                f"has {_called(key)} for a configuration key, {as_text(key) if key is None or isinstance(key, bool) else key}",
                "write it as namespace:key, such as aws:region, in quotes where YAML would read something else",
            )
    region: Any = config.get(REGION)
    if region is not None and not isinstance(region, str):
        raise _wrong(path, f"has {_called(region)} as {REGION}", "it is a text, such as us-east-1")
    for key, value in config.items():
        _finite(path, key, value)
    return cast("dict[str, Any]", config)


def _refuse_elsewhere(path: Path, found: dict[Any, Any]) -> None:
    """Refuse a file whose configuration stands somewhere else than under `config`."""
    if "environment" in found:
        raise _wrong(
            path,
            "has no config, and an environment of Pulumi ESC, which a rehearsal does not open",
            "write what it holds under config",
        )
    others = [str(key) for key in found if key not in {*BESIDE, "config"}]
    if others:
        raise _wrong(
            path,
            f"has no config, but {', '.join(others)}",
            "write the stack's configuration under the key config, as namespace:key",
        )


def _namespaced(path: Path, config: dict[str, Any], project: str) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for key, value in config.items():
        whole = key if ":" in key else f"{project}:{key}"
        if whole in named:
            raise _wrong(path, f"has {whole} twice, once without its namespace", "leave one of them out")
        named[whole] = value
    return named


def _encrypted(value: Any, at: str = "") -> Iterator[str]:
    """Where a setting of ours is what `pulumi config set --secret` writes: a map with the one key `secure`."""
    if not isinstance(value, dict | list):
        return
    if isinstance(value, dict) and value.keys() == {"secure"} and at:
        yield at
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in cast("Any", inner):
        if at or str(key).startswith(f"{NAMESPACE}:"):
            yield from _encrypted(one, f"{at}.{key}" if at else str(key))


def _finite(path: Path, key: str, value: Any) -> None:
    """Refuse an alias that holds itself: nobody could write its value down."""
    try:
        as_text(value)
    except (ValueError, RecursionError):
        raise _wrong(
            path, f"has a value under {key} that holds itself or is nested too deeply", "write it out"
        ) from None


def as_text(value: Any) -> str:
    """A configuration value as Pulumi hands it to a program: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(_with_text_keys(value), default=str)


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _with_text_keys(inner) for key, inner in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple | set):
        return [_with_text_keys(inner) for inner in cast("list[Any]", value)]
    return value


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key, default=str)


def _called(value: Any) -> str:
    kinds = {
        list: "a list",
        dict: "a map",
        str: "a text",
        bool: "true or false",
        type(None): "nothing",
        int: "a number",
        float: "a number",
    }
    return kinds.get(type(value), "a date")


def _wrong(path: Path, seen: str, remedy: str) -> StackError:
    return StackError(path.name, seen, remedy)
