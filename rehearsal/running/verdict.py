"""What users would have noticed: how many requests were answered by which version, which failed, and who answers now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Failure:
    """One kind of failed request."""

    service: str
    path: str
    said: str
    """`HTTP 503`, or the kind of broken connection."""
    version: str
    """Who answered; empty when no target did."""

    def __str__(self) -> str:
        """Say it as people do."""
        by = f", answered by {self.version}" if self.version else ", by no task"
        return f"{self.said} on {self.path} of {self.service}{by}"


def _short(digest: str) -> str:
    """A digest as the verdict says it; nothing where there is none."""
    return f" (digest {digest.removeprefix('sha256:')[:12]})" if digest else ""


@dataclass(frozen=True)
class Answering:
    """Who answers a service's health path now."""

    service: str
    version: str
    """What the image is called here; empty when no task answers."""
    digest: str
    """Digest of that image; empty for one that was not pushed here."""
    status: int
    """HTTP status; 0 when nothing answers."""
    path: str

    def __str__(self) -> str:
        """Say it as people do."""
        who = f"{self.version} answers" if self.version else "no task answers"
        return f"{self.service}: {who}{_short(self.digest)}, {self.status or 'no connection'} on {self.path}"


@dataclass(frozen=True)
class Working:
    """What runs as a worker now, which answers nobody."""

    service: str
    version: str
    """What the image is called here."""
    digest: str
    """Digest of that image; empty for one that was not pushed here."""
    tasks: int
    """Tasks that are well."""

    def __str__(self) -> str:
        """Say it as people do."""
        return f"{self.service}: {self.version} works{_short(self.digest)}, {self.tasks} task{'' if self.tasks == 1 else 's'}"


Serving = Answering | Working


@dataclass(frozen=True)
class Verdict:
    """What a stream of requests came to."""

    answered: Mapping[str, int] = field(default_factory=dict[str, int])
    """Good answers by the version that gave them."""
    failed: Mapping[Failure, int] = field(default_factory=dict[Failure, int])
    now: tuple[Serving, ...] = ()
    asked: bool = True
    """Whether there was anybody to ask: workers alone take no traffic."""

    @property
    def sent(self) -> int:
        """Requests that were answered or failed."""
        return sum(self.answered.values()) + self.failures

    @property
    def failures(self) -> int:
        """Requests that failed."""
        return sum(self.failed.values())

    @property
    def ok(self) -> bool:
        """Whether nobody noticed anything; where nobody asked, nobody can say."""
        return not self.failed and (self.sent > 0 or not self.asked)

    def lines(self) -> tuple[str, str]:
        """The verdict in two lines: the traffic, and who answers now."""
        good = ", ".join(f"{count} by {version}" for version, count in self.answered.items())
        if self.failed:
            kinds = "; ".join(f"{count} x {failure}" for failure, count in sorted(self.failed.items()))
            first = f"{self.failures} of {self.sent} requests failed: {kinds}" + (f"; {good}" if good else "")
        else:
            why = "none was sent" if self.asked else "no service takes traffic"
            first = f"{self.sent} requests: {good or why}"
        return first, f"now {'; '.join(map(str, self.now))}"
