"""Asks what a value of any kind is, as JSON nests them: `isinstance` alone would leave what is inside of no type at all."""

from collections.abc import Mapping
from typing import Any, TypeGuard

NOTHING: Mapping[str, Any] = {}
"""An empty map, whose parts have a type like any other's."""


def is_map(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it is a map, of whatever."""
    return isinstance(value, Mapping)


def within(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The map under a key; an empty one where there is none, or something else."""
    found = value.get(key)
    return found if is_map(found) else NOTHING


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a list, of whatever."""
    return isinstance(value, list)
