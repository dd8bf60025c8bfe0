"""Reads nested blocks of declared inputs, which arrive as an object or as a list of objects."""

from collections.abc import Mapping
from typing import Any, cast


def block(value: Any) -> Mapping[str, Any]:
    """Read one block: an object, a list of one, or nothing, which is an empty block."""
    if isinstance(value, list):
        value = cast("list[Any]", value)[0] if value else None
    return cast("Mapping[str, Any]", value or {})


def blocks(value: Any) -> list[Mapping[str, Any]]:
    """Read a list of blocks; nothing is an empty list."""
    return [block(item) for item in cast("list[Any]", value or [])]
