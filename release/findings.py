"""What a step finds: why a release cannot go on, what could not be looked at, what is worth knowing or waiting for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why a release cannot go on; none of its parts ever holds a secret."""

    value: str
    """What was seen."""
    rule: str
    """What should have been so."""
    remedy: str
    """What the reader can do about it."""
    kind: str = "JobFailed"
    """What CodePipeline calls this kind of failure (CodePipeline API Reference, FailureDetails)."""

    def __str__(self) -> str:
        """One sentence of three parts."""
        return f"{self.value}: {self.rule}; {self.remedy}"


@dataclass(frozen=True)
class Unseen:
    """What this function's role may not look at, which somebody else's may."""

    what: str
    why: str
    """What AWS answered."""

    def __str__(self) -> str:
        """One sentence."""
        return f"{self.what} could not be looked at by this function, and is not judged ({self.why})"


@dataclass(frozen=True)
class Note:
    """What a release may go on with, and its reader should know."""

    said: str

    def __str__(self) -> str:
        """One sentence."""
        return self.said


@dataclass(frozen=True)
class Wait:
    """What is in the way and goes by itself."""

    reason: str
    until: Refusal
    """What it is when it stays."""

    def __str__(self) -> str:
        """One sentence."""
        return self.reason


Finding = Refusal | Unseen | Note | Wait


class RefusedError(Exception):
    """A step cannot even begin to look."""

    def __init__(self, value: str, rule: str, remedy: str, kind: str = "JobFailed") -> None:
        """Say it in one sentence of three parts."""
        self.refusal = Refusal(value, rule, remedy, kind)
        super().__init__(str(self.refusal))
