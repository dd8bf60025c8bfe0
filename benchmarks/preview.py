"""`pulumi preview` and `pulumi up` through the real engine, with the local cloud behind the provider."""

import json
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.evaluation import STACK
from benchmarks.figure import Aim, Figure, Result, seconds
from benchmarks.measure import Program, Run, Spread, in_turns, python, ratios, run
from rehearsal.pulumi_engine.find_cli import find_cli

SIZES = (1, 10, 50)
UP_SIZES = (1, 5, 10)


def missing() -> str | None:
    """No Pulumi CLI."""
    return (
        None
        if find_cli()
        else "there is no Pulumi CLI; install one, or build one with `make pulumi` where Go is"
    )


def measure(runs: int) -> Result:
    """Our program beside the flat one, then ours with more and more applications."""
    with _recorded() as recorded:
        ours, flat = in_turns(
            [_program("ours", "preview", recorded, 1), _program("flat", "preview", recorded, 1)], runs
        )
        grown = in_turns([_program("ours", "preview", recorded, size) for size in SIZES], max(1, runs // 3))
        flat_grown = in_turns([_program("flat", "preview", recorded, size) for size in SIZES], 1)
    took, floor = _seconds(ours), _seconds(flat)
    resources = json.loads(ours[0].output)["resources"]
    growth = [_growth([_took(one) for one in times]) for times in zip(*grown, strict=True)]
    return Result(
        [
            Figure(
                f"preview of {STACK}",
                ratios(took, floor),
                aim=Aim(1.15),
                beside=f"{seconds('ours', took)}, {seconds('flat', floor)}",
            ),
            Figure(
                f"an application among {SIZES[2]} over one among {SIZES[1]}", Spread.of(growth), aim=Aim(1.10)
            ),
        ],
        [
            f"each of the {resources} custom resources, loading included: ours {_milliseconds(took, resources)}",
            f"each of the {resources} custom resources, loading included: flat {_milliseconds(floor, resources)}",
            _sizes("ours", SIZES, grown),
            _sizes("flat", SIZES, flat_grown),
        ],
    )


def measure_up(runs: int) -> Result:
    """`up` on an empty file backend."""
    with _recorded() as recorded:
        columns = [[run(_program("ours", "up", recorded, size)) for _ in range(runs)] for size in UP_SIZES]
    first, *others = columns
    return Result(
        [
            Figure(
                f"up of {size} applications over {size} x one",
                ratios(_seconds(column), [size * one for one in _seconds(first)]),
            )
            for size, column in zip(UP_SIZES[1:], others, strict=True)
        ],
        [_sizes("ours", UP_SIZES, columns), "the file backend writes the whole state at every step"],
    )


@contextmanager
def _recorded() -> Generator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "recorded.json")
        run(Program("recording", python("benchmarks.programs", "record", STACK, path)))
        yield path


def _program(kind: str, operation: str, recorded: str, size: int) -> Program:
    return Program(
        f"{operation}, {kind}", python("benchmarks.previewing", kind, operation, recorded, str(size))
    )


def _milliseconds(values: Sequence[float], resources: int) -> str:
    return f"{Spread.of([1000 * one / resources for one in values])} ms"


def _took(one: Run) -> float:
    return json.loads(one.output)["seconds"]


def _seconds(runs: Sequence[Run]) -> list[float]:
    return [_took(one) for one in runs]


def _growth(times: Sequence[float]) -> float:
    """Seconds of an application between the larger sizes over one between the smaller."""
    small, middle, large = SIZES
    return ((times[2] - times[1]) / (large - middle)) / ((times[1] - times[0]) / (middle - small))


def _sizes(name: str, sizes: Sequence[int], columns: Sequence[Sequence[Run]]) -> str:
    parts = [f"{size}: {Spread.of(_seconds(column))} s" for size, column in zip(sizes, columns, strict=True)]
    return f"{name}, applications in one stack: {', '.join(parts)}"
