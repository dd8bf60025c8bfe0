"""What a command answers when it cannot go on: one sentence, whose fault it is, and an exit code by that."""

from dataclasses import dataclass

import pulumi

from rehearsal.errors import StackError
from rehearsal.host.project import ROOT
from rehearsal.plays.unforeseen import worded
from settings import SettingsError


@dataclass(frozen=True)
class Fault:
    """Why a command ended early."""

    kind: str
    """`usage`, `settings`, `machine`, `application`, `rehearsal` or `unforeseen`, the class in a JSON report."""
    sentence: str
    """Value seen, rule and remedy; one line for each finding."""
    exit_code: int


def fault_of(error: Exception) -> Fault:
    """Any error, as it is told: expected ones in their own words, the others as `rehearsal.plays.unforeseen` has it."""
    if isinstance(error, (SettingsError, pulumi.RunError)):
        return Fault(StackError.kind, str(error), StackError.exit_code)
    told = worded(error, ROOT)
    return Fault(told.kind, str(told), told.exit_code)
