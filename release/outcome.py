"""How a step ends."""

from dataclasses import dataclass

from release.findings import Refusal


@dataclass(frozen=True)
class Done:
    """It is through."""

    summary: str


@dataclass(frozen=True)
class Later:
    """It is to be called again with this token."""

    token: str
    summary: str


@dataclass(frozen=True)
class Refused:
    """The release cannot go on."""

    refusals: tuple[Refusal, ...]
    """At least one."""


Outcome = Done | Later | Refused
