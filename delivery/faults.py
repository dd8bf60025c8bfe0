"""What a command answers when it cannot go on: one sentence, whose fault it is, and an exit code by that."""

from dataclasses import dataclass

import pulumi

from rehearsal.errors import RehearsalError, StackError
from settings import SettingsError


@dataclass(frozen=True)
class Fault:
    """Why a command ended early."""

    kind: str
    """`usage`, `settings`, `machine`, `application` or `rehearsal`, the class in a JSON report."""
    sentence: str
    """Value seen, rule and remedy; one line for each finding."""
    exit_code: int


EXPECTED = (RehearsalError, SettingsError, pulumi.RunError)
"""What is the user's or the machine's fault, and said without a traceback."""


def fault_of(error: Exception) -> Fault:
    """One of the expected errors, as it is told."""
    known = error if isinstance(error, RehearsalError) else StackError
    return Fault(known.kind, str(error), known.exit_code)
