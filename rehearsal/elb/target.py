"""One registered target: its health, and the requests on their way to it."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Health = Literal["initial", "healthy", "unhealthy", "draining", "unused"]


class Seen(NamedTuple):
    """A registered target at one moment."""

    host: str
    port: int
    health_port: int
    state: Health
    reason: str
    """AWS's reason code, and for a mismatch the status seen; empty for a healthy one."""


@dataclass(eq=False)
class Target:
    """One registered address."""

    host: str
    port: int
    health_port: int
    image: str = ""
    """Reference of the image that its container runs."""
    health: Health = "initial"
    reason: str = "Elb.RegistrationInProgress"
    """AWS's reason code, and for a mismatch the status seen."""
    seen: str = ""
    """What the last check saw, when it was not good: ours, beside AWS's code."""
    successes: int = 0
    failing_since: float | None = None
    """Declared moment of the first of the present failures in a row."""
    in_flight: int = 0
    checker: asyncio.Task[None] | None = None
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin without requests."""
        self.idle.set()

    @property
    def name(self) -> str:
        """`host:port`, how a target is called in answers."""
        return f"{self.host}:{self.port}"

    def begin(self) -> None:
        """Count a request that is on its way to this target."""
        self.in_flight += 1
        self.idle.clear()

    def end(self) -> None:
        """Count a request as answered (or broken)."""
        self.in_flight -= 1
        if self.in_flight == 0:
            self.idle.set()
