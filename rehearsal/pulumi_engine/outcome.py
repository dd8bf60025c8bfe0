"""What one run of the engine did, from its own events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import EngineEvent, StepEventMetadata

REPLACED = frozenset({"replace", "create-replacement", "delete-replaced"})
"""Steps of one replacement."""

UNTOUCHED = frozenset({"same", "read"})


@dataclass(frozen=True)
class Operation:
    """One step on one resource."""

    urn: str
    type: str
    op: str
    """Pulumi's word: create, update, delete, replace, refresh, same and a few more."""
    keys: frozenset[str]
    """Inputs that differ, by their first part."""
    old: Mapping[str, Any]
    """Outputs before."""
    new: Mapping[str, Any]
    """Outputs after, as far as known."""


@dataclass(frozen=True)
class Outcome:
    """Everything one preview, up, refresh or destroy did or would do."""

    operations: tuple[Operation, ...] = ()
    diagnostics: tuple[str, ...] = ()
    """What the engine and the program said, errors and warnings."""
    failed: frozenset[str] = frozenset()
    """URNs of steps that failed."""

    @property
    def changes(self) -> dict[str, str]:
        """Operation by URN, without what stays as it is; the steps of a replacement are one `replace`."""
        found = {one.urn: "replace" if one.op in REPLACED else one.op for one in self.operations}
        return {urn: op for urn, op in found.items() if op not in UNTOUCHED}

    @property
    def urns(self) -> list[str]:
        """Every URN the engine looked at."""
        return list(dict.fromkeys(one.urn for one in self.operations))

    def drift(self) -> dict[str, dict[str, Any]]:
        """After a refresh: by URN, the outputs that are not what the state said."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.operations:
            differs = {key: value for key, value in one.new.items() if one.old.get(key) != value}
            if differs:
                found[one.urn] = differs
        return found


class EngineFailed(Exception):
    """The engine ended with an error; `outcome` is what it had done by then."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        """Say it in the engine's words."""
        super().__init__(message)
        self.outcome = outcome


@dataclass
class EngineEvents:
    """Collects one run's events."""

    operations: list[Operation] = field(default_factory=list[Operation])
    diagnostics: list[str] = field(default_factory=list[str])
    failed: set[str] = field(default_factory=set[str])
    _planned: dict[tuple[str, str], Operation] = field(default_factory=dict[tuple[str, str], Operation])

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event:
            one = _operation(event.resource_pre_event.metadata)
            self._planned[one.urn, one.op] = one
        elif event.res_outputs_event:
            one = _operation(event.res_outputs_event.metadata)
            self._planned.pop((one.urn, one.op), None)
            self.operations.append(one)
        elif event.res_op_failed_event:
            failed = _operation(event.res_op_failed_event.metadata)
            self._planned.pop((failed.urn, failed.op), None)
            self.failed.add(failed.urn)
        elif event.diagnostic_event and event.diagnostic_event.severity in {"error", "warning", "info#err"}:
            self.diagnostics.append(event.diagnostic_event.message.strip())

    def outcome(self) -> Outcome:
        """What was collected; steps that were announced only count as well."""
        operations = (*self.operations, *self._planned.values())
        return Outcome(operations, tuple(self.diagnostics), frozenset(self.failed))


def _operation(metadata: StepEventMetadata) -> Operation:
    keys = [*(metadata.diffs or ()), *(metadata.detailed_diff or ())]
    return Operation(
        metadata.urn,
        metadata.type,
        str(getattr(metadata.op, "value", metadata.op)),
        frozenset(key.partition(".")[0].partition("[")[0] for key in keys),
        dict(metadata.old.outputs or {}) if metadata.old else {},
        dict(metadata.new.outputs or {}) if metadata.new else {},
    )
