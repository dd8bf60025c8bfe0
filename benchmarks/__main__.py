"""Measures: each figure a ratio of things run in turns, beside its aim.

python -m benchmarks [NAME ...] [--runs N] [--json]

An aim that is missed is said and is no failure; a program that could not be measured is one.
"""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from benchmarks import cdk, container, evaluation, first_release, fresh, preview
from benchmarks.figure import Benchmark
from benchmarks.measure import BenchmarkFailed
from benchmarks.report import Report, as_json, machine, show

BENCHMARKS = {
    one.name: one
    for one in (
        Benchmark(
            "evaluation",
            "the program under mocks, beside the same resources declared flat with pulumi_aws",
            evaluation.measure,
        ),
        Benchmark(
            "first-release",
            "a warm rehearsal at level process until v1 answers, beside a bare script of the same real work",
            first_release.measure,
            missing=first_release.missing,
        ),
        Benchmark(
            "container",
            "a warm rehearsal at level container until v1 answers, beside a bare script of the same real work",
            container.measure,
            missing=container.missing,
        ),
        Benchmark(
            "fresh",
            "a fresh clone in an empty home to the end of its first rehearsal",
            fresh.measure,
            runs=1,
            missing=fresh.missing,
        ),
        Benchmark(
            "preview",
            "`pulumi preview` through the real engine, beside a flat program of the same resources",
            preview.measure,
            missing=preview.missing,
        ),
        Benchmark(
            "up",
            "`pulumi up` on a file backend with more and more applications in one stack",
            preview.measure_up,
            runs=1,
            missing=preview.missing,
        ),
        Benchmark(
            "cdk",
            "evaluating the program under mocks, beside synthesizing the same pipeline with the AWS CDK in Python",
            cdk.measure,
            missing=cdk.missing,
        ),
    )
}
"""Every benchmark by its name."""


def main(arguments: Sequence[str]) -> int:
    """Measure; 0 when everything that this machine has the parts for could be measured."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, as ratios in one run."
    )
    parser.add_argument("name", nargs="*", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--runs", type=int, help="how often each side runs; default: the benchmark's own")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON; progress, and each figure when it is known, goes to stderr anyway",
    )
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.name if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    if chosen.runs is not None and chosen.runs < 1:
        parser.error(f"--runs {chosen.runs}: measure at least once")
    where = machine()
    report, failed = Report(), False
    for benchmark in [BENCHMARKS[name] for name in chosen.name or BENCHMARKS]:
        failed |= not _measured(benchmark, chosen.runs or benchmark.runs, report)
    if chosen.json:
        print(as_json(where, report))
    else:
        show(where, report, BENCHMARKS, Console(width=max(150, Console().width)))
    return int(failed)


def _measured(benchmark: Benchmark, runs: int, report: Report) -> bool:
    missing = benchmark.missing()
    if missing:
        report.left_out[benchmark.name] = missing
        return True
    print(f"measuring {benchmark.name}: {benchmark.shows}", file=sys.stderr, flush=True)
    try:
        found = report.results[benchmark.name] = benchmark.run(runs)
    except BenchmarkFailed as error:
        report.left_out[benchmark.name] = f"FAILED: {error}"
        return False
    for figure in found.figures:
        print(
            f"  {figure.what}: {figure.value} {figure.unit} {figure.verdict}".rstrip(),
            file=sys.stderr,
            flush=True,
        )
    return True


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
