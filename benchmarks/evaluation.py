"""Our program beside the same resources declared flat with pulumi_aws, under the same mocks."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from benchmarks.figure import Aim, Figure, Result, seconds
from benchmarks.measure import Program, Run, Spread, cpus, in_turns, python, ratios, run, walls

STACK = "stg"
SMALL, LARGE = 10, 100


def measure(runs: int) -> Result:
    """Whole processes, then many applications in one of them."""
    with tempfile.TemporaryDirectory() as folder:
        recorded = str(Path(folder) / "recorded.json")
        resources = run(_program("record", recorded)).output.strip()
        ours, flat = in_turns([_program("ours", recorded, "1"), _program("flat", recorded, "1")], runs)
        sizes = ("1", *(str(size) for size in (SMALL, LARGE, SMALL)))
        many, flat_many = in_turns(
            [_program("ours", recorded, *sizes), _program("flat", recorded, *sizes)], max(1, runs // 3)
        )
    growth, flat_growth = [_growth(one) for one in many], [_growth(one) for one in flat_many]
    return Result(
        [
            _beside("process, wall", walls(ours), walls(flat)),
            _beside("process, CPU", cpus(ours), cpus(flat)),
            Figure(
                f"{LARGE} applications over {LARGE} x the marginal one, CPU", Spread.of(growth), aim=Aim(1.05)
            ),
        ],
        [
            f"{resources} custom resources of stack {STACK}; the marginal application is one of {SMALL} in a loaded process",
            f"marginal application: ours {Spread.of([_marginal(one) for one in many])} s of CPU",
            f"marginal application: flat {Spread.of([_marginal(one) for one in flat_many])} s of CPU",
            f"flat grows by {Spread.of(flat_growth)} x: what the SDK itself does with so many resources in one program",
        ],
    )


def _program(kind: str, recorded: str, *sizes: str) -> Program:
    return Program(f"{kind} program", python("benchmarks.programs", kind, STACK, recorded, *sizes))


def _beside(what: str, ours: Sequence[float], flat: Sequence[float]) -> Figure:
    beside = f"{seconds('ours', ours)}, {seconds('flat', flat)}"
    return Figure(what, ratios(ours, flat), aim=Aim(1.15), beside=beside)


def _marginal(one: Run) -> float:
    """CPU seconds of one application among a few: the small sizes around the large one."""
    return mean(size["cpu"] / SMALL for size in json.loads(one.output) if size["copies"] == SMALL)


def _growth(one: Run) -> float:
    large = next(size["cpu"] for size in json.loads(one.output) if size["copies"] == LARGE)
    return large / (LARGE * _marginal(one))
