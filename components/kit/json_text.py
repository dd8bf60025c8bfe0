"""JSON of a document in which some values are known later."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi

from components.kit.refusing import refusing
from documents.nested import is_list, is_map

USUAL_ARN = "a" * 100
"""Stands for a value that is not known yet where only its length matters."""


def json_text(document: Any, check: Callable[[str], None] | None = None) -> pulumi.Input[str]:
    """The document as JSON, once everything in it is known; at once when nothing in it has to be waited for.

    `pulumi.Output.json_dumps` makes an output of every value of the document, which for a stack's policies is most of what
    an evaluation does; this waits for the outputs alone. What is secret in the document makes the text secret.

    `check` sees the text: at once, with values of usual length for what is not known yet, so that a preview of a new stack is
    refused already; and again when everything is known.
    """
    known_later = list(_outputs(document))
    if not known_later:
        return _checked(check, document, [])
    if check is not None:
        _checked(check, document, [USUAL_ARN] * len(known_later))
    return pulumi.Output.all(*known_later).apply(lambda values: _checked(check, document, values))


def _checked(check: Callable[[str], None] | None, document: Any, values: list[Any]) -> str:
    text = json.dumps(_filled(document, iter(values)))
    if check is not None:
        with refusing():
            check(text)
    return text


def _outputs(value: Any) -> Iterator[pulumi.Output[Any]]:
    if isinstance(value, pulumi.Output):
        yield value
    elif is_map(value):
        for inner in value.values():
            yield from _outputs(inner)
    elif is_list(value):
        for inner in value:
            yield from _outputs(inner)


def _filled(value: Any, known: Iterator[Any]) -> Any:
    """The document with each output replaced by the next known value, in the order `_outputs` found them."""
    if isinstance(value, pulumi.Output):
        return next(known)
    if is_map(value):
        return {key: _filled(inner, known) for key, inner in value.items()}
    if is_list(value):
        return [_filled(inner, known) for inner in value]
    return value
