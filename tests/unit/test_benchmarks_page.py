"""benchmarks/README.md, held to the code."""

import ast
import re

from benchmarks.__main__ import BENCHMARKS
from rehearsal.host.project import ROOT

FOLDER = ROOT / "benchmarks"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| `")
    )
}


def _aims(module: str) -> list[str]:
    """The aims that a benchmark's module writes down, as the table has them."""
    calls = [
        node
        for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Aim"
    ]
    return [
        f"{'>=' if call.keywords else '<='} {call.args[0].value:g}"
        for call in calls
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, float | int)
    ]


def test_every_benchmark_has_its_row_with_its_runs() -> None:
    assert {name: int(cells[4]) for name, cells in ROWS.items()} == {
        name: one.runs for name, one in BENCHMARKS.items()
    }


def test_the_aims_are_those_of_the_code() -> None:
    written = sorted({aim for cells in ROWS.values() for aim in re.findall(r"[<>]= [\d.]+", cells[3])})
    modules = {one.run.__module__.rpartition(".")[2] for one in BENCHMARKS.values()}
    assert written == sorted({aim for module in modules for aim in _aims(module)})


def test_every_file_that_the_page_names_is_there() -> None:
    named = {one for one in re.findall(r"`([\w/]+(?:\.py|\.sh|/))`", PAGE) if one != "__main__.py"}
    assert {"measure.py", "bare/process.sh", "peers/cdk/"} <= named
    assert [one for one in named if not (FOLDER / one).exists()] == []
