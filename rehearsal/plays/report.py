"""What a rehearsal tells people: a timeline while it goes, then a table of steps."""

import errno
import threading
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from rehearsal.plays.play import Play, Step
from rehearsal.world import text
from rehearsal.world.journal import Entry

_SHORT = 160
_LONG = 320


class Timeline:
    """Prints every entry and every step as it happens; what others wrote is text, never markup."""

    def __init__(self, console: Console) -> None:
        """Print to `console`."""
        self._console = console
        self._lock = threading.Lock()
        self._ended = False
        self._broken: OSError | None = None

    def entry(self, entry: Entry) -> None:
        """One thing that happened."""
        told = _shortened(entry.message)
        self._print(
            Text.assemble((f"{entry.seconds:7.2f}", "dim"), "  ", (f"{entry.source:<12}", "cyan"), " ", told)
        )

    def end(self) -> None:
        """Print nothing more: what is being stopped is no part of what was played."""
        self._ended = True

    def go_on(self) -> None:
        """Print again: a kept-up rehearsal tells what others start in it."""
        self._ended = False

    def step(self, step: Step) -> None:
        """One step that is over; of one that went wrong, what was seen."""
        seen = [] if step.ok else text.lines(step.seen)
        told = Text.assemble(
            (f"{step.seconds:6.2f}s", "bold"), "  ", _mark(step), "  ", (text.line(step.name), "bold")
        )
        self._print(Text("\n           ").join([told, *map(Text, seen)]))
        if self._broken is not None:  # told here, in the thread that plays: the services' own threads go on
            raise self._broken

    def _print(self, told: Text) -> None:
        """One whole entry: they come from many threads."""
        with self._lock:
            if self._ended:
                return
            try:
                self._console.print(told, highlight=False, soft_wrap=True)
            except SystemExit:  # what rich makes of a closed pipe
                self._broken = BrokenPipeError(errno.EPIPE, "the timeline's reader has gone")
            except OSError as error:
                self._broken = error
            self._ended = self._broken is not None


def table(plays: Sequence[Play], console: Console) -> None:
    """Every step with its result and time, and below it what was seen where that takes more than a few words."""
    width = max(len(step.name) for play in plays for step in play.steps)
    for play in plays:
        console.print(Text(play.scenario, "bold"), highlight=False)
        for step in play.steps:
            seen = text.lines(step.seen) if step.seen else []
            beside = seen[0] if len(seen) == 1 and len(seen[0]) <= _FEW_WORDS else ""
            told = Text.assemble("  ", _mark(step), f" {step.seconds:7.2f} s  {step.name:<{width}}  {beside}")
            told.rstrip()
            console.print(told, highlight=False, soft_wrap=True)
            for line in [] if beside else seen:
                for part in Text(line).wrap(console, max(console.width - _INDENT, _NARROWEST)):
                    part.rstrip()
                    console.print(Text(" " * _INDENT if part else "") + part, highlight=False, soft_wrap=True)


def _mark(step: Step) -> Text:
    return Text("ok", "green") if step.ok else Text("no", "bold red")


_FEW_WORDS = 56
_INDENT = 17
_NARROWEST = 20


def _shortened(message: str) -> str:
    """One line of a message: of several the first, and the last, which says what it came to."""
    said = text.lines(message.strip(), width=_LONG)
    if len(said) == 1:
        return said[0]
    return text.line(f"{said[0][: _SHORT // 2].rstrip()} … {said[-1]}", width=_LONG)
