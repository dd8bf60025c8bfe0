"""The table of settings in docs/settings.md, made from the same models that check them."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from settings import Settings

FILE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"

_WORDS = {str: "text", int: "number", float: "number", bool: "true or false"}
_MOST_CHOICES = 6


@dataclass(frozen=True)
class Row:
    """One setting."""

    path: str
    """Where it stands in the stack's YAML; `<name>` is the writer's own key, `[]` one entry of a list."""
    type: str
    default: str
    """`required`, or what counts when the setting is left out."""
    description: str

    def markdown(self) -> str:
        """The row as the table has it."""
        cells = (f"`{self.path}`", self.type, self.default, self.description)
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def rows() -> list[Row]:
    """Every setting, what must be given first: what holds a value, and each group that may be left out."""
    return list(_rows(Settings, ""))


def markdown() -> str:
    """The whole table."""
    head = "| setting | type | default | meaning |\n| --- | --- | --- | --- |\n"
    return head + "".join(f"{row.markdown()}\n" for row in rows())


def embedded(text: str) -> str:
    """The document with the table as it is now, between its two comments."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise LookupError(
            f"{FILE.name} has no lines {BEGIN.strip()} and {END}; the table belongs between them"
        )
    return f"{before}{begin}{markdown()}{end}{after}"


def _rows(model: type[BaseModel], above: str) -> Iterator[Row]:
    fields = sorted(model.model_fields.items(), key=lambda each: not each[1].is_required())
    for name, field in fields:
        path = f"{above}{field.alias or name}"
        group, step = _group(field.annotation)
        if group is None or step == "[]" or field.default is None:
            yield Row(path, _type(field.annotation), _default(field), field.description or "")
        if group is not None:
            yield from _rows(group, f"{path}{step}.")


def _group(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The group a setting holds, and what its entries are called in a path."""
    inner = _present(annotation)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return inner, ""
    if get_origin(inner) in (list, dict):
        group, _ = _group(get_args(inner)[-1])
        return group, "[]" if get_origin(inner) is list else ".<name>"
    return None, ""


def _present(annotation: Any) -> Any:
    """The type of a value that is there: neither None nor a rule."""
    if get_origin(annotation) is Annotated:
        return _present(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        [given] = [one for one in get_args(annotation) if one is not types.NoneType]
        return _present(given)
    return annotation


def _type(annotation: Any) -> str:
    inner = _present(annotation)
    origin, arguments = get_origin(inner), get_args(inner)
    if origin is Literal:
        return _choices([str(one) for one in arguments])
    if origin is list:
        return f"list of {_several(arguments[0])}"
    if origin is dict:
        return "map of texts"
    if isinstance(inner, type) and issubclass(inner, Enum):
        return _choices([str(one.value) for one in inner])
    return _WORDS.get(cast("Any", inner), "group")


def _several(annotation: Any) -> str:
    inner = _present(annotation)
    if get_origin(inner) is dict:
        return "objects"
    return f"{_type(inner)}s"


def _choices(values: list[str]) -> str:
    shown = values if len(values) <= _MOST_CHOICES else [*values[:3], "…", values[-1]]
    return ", ".join(one if one == "…" else f"`{one}`" for one in shown)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return ", ".join(f"`{one}`" for one in value)  # pyright: ignore[reportUnknownVariableType]
    return f"`{value.value if isinstance(value, Enum) else value}`"


if __name__ == "__main__":
    FILE.write_text(embedded(FILE.read_text(encoding="utf-8")), encoding="utf-8")
