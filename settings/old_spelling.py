"""The spelling of before: what a stack's file says under `image`, written as it is said now."""

from collections.abc import Mapping
from typing import Any

import yaml

from documents.nested import is_map

OLD = "image"
IMAGES, SOURCE = "images", "source"
NAME = "app"
"""What the one image is called in the lines to write; any other name is as good."""

_UNDER_IMAGES = (
    "repository",
    "createRepository",
    "movingTags",
    "pushers",
    "oidcProviderArn",
    "keepUnreleasedDays",
)


def as_spelled_now(raw: Mapping[str, Any], namespace: str) -> tuple[dict[str, Any], list[str]]:
    """The settings as they are spelled now, and a sentence with the lines to write when they were not."""
    if OLD not in raw:
        return dict(raw), []
    new = {IMAGES: {NAME: _image(raw[OLD])}, SOURCE: {"push": _push(raw[OLD])}}
    lines = {key: value for key, value in new.items() if key not in raw}
    rest = {key: value for key, value in raw.items() if key != OLD}
    return rest | lines, [_sentence(raw[OLD], lines, namespace)]


def _image(old: Any) -> dict[str, Any]:
    return {key: old[key] for key in _UNDER_IMAGES if key in old} if isinstance(old, Mapping) else {}


def _push(old: Any) -> dict[str, Any]:
    return {"tag": old["tag"]} if isinstance(old, Mapping) and "tag" in old else {}


def _sentence(old: Any, lines: Mapping[str, Any], namespace: str) -> str:
    gone = (
        f"{namespace}:{OLD} is gone: what is built stands under {namespace}:{IMAGES}, "
        f"and what starts a release under {namespace}:{SOURCE}"
    )
    if not lines:
        return f"{gone}, and both are there; remove {namespace}:{OLD}"
    keys = old if is_map(old) else ()
    unknown = [str(key) for key in keys if key not in (*_UNDER_IMAGES, "tag")]
    without = f", without {' and '.join(unknown)}, no settings," if unknown else ""
    here = _yaml({f"{namespace}:{key}": value for key, value in lines.items()})
    return f"{gone}; write in its place{without} these lines:\n{here}"


def _yaml(value: Any) -> str:
    """Lines as they stand under `config:`; on any machine the same, and nothing in them that a terminal would obey."""
    try:
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=10_000)
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
    ):  # a number of thousands of digits, a kind YAML never reads
        return "  (some value is too large to be written here)"
    return "\n".join(f"  {line}" for line in text.splitlines())
