"""Resolves `#{namespace.key}` in action configurations.

Pure. AWS document: codepipeline/latest/userguide/reference-variables.md ("Concepts", "Rules for variables").
"""

import re
from collections.abc import Mapping

PIPELINE = "variables"
"""Reserved namespace of variables declared on the pipeline."""
IMPLICIT = "codepipeline"
"""Reserved namespace of what CodePipeline itself knows, today `PipelineExecutionId`."""
RESERVED = frozenset({PIPELINE, IMPLICIT})

_REFERENCE = re.compile(r"#\{([^{}]*)\}")

Namespaces = Mapping[str, Mapping[str, str]]


class UnresolvedVariable(ValueError):
    """A reference that names nothing; `reference` is its text with the braces."""

    def __init__(self, reference: str, message: str) -> None:
        """Hold the reference beside a text that says what there is instead."""
        super().__init__(message)
        self.reference = reference


def references(text: str) -> list[tuple[str, str]]:
    """Every (namespace, key) that a configuration value refers to, in order.

    Raises UnresolvedVariable for braces that do not hold a namespace, a period and a key.
    """
    found: list[tuple[str, str]] = []
    for match in _REFERENCE.finditer(text):
        namespace, period, key = match[1].partition(".")
        if not (namespace and period and key):
            rule = "Valid format for a pipeline execution variable reference is a namespace and a key separated by a period (.)"
            raise UnresolvedVariable(match[0], f"{match[0]}: {rule}")
        found.append((namespace, key))
    return found


def resolve(text: str, namespaces: Namespaces) -> str:
    """The text with every reference replaced by its value, which is not looked at again.

    Raises UnresolvedVariable for a namespace or key that nothing has produced so far.
    """
    references(text)

    def value(match: re.Match[str]) -> str:
        namespace, _, key = match[1].partition(".")
        known = namespaces.get(namespace)
        if known is None:
            raise UnresolvedVariable(
                match[0],
                f"{match[0]}: namespace {namespace!r} does not exist here; there are {sorted(namespaces)}",
            )
        if key not in known:
            raise UnresolvedVariable(
                match[0],
                f"{match[0]}: namespace {namespace!r} has no variable {key!r}; it has {sorted(known)}",
            )
        return known[key]

    return _REFERENCE.sub(value, text)
