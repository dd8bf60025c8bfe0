"""Shows what the benchmarks found: a table, or JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Benchmark, Result


@dataclass
class Report:
    """What was found so far."""

    results: dict[str, Result] = field(default_factory=dict[str, Result])
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    """Why a benchmark did not run, by its name: what was missing, or how it failed."""


def machine() -> str:
    """What the figures were measured on, and how busy it was."""
    busy = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    warning = "; other work was running, so trust the ratios and not the seconds" if busy > cores / 2 else ""
    return f"{cores} cores, Python {platform.python_version()}, load {busy:.1f} at the start{warning}"


def as_json(where: str, report: Report) -> str:
    """Everything, for programs."""
    results = {
        name: {"figures": [one.as_dict() for one in result.figures], "notes": list(result.notes)}
        for name, result in report.results.items()
    }
    return json.dumps({"machine": where, "results": results, "left_out": report.left_out}, indent=2)


def show(where: str, report: Report, benchmarks: Mapping[str, Benchmark], console: Console) -> None:
    """A table of figures, the notes below it, and what was left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("benchmark", "figure", "median (least-most)", "aim", "", "made of"):
        table.add_column(heading, overflow="fold")
    for name, result in report.results.items():
        for row, figure in enumerate(result.figures):
            aim = str(figure.aim) if figure.aim else ""
            label = name if row == 0 else ""
            table.add_row(
                label, figure.what, f"{figure.value} {figure.unit}", aim, figure.verdict, figure.beside
            )
    console.print(table)
    for name, result in report.results.items():
        _notes(f"{name}: {benchmarks[name].shows}", result.notes, console)
    for name, why in report.left_out.items():
        console.print(f"left out: {name}: {why}", soft_wrap=True, markup=False)
    console.print(f"measured on {where}", soft_wrap=True, markup=False)


def _notes(heading: str, notes: Sequence[str], console: Console) -> None:
    console.print(f"\n{heading}", soft_wrap=True, markup=False, highlight=False)
    for note in notes:
        console.print(f"  {note}", soft_wrap=True, markup=False, highlight=False)
