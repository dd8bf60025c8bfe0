"""One rehearsal up to the moment when its first release answers, as a process of its own.

    python -m benchmarks.releasing LEVEL

Loads and does what `delivery rehearse` does until then, timeline included, and prints how many seconds after the process's
start each phase ended. What comes after (blue's retention, the other releases) is not waited for.
"""

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from benchmarks.measure import STARTED

STACK = "stg"
MEANWHILE = "database"
"""The one phase that runs beside others."""
PATIENCE = 120.0
"""Seconds until a release that doesn't answer is given up."""


class Stopwatch:
    """Seconds from this process's start to the end of each phase, in order."""

    def __init__(self) -> None:
        self._started = float(os.environ.get(STARTED, time.monotonic()))
        self.ends: dict[str, float] = {}

    def end(self, phase: str) -> None:
        """A phase is over; only its first end counts."""
        self.ends.setdefault(phase, time.monotonic() - self._started)

    def ending(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, at whose end a phase is over."""

        @wraps(function)
        def ended(*words: Any, **named: Any) -> Any:
            answer = function(*words, **named)
            self.end(phase)
            return answer

        return ended


PHASES = {
    "resources of stack": "declare",
    "started by CloudWatchEvent": "push",
    "action Migrate started": "source",
    "phase DOWNLOAD_SOURCE SUCCEEDED": "provision",
    "phase PRE_BUILD SUCCEEDED": "pull",
    "phase BUILD SUCCEEDED": "migrate",
    "action Deploy-": "artifacts",
    "100 percent of production traffic": "deploy",
}
"""What the timeline says at a phase's end."""


def main() -> None:
    """Rehearse until the first release answers."""
    watch = Stopwatch()
    gc.disable()  # as the command does
    from rich.console import Console  # noqa: PLC0415

    for name in ("delivery.cli", "delivery.playing"):  # what the command loads
        importlib.import_module(name)
    from rehearsal.gateway.gateway import Gateway  # noqa: PLC0415
    from rehearsal.host.postgres import Postgres  # noqa: PLC0415
    from rehearsal.levels.choice import level_named  # noqa: PLC0415
    from rehearsal.plays.report import Timeline  # noqa: PLC0415
    from rehearsal.running.starting import rehearsing  # noqa: PLC0415
    from rehearsal.world.journal import Entry, Journal  # noqa: PLC0415

    def follow(entry: Entry) -> None:
        for words, phase in PHASES.items():
            if words in entry.message:
                watch.end(phase)

    level = level_named(sys.argv[1])
    journal = Journal()
    journal.follow(Timeline(Console(stderr=True, soft_wrap=True)).entry)
    journal.follow(follow)
    watch.end("load")
    Gateway.start = watch.ending("emulator", Gateway.start)
    Postgres.__enter__ = watch.ending(MEANWHILE, Postgres.__enter__)
    with rehearsing(STACK, level=level, journal=journal) as rehearsal:
        watch.end("services")
        _release(rehearsal, watch)
        print(json.dumps(watch.ends))


def _release(rehearsal: Any, watch: Stopwatch) -> None:
    from rehearsal.plays.versions import V1  # noqa: PLC0415
    from rehearsal.running.traffic import get  # noqa: PLC0415

    rehearsal.first_execution()
    watch.end("first execution")
    rehearsal.team.push(V1)
    url = rehearsal.users.url(next(iter(rehearsal.settings.services)))
    deadline = time.monotonic() + PATIENCE
    while True:
        _, body = get(url)
        if body.get("version") == V1.name:
            watch.end("answers")
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{V1.name} did not answer within {PATIENCE:.0f} s")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
