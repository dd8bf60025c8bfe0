"""Which properties the AWS provider computes when a program leaves them out.

For these, leaving one out means "as it is", not "none": a value that was set stays for ever. The SDK shows them by their
types: an input that may be left out, and an output that is always there (Pulumi registry, how providers are bridged). A
property with a default of the provider's looks the same and is counted too, which is the strict reading.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from keyword import iskeyword
from types import NoneType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pulumi import _types  # pyright: ignore[reportPrivateUsage]  (the only place that knows)


def computed_paths(type_: str, inputs: Mapping[str, Any]) -> set[str]:
    """Paths of a resource's given inputs that the provider would keep if they were left out."""
    return set(_given(resource_class(type_), inputs, ""))


def kept(type_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Top-level inputs that were set, are left out now, and so stay as they were."""
    gone = {key: value for key, value in olds.items() if key not in news}
    stays = computed_paths(type_, gone)
    return {key: value for key, value in gone.items() if key in stays}


def _given(kind: type, value: Mapping[str, Any], path: str) -> Iterator[str]:
    types = _outputs(kind)
    for key, inner in value.items():
        if key not in types:
            continue
        present, optional = _present(types[key])
        if not optional:
            yield f"{path}{key}"
        yield from _inside(present, inner, f"{path}{key}")


def _inside(kind: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list) and get_origin(kind) is not None:
        [inner] = get_args(kind)
        for number, each in enumerate(value):
            yield from _inside(inner, each, f"{path}[{number}]")
    elif isinstance(value, dict) and isinstance(kind, type) and _types.is_output_type(kind):
        yield from _given(kind, value, f"{path}.")


@cache
def resource_class(type_: str) -> type:
    """The SDK's class of a type token."""
    _, module, name = type_.split(":")
    folder = module.split("/")[0]
    package = importlib.import_module(f"pulumi_aws.{folder}{'_' if iskeyword(folder) else ''}")
    return getattr(package, name)


@cache
def _outputs(kind: type) -> Mapping[str, Any]:
    """Types of a class's properties by Pulumi's names, `Output` taken off."""
    found: dict[str, Any] = {}
    for name, member in vars(kind).items():
        if not isinstance(member, property) or member.fget is None:
            continue
        hint = get_type_hints(member.fget, vars(sys.modules[kind.__module__])).get("return")
        camel = name.split("_")[0] + "".join(word.title() for word in name.split("_")[1:])
        found[camel] = (
            get_args(hint)[0] if get_origin(hint) is not None and "Output" in str(hint)[:30] else hint
        )
    return found


def _present(hint: Any) -> tuple[Any, bool]:
    """The type of a value that is there, and whether it may be absent."""
    if get_origin(hint) is Union:
        [given] = [one for one in get_args(hint) if one is not NoneType]
        return given, True
    return hint, False
