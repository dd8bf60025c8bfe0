"""The errors of a rehearsal: what its user reads (the value seen, the rule it breaks, what to do), and what AWS answers.

The class of an error decides the command's exit code and the `error.class` of its JSON report, so that a CI can tell
"your release is broken" from "this machine is".
"""

from typing import ClassVar


class RehearsalError(Exception):
    """Something outside the program keeps the rehearsal from going on.

    Never used for what AWS itself would answer: refused calls are `rehearsal.identity.authority.AccessDenied`. Raised
    itself only for what the rehearsal does not play; everything else has a class of its own below.
    """

    kind: ClassVar[str] = "rehearsal"
    """The class's name in reports."""
    exit_code: ClassVar[int] = 1

    def __init__(self, value: str, rule: str, remedy: str) -> None:
        """Say it in one sentence of three parts, each without its own full stop."""
        super().__init__(f"{value}: {rule}; {remedy}")
        self.value = value
        """What was seen."""
        self.rule = rule
        """What should have been so."""
        self.remedy = remedy
        """What the reader can do about it."""


class ApplicationError(RehearsalError):
    """The application that is to be released cannot be: its folder, Dockerfile or image."""

    kind = "application"


class UsageError(RehearsalError):
    """An option that cannot be followed, or does not go with another one or with the stack."""

    kind = "usage"
    exit_code = 2


class StackError(RehearsalError):
    """The stack's file, its program or an exported state; wrong settings are `settings.SettingsError`, of this kind too."""

    kind = "settings"
    exit_code = 3


class MachineError(RehearsalError):
    """This machine lacks something or refuses it: a tool, a port, space on the disk, a Docker daemon."""

    kind = "machine"
    exit_code = 4


class AwsRefusal(Exception):
    """What a service answers to a call or tells of its outcome: never a fault of the rehearsal or its user's machine."""

    def __init__(self, code: str, message: str) -> None:
        """Hold the service's own error code and text."""
        super().__init__(message)
        self.code = code
        """Such as `ValidationException` or `JobFailed`."""
        self.message = message
