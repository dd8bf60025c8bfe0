"""Finds what a program declares of a resource and the rehearsal would not play: refused by name, never passed over in silence.

A rehearsal that takes a property and does nothing with it would be greener than AWS: a second artifact store, a trigger, a
permissions boundary or a sticky listener decides there what happens. `properties.py` says what is taken.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from rehearsal.errors import RehearsalError
from rehearsal.evaluation.properties import EVERYWHERE, PROPERTIES, Properties

_REGION = "@region"


class NotPlayed(RehearsalError):
    """A resource's type is played, and something that is declared of it is not."""


def refuse_what_is_not_played(type_: str, name: str, inputs: Mapping[str, Any], region: str) -> None:
    """NotPlayed names every property of a resource that the rehearsal would pass over."""
    taken = _taken(type_)
    found = [_told(path, value, taken) for path, value in not_played(type_, inputs, region)]
    if found:
        raise NotPlayed(
            f"{type_} ({name}) has {', '.join(found)}",
            "the rehearsal does not play that",
            "rehearse without it, for example in a stack of its own; what is played is in docs/fidelity.md",
        )


def not_played(type_: str, inputs: Mapping[str, Any], region: str) -> list[tuple[str, Any]]:
    """The properties that would be passed over, with their values, each once; `none` for one that has to be said."""
    taken = _taken(type_)
    found: dict[str, Any] = {path: "none" for path in PROPERTIES[type_].said.split() if not inputs.get(path)}
    for path, value in (*_beyond(PROPERTIES[type_], inputs), *_leaves(inputs, taken, "")):
        if not _is_taken(taken, path, value, region):
            found.setdefault(path, value)
    return list(found.items())


def _beyond(properties: Properties, inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What stands after the first element of a list of which one is played."""
    for path in properties.once.split():
        elements = inputs.get(path)
        if isinstance(elements, list) and len(cast("list[Any]", elements)) > 1:
            yield f"{path}[1]", cast("list[Any]", elements)[1]


def _leaves(value: Any, taken: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Everything that is said, down to where the table knows the whole of it; nothing, empty text and lists say nothing."""
    if value is None or value in ("", [], {}):
        return
    if isinstance(value, list):
        for element in cast("list[Any]", value):
            yield from _leaves(element, taken, path)
    elif isinstance(value, dict) and path not in taken:
        for key, inner in cast("dict[str, Any]", value).items():
            if not key.startswith("__"):  # the provider's own notes
                yield from _leaves(inner, taken, f"{path}.{key}" if path else key)
    else:
        yield path, value


def _is_taken(taken: Mapping[str, frozenset[str] | None], path: str, value: Any, region: str) -> bool:
    if path not in taken:
        return False
    values = taken[path]
    return values is None or _text(value) in {region if one == _REGION else one for one in values}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _told(path: str, value: Any, taken: Mapping[str, frozenset[str] | None]) -> str:
    """A property in words, without its value where that might be a secret."""
    if values := taken.get(path):
        return f"{path} {_text(value)} (played: {', '.join(sorted(values))})"
    return f"{path} {_text(value)}" if isinstance(value, bool | int | float) else path


def _taken(type_: str) -> dict[str, frozenset[str] | None]:
    return {**PROPERTIES[type_].taken, **EVERYWHERE.taken}
