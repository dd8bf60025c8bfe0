"""JSON of a document in which some values are known later."""

import json
from collections.abc import Iterator
from typing import Any

import pulumi


def json_text(document: Any) -> pulumi.Input[str]:
    """The document as JSON, once everything in it is known; at once when nothing in it has to be waited for.

    `pulumi.Output.json_dumps` makes an output of every value of the document, which for a stack's policies is most of what
    an evaluation does; this waits for the outputs alone. What is secret in the document makes the text secret.
    """
    known_later = list(_outputs(document))
    if not known_later:
        return json.dumps(document)
    return pulumi.Output.all(*known_later).apply(lambda values: json.dumps(_filled(document, iter(values))))


def _outputs(value: Any) -> Iterator[pulumi.Output[Any]]:
    if isinstance(value, pulumi.Output):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _outputs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _outputs(inner)


def _filled(value: Any, known: Iterator[Any]) -> Any:
    """The document with each output replaced by the next known value, in the order `_outputs` found them."""
    if isinstance(value, pulumi.Output):
        return next(known)
    if isinstance(value, dict):
        return {key: _filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, known) for inner in value]
    return value
