"""Evaluations of a program under mocks, as a process of its own: ours, or the same resources declared flat.

    python -m benchmarks.programs record|ours|flat STACK RECORDED [COPIES ...]

The flat program is the floor: it makes the same custom resources with the values ours ends up with, written down as plain
values beforehand, so it has no settings to check, no documents to write and nothing to wire.
"""

import importlib
import json
import re
import runpy
import sys
import time
from collections.abc import Callable, Mapping
from keyword import iskeyword
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from rehearsal.evaluation.program import evaluating, plain, stack_config
from rehearsal.host.project import ROOT

ACCOUNT = "123456789012"


class Recorder(Mocks):
    """Answers like a cloud would, and remembers what was declared."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, dict[str, Any]]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.typ.startswith("delivery:"):
            self.made.append((args.typ, args.name, plain(args.inputs)))
        arn = f"arn:aws:service:us-east-1:{ACCOUNT}:{args.name}:loadbalancer/app/{args.name}/1"
        answers = {
            "name": args.name,
            "arn": arn,
            "arnSuffix": f"targetgroup/{args.name}/1",
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/shop",
            "dnsName": "example.elb.amazonaws.com",
            "url": "https://sqs.us-east-1.amazonaws.com/queue",
        }
        return f"{args.name}-id", {**answers, **args.inputs}

    def call(self, args: MockCallArgs) -> Any:
        if args.token.endswith("getRegion"):
            return {"region": "us-east-1", "id": "us-east-1"}
        return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/x", "id": ACCOUNT, "userId": "x"}


def evaluate(program: Callable[[], None], stack: str, config: Mapping[str, Any]) -> Recorder:
    """Run a program to its end."""
    recorder = Recorder()
    with evaluating(MockMonitor(recorder), recorder, stack, config):
        pulumi.runtime.test(program)()
    return recorder


def ours(copies: int, config: Mapping[str, Any]) -> Callable[[], None]:
    """Our program, as often as there are applications: each with names of its own."""
    if copies == 1:
        return once
    from benchmarks import copies as several  # noqa: PLC0415  (nothing of it belongs to one evaluation)

    return lambda: several.declare(copies, config)


def once() -> None:
    """Our program as it is."""
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


def flat(copies: int, recorded: Path) -> Callable[[], None]:
    """The same custom resources with plain values."""
    resources = json.loads(recorded.read_text(encoding="utf-8"))

    def program() -> None:
        for copy in range(copies):
            for type_, name, inputs in resources:
                given = {_snake(key): _meant(value) for key, value in inputs.items()}
                _class(type_)(f"{name}-{copy}", **given)

    return program


def record(stack: str, path: Path) -> int:
    """Write down what our program declares; how many resources that is."""
    config = stack_config(stack)
    made = evaluate(ours(1, config), stack, config).made
    path.write_text(json.dumps(made), encoding="utf-8")
    return len(made)


def _class(token: str) -> Any:
    module, _, name = token.removeprefix("aws:").partition(":")
    folder = module.split("/")[0]
    return getattr(importlib.import_module(f"pulumi_aws.{folder}{'_' if iskeyword(folder) else ''}"), name)


def _meant(value: Any) -> Any:
    """A recorded value; an archive of texts as the program gave it."""
    if isinstance(value, Mapping) and "assets" in value:
        return pulumi.AssetArchive(
            {name: pulumi.StringAsset(one["text"]) for name, one in value["assets"].items()}
        )
    return value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _timed(kind: str, stack: str, recorded: Path, copies: int) -> dict[str, float]:
    config = stack_config(stack)
    program = ours(copies, config) if kind == "ours" else flat(copies, recorded)
    begun = time.process_time()
    made = evaluate(program, stack, config).made
    return {"copies": copies, "resources": len(made), "cpu": time.process_time() - begun}


def main() -> None:
    """Record, or evaluate one size after the other; prints what each took."""
    kind, stack, recorded, *sizes = sys.argv[1:]
    if kind == "record":
        print(record(stack, Path(recorded)))
        return
    print(json.dumps([_timed(kind, stack, Path(recorded), int(size)) for size in sizes]))


if __name__ == "__main__":
    main()
