"""Holds recorded inputs against the types of pulumi_aws: mocks take any key, the provider does not."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from harness import Sent
from pulumi import _types


def unknown_keys(one: Sent) -> list[str]:
    """Paths of keys in a resource's inputs that its type does not have."""
    _, module, name = one.type.split(":")
    package = f"pulumi_aws.{module.split('/')[0]}"
    args = getattr(importlib.import_module(package), f"{name}Args", None)
    if args is None:
        message = f"{package} has no {name}Args; say in tests/unit/inputs.py where they are"
        raise LookupError(message)
    return list(_unknown(one.inputs, args, one.name))


def _unknown(value: Any, kind: Any, path: str) -> Iterator[str]:
    kind = _types.unwrap_type(kind)
    if isinstance(value, list):
        [inner] = get_args(kind) if get_origin(kind) else [kind]
        for index, each in enumerate(value):
            yield from _unknown(each, inner, f"{path}[{index}]")
    elif isinstance(value, dict) and _types.is_input_type(kind):
        names = {spelled: python for python, spelled in _types.input_type_py_to_pulumi_names(kind).items()}
        types = _types.input_type_types(kind)
        for key, each in value.items():
            if key not in names:
                yield f"{path}.{key}"
            else:
                yield from _unknown(each, types[names[key]], f"{path}.{key}")


def is_mapping(kind: Any) -> bool:
    """Whether any key is right."""
    return get_origin(kind) in (dict, Mapping) and not isinstance(kind, Sequence)
