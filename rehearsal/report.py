"""What a rehearsal tells people: a timeline while it goes, then a table of steps, or the same as JSON."""

import json
import threading
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from rehearsal.journal import Entry
from rehearsal.scenarios import Play, Step

_SHORT = 160
_LONG = 320


class Timeline:
    """Prints every entry and every step as it happens."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console
        self._lock = threading.Lock()
        self._ended = False

    def entry(self, entry: Entry) -> None:
        """One thing that happened."""
        self._print(
            f"[dim]{entry.seconds:7.2f}[/]  [cyan]{entry.source:<12}[/] {escape(_shortened(entry.message))}"
        )

    def end(self) -> None:
        """Print nothing more: what is being stopped is no part of what was played."""
        self._ended = True

    def step(self, step: Step) -> None:
        """One step that is over; of one that went wrong, what was seen."""
        mark = "[green]ok[/]" if step.ok else "[bold red]no[/]"
        seen = "" if step.ok else "".join(f"\n           {escape(line)}" for line in step.seen.splitlines())
        self._print(f"[bold]{step.seconds:6.2f}s[/]  {mark}  [bold]{escape(step.name)}[/]{seen}")

    def _print(self, line: str) -> None:
        """One whole line: entries come from many threads."""
        with self._lock:
            if self._ended:
                return
            self._console.print(line, highlight=False, soft_wrap=True)


def table(plays: Sequence[Play], console: Console) -> None:
    """Every step with its result and time, and below it what was seen where that takes more than a few words."""
    width = max(len(step.name) for play in plays for step in play.steps)
    for play in plays:
        console.print(f"[bold]{escape(play.scenario)}[/]", highlight=False)
        for step in play.steps:
            mark = "[green]ok[/]" if step.ok else "[bold red]no[/]"
            lines = step.seen.splitlines()
            beside = lines[0] if len(lines) == 1 and len(lines[0]) <= _FEW_WORDS else ""
            console.print(
                f"  {mark} {step.seconds:7.2f} s  {escape(step.name):<{width}}  {escape(beside)}".rstrip(),
                highlight=False,
                soft_wrap=True,
            )
            for line in [] if beside else lines:
                console.print(Padding(Text(line), (0, 0, 0, _INDENT)))


_FEW_WORDS = 56
_INDENT = 17


def as_json(stack: str, level: str, shows: str, plays: Sequence[Play]) -> str:
    """The whole report as JSON."""
    content = {
        "stack": stack,
        "level": level,
        "shows": shows,
        "ok": all(play.ok for play in plays),
        "scenarios": [
            {
                "name": play.scenario,
                "ok": play.ok,
                "steps": [
                    {"name": one.name, "seconds": round(one.seconds, 3), "ok": one.ok, "seen": one.seen}
                    for one in play.steps
                ],
            }
            for play in plays
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _shortened(text: str) -> str:
    """One line of a message: of several the first, and the last, which says what it came to."""
    lines = text.strip().splitlines() or [""]
    shown = lines[0] if len(lines) == 1 else f"{lines[0][: _SHORT // 2].rstrip()} … {lines[-1]}"
    return shown if len(shown) <= _LONG else f"{shown[:_LONG]}…"
