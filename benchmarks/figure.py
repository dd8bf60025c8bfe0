"""What a benchmark shows: figures with their aims, and lines of explanation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import Spread


@dataclass(frozen=True)
class Aim:
    """What a figure should be."""

    bound: float
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        """Whether the figure is as it should be."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        """As the table has it."""
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


@dataclass(frozen=True)
class Figure:
    """One figure: a ratio of two things measured side by side, or seconds."""

    what: str
    value: Spread
    unit: str = "x"
    aim: Aim | None = None
    beside: str = ""
    """What the ratio is made of, in seconds."""

    @property
    def verdict(self) -> str:
        """Whether the median meets the aim."""
        if self.aim is None:
            return "measured"
        return "met" if self.aim.met_by(self.value.median) else "missed"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        value = {"median": self.value.median, "least": self.value.least, "most": self.value.most}
        aim = str(self.aim) if self.aim else None
        return {
            "what": self.what,
            **value,
            "unit": self.unit,
            "aim": aim,
            "verdict": self.verdict,
            "beside": self.beside,
        }


@dataclass(frozen=True)
class Result:
    """What one benchmark found."""

    figures: Sequence[Figure]
    notes: Sequence[str] = field(default_factory=list[str])
    """Lines below the figures: where the time goes, what was compared."""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark."""

    name: str
    shows: str
    run: Callable[[int], Result]
    """Measures with so many runs of each side."""
    runs: int = 5
    """How many when nobody says."""
    missing: Callable[[], str | None] = lambda: None
    """What this machine lacks and what would bring it in; None when nothing is missing."""


def seconds(name: str, values: Sequence[float]) -> str:
    """A side of a ratio, in words."""
    return f"{name} {Spread.of(values)} s"
