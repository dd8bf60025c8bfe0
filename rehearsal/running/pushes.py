"""What pushes set going: an event for each, and the execution that it starts."""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from rehearsal.codepipeline.execution import Execution
from rehearsal.codepipeline.service import CodePipeline
from rehearsal.ecr.events import push_event
from rehearsal.ecr.registry_rules import Push
from rehearsal.eventbridge.service import EventBridge

Event = Mapping[str, Any]


class Pushes:
    """Tells the event bus of pushes as ECR does, and remembers which execution each has started."""

    def __init__(self, bus: EventBridge, pipeline: CodePipeline) -> None:
        """Send events to `bus`, which starts executions of `pipeline`."""
        self._bus = bus
        self._pipeline = pipeline
        self._held: list[Event] | None = None
        self._arrived = threading.Condition()
        self._started: dict[str, list[str]] = {}
        self._earlier: dict[str, int] = {}

    def arrived(self, push: Push) -> None:
        """What ECR does after an image has arrived under a tag: it sends an event."""
        self._bus.cloud.journal.record(
            "ECR", f"{push.repository}:{push.tag} is now {short(push.digest)}", digest=push.digest
        )
        event = push_event(push)
        if self._held is not None:
            self._held.append(event)
            return
        self.deliver(event)

    @contextmanager
    def held(self) -> Generator[list[Event]]:
        """Keep the events of pushes back for a while, in the list; who wants one delivered does it by hand."""
        self._held = []
        try:
            yield self._held
        finally:
            self._held = None

    def deliver(self, event: Event) -> list[str]:
        """Hand an event to the bus; ids of the executions it started."""
        started = self._bus.put(event)
        with self._arrived:
            self._started.setdefault(str(event["detail"]["image-digest"]), []).extend(started)
            self._arrived.notify_all()
        return started

    def expected(self) -> Callable[[str], None]:
        """Before a push: executions that are there now are other pushes'. Call the answer with its digest once it is known."""
        with self._arrived:
            before = {digest: len(ids) for digest, ids in self._started.items()}

        def pushed(digest: str) -> None:
            self._earlier[digest] = before.get(digest, 0)

        return pushed

    def release_of(self, digest: str, timeout: float = 120.0) -> Execution:
        """The execution that the last push of this digest started, once it has ended.

        Raises TimeoutError when the push starts nothing, or its release goes on for more than `timeout` real seconds.
        """
        with self._arrived:
            earlier = self._earlier.get(digest, 0)
            if not self._arrived.wait_for(lambda: len(self._started.get(digest, ())) > earlier, timeout):
                raise TimeoutError(f"the push of {short(digest)} started nothing within {timeout:.0f} s")
            started = self._started[digest][earlier]
        return self._pipeline.wait(started, timeout)


def short(digest: str) -> str:
    """A digest as people say it."""
    return digest.removeprefix("sha256:")[:12]
