"""Which target answered which request, as a load balancer's access log says it.

Elastic Load Balancing User Guide for Application Load Balancers, load-balancer-access-logs: an entry has `target:port`,
`target_group_arn` and `trace_id`, the request's own X-Amzn-Trace-Id, by which a client can find its entry
(load-balancer-request-tracing). Here only those clients' entries are kept that ask for them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answered:
    """One entry, as far as anybody here asks."""

    target_group: str
    """ARN."""
    target: str
    """`host:port`."""
    image: str
    """Reference of the image that the target's container runs."""


class AccessLog:
    """Entries by trace id. Written by the load balancers' event loop, read by whoever sent the request."""

    def __init__(self) -> None:
        """Keep nothing that nobody follows."""
        self._followed: dict[str, str] = {}
        self._entries: dict[str, Answered] = {}

    def follow(self, trace: str, source: str = "") -> None:
        """Keep the entry of a request that is about to be sent with this trace id.

        `source` is the address it stands for: all clients of a rehearsal are on this machine, and rules may ask for others.
        """
        self._followed[trace] = source

    def source(self, trace: str) -> str:
        """The address that a followed request stands for; empty for its own."""
        return self._followed.get(trace, "")

    def note(self, trace: str, answered: Answered) -> None:
        """Write an entry, if somebody follows it."""
        if trace in self._followed:
            self._entries[trace] = answered

    def take(self, trace: str) -> Answered | None:
        """The entry of a followed request, which is then forgotten; None when no target was chosen for it."""
        self._followed.pop(trace, None)
        return self._entries.pop(trace, None)
