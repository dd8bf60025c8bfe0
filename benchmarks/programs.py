"""One evaluation of a program under mocks, as a process of its own: ours, or the same resources declared flat.

    python -m benchmarks.programs ours|flat STACK COPIES

The flat program is the floor: it makes the same custom resources with the values ours ends up with, written down as plain
values beforehand, so it has no settings to check, no documents to write and nothing to wire.
"""

import importlib
import json
import os
import re
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from rehearsal.program import ROOT, evaluating, plain, stack_config

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


def evaluate(program: Any, stack: str, config: Mapping[str, Any]) -> Recorder:
    """Run a program to its end."""
    recorder = Recorder()
    with evaluating(MockMonitor(recorder), recorder, stack, config):
        pulumi.runtime.test(lambda: program() and None)()
    return recorder


def ours(copies: int) -> Any:
    """Our program, as often as there are applications: each with names of its own."""

    def program() -> None:
        for _ in range(copies):
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    return program


def flat(recorded: Path, copies: int) -> Any:
    """The same custom resources with plain values."""
    resources = json.loads(recorded.read_text(encoding="utf-8"))

    def program() -> None:
        for copy in range(copies):
            for type_, name, inputs in resources:
                _class(type_)(f"{name}-{copy}", **{_snake(key): value for key, value in inputs.items()})

    return program


def _class(token: str) -> Any:
    module, _, name = token.removeprefix("aws:").partition(":")
    return getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def record(path: Path, stack: str) -> int:
    """Write down what our program declares; how many resources that is."""
    made = evaluate(ours(1), stack, stack_config(stack)).made
    path.write_text(json.dumps(made), encoding="utf-8")
    return len(made)


def main() -> None:
    """Evaluate once."""
    kind, stack, copies = sys.argv[1], sys.argv[2], int(sys.argv[3])
    recorded = Path(os.environ["BENCHMARK_RECORDED"])
    program = ours(copies) if kind == "ours" else flat(recorded, copies)
    made = evaluate(program, stack, stack_config(stack)).made
    print(len(made))


if __name__ == "__main__":
    main()
