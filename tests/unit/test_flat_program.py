"""The floor of the benchmarks: what our program declares, declared again with plain values."""

import json
from pathlib import Path

from benchmarks import programs
from rehearsal.evaluation.program import stack_config


def test_the_flat_program_declares_every_resource_of_ours_with_the_same_values(tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.json"
    config = stack_config("stg")
    made = programs.evaluate(programs.ours(1, config), "stg", config).made
    recorded.write_text(json.dumps(made), encoding="utf-8")

    again = programs.evaluate(programs.flat(1, recorded), "stg", config).made

    found = {(type_, name): inputs for type_, name, inputs in again}
    assert found == {(type_, f"{name}-0"): inputs for type_, name, inputs in made}, (
        "a floor that does less than the program makes the program look slow"
    )
