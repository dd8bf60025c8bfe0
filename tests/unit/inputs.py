"""Holds recorded inputs against the types of pulumi_aws: mocks take any key, the provider does not."""

import importlib
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pulumi import _types  # pyright: ignore[reportPrivateUsage]  (the only place that knows)

from rehearsal.pulumi_engine.computed import resource_class
from tests.unit.harness import Sent


def unknown_keys(one: Sent) -> list[str]:
    """Paths of keys in a resource's inputs that its type does not have."""
    package, _, _ = resource_class(one.type).__module__.rpartition(".")
    made_of, name = importlib.import_module(package), one.type.rpartition(":")[2]
    args = getattr(made_of, f"{name}InitArgs", None) or getattr(made_of, f"{name}Args", None)
    if args is None:
        raise LookupError(f"{package} has no {name}Args; say in tests/unit/inputs.py where they are")
    return list(_unknown(one.inputs, args, one.name))


def _unknown(value: Any, kind: Any, path: str) -> Iterator[str]:
    kind = _types.unwrap_type(kind)
    if isinstance(value, list):
        [inner] = get_args(kind) if get_origin(kind) else [kind]
        for index, each in enumerate(value):
            yield from _unknown(each, inner, f"{path}[{index}]")
    elif isinstance(value, dict) and _types.is_input_type(kind):
        known = set(_types.input_type_py_to_pulumi_names(kind).values())
        types = _types.input_type_types(kind)
        for key, each in value.items():
            if key not in known:
                yield f"{path}.{key}"
            else:
                yield from _unknown(each, types[key], f"{path}.{key}")
