"""Says what is wrong with a stack's configuration: path, value seen, rule, remedy."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from documents.nested import is_list, is_map
from settings.examples import example, names_a_group, plain
from settings.planned import NOT_YET, WITHOUT


class SettingsError(ValueError):
    """The configuration breaks a rule; the text has one line for each finding."""


_LONGEST = 80


def explain(error: ValidationError, model: type[BaseModel], namespace: str) -> SettingsError:
    """Turn pydantic's findings into sentences an operator can act on."""
    lines = [_sentence(finding, model, namespace) for finding in error.errors(include_url=False)]
    return SettingsError("\n".join(dict.fromkeys(lines)))


def _sentence(finding: ErrorDetails, model: type[BaseModel], namespace: str) -> str:
    steps = [step for step in finding["loc"] if step != "[key]"]
    # An empty name is a legal key of YAML, and would leave no trace in a path.
    path = (
        f"{namespace}:{'.'.join(str(step) if step != '' else repr(step) for step in steps)}"
        if steps
        else namespace
    )
    kind = finding["type"]
    if kind == "extra_forbidden" and plain(steps) in NOT_YET:
        return f"{path} does not work yet: {NOT_YET[plain(steps)]}; remove it"
    if kind == "extra_forbidden":
        return f"{path} is not a setting; {_nearest(str(steps[-1]), _known(model, steps[:-1]))}"
    without = None if names_a_group(steps) else WITHOUT.get(plain(steps))
    if without and (kind == "missing" or finding["input"] is None):
        return f"{path} is missing: {without}; add it"
    if kind == "missing":
        return f"{path} is missing and has no default; add it"
    rule = (
        finding["msg"].removeprefix("Value error, ").replace("dictionary", "map").replace("Dictionary", "Map")
    )
    rule = rule.replace(" after validation", "").replace("String should", "text should")
    if kind == "value_error":
        return f"{path}: {rule}"
    pattern = finding.get("ctx", {}).get("pattern")
    if pattern:
        right = example(steps)
        rule = f"must have the form of {right} ({pattern})" if right else f"must have the form {pattern}"
    elif kind == "string_type":
        rule = f"{_read_as(finding['input'])}, and text belongs there; put it in quotes, as it is meant"
    elif kind in ("dict_type", "model_type", "dataclass_type"):
        rule = f"{_read_as(finding['input'])}, and a map belongs there; write it as lines of `key: value`"
    elif kind == "list_type":
        rule = f"{_read_as(finding['input'])}, and a list belongs there; write it as [first, second]"
    return f"{path} is {_seen(finding['input'], steps)}: {rule if rule[1:2].isupper() else rule[:1].lower() + rule[1:]}; correct it"


def _read_as(value: Any) -> str:
    """What YAML made of what was written, as people call it who write YAML."""
    if value is None:
        return "there is nothing"
    if isinstance(value, bool):
        return "YAML reads it as a truth value"
    if isinstance(value, int | float):
        return "YAML reads it as a number"
    if isinstance(value, str):
        return "it is one text"
    if isinstance(value, Mapping):
        return "it is a map"
    return "it is a list" if isinstance(value, list) else "YAML reads it as a date"


def _seen(value: Any, steps: list[int | str]) -> str:
    try:
        text = _written(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, a list that holds itself
        text = "a value too large to show"
    if "secrets" in steps or "secrets" in text:
        return "a value that is not repeated here (it may be a secret)"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _written(value: Any) -> str:
    """The value as it could stand in YAML, not as Python says it."""
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    if is_map(value):
        return "{" + ", ".join(f"{_written(key)}: {_written(inner)}" for key, inner in value.items()) + "}"
    if is_list(value):
        return "[" + ", ".join(_written(inner) for inner in value) + "]"
    return repr(value if isinstance(value, str) else str(value))


def odd_keys(value: Any, path: str, above: tuple[int, ...] = ()) -> Iterator[str]:
    """A sentence for each key that YAML does not read as text, and for whatever holds itself."""
    if id(value) in above:
        yield f"{path} holds itself; write out what is meant instead of the alias"
    elif is_map(value):
        for key, inner in value.items():
            if isinstance(key, str):
                below = f"{path}{'' if path.endswith(':') else '.'}{key}"
                yield from odd_keys(inner, below, (*above, id(value)))
            else:
                yield f"{path} has the key {_seen(key, [path])}, which YAML does not read as text; put it in quotes"
    elif is_list(value):
        for index, inner in enumerate(value):
            yield from odd_keys(inner, f"{path}.{index}", (*above, id(value)))


def _nearest(wrong: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    return f"remove it, or use one of {', '.join(known)}" if known else "remove it"


def _known(model: type[BaseModel], steps: list[int | str]) -> list[str]:
    """Names that would be right at the place `steps` leads to."""
    here: list[type[BaseModel]] = [model]
    for step in steps:
        here = [inner for outer in here for inner in _step(outer, step)] or here
    return sorted(field.alias or name for outer in here for name, field in outer.model_fields.items())


def _step(model: type[BaseModel], step: int | str) -> Iterator[type[BaseModel]]:
    for name, field in model.model_fields.items():
        if step in (field.alias, name):
            yield from _models(field.annotation)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a nested value with the path that leads to it."""
    if isinstance(value, str):
        yield path, value
    elif is_map(value):
        for key, inner in value.items():
            yield from strings(inner, f"{path}.{key}" if path else str(key))
    elif is_list(value):
        for index, inner in enumerate(value):
            yield from strings(inner, f"{path}.{index}")
