"""Asks what a value of any kind is, as JSON nests them: `isinstance` alone would leave what is inside of no type at all."""

from collections.abc import Mapping
from typing import Any, TypeGuard


def is_map(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it is a map, of whatever."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a list, of whatever."""
    return isinstance(value, list)
