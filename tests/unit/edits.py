"""Edits of a stack's settings by dotted path."""

from typing import Any

from tests.unit.harness import Change


def web(raw: dict[str, Any]) -> dict[str, Any]:
    return raw["services"]["web"]


def put(path: str, value: Any) -> Change:
    """Put a value at a dotted path; lists by number."""

    def change(raw: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        here: Any = raw
        for step in steps:
            here = here[int(step)] if isinstance(here, list) else here.setdefault(step, {})
        if isinstance(here, list):
            here[int(last)] = value
        else:
            here[last] = value

    return change


def drop(path: str) -> Change:
    """Take the value at a dotted path away."""

    def change(raw: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        here: Any = raw
        for step in steps:
            here = here[step]
        del here[last]

    return change
