"""Several applications in one stack: our program run once for each, with names of its own.

A user would keep one stack per application; this only makes programs of any size out of the real one. Account and Region are
asked for once, as a program for several applications would: the SDK waits for such an answer by stepping its event loop,
which costs more the more resources are on their way.
"""

import json
import runpy
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import pulumi
import pulumi.resource
import pulumi_aws

from rehearsal.host.project import ROOT


def declare(copies: int, config: Mapping[str, Any]) -> None:
    """Run our program for so many applications; `config` is the stack's, as its YAML has it."""
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    application = texts["delivery:application"]
    with ExitStack() as ends:
        for question in ("get_caller_identity", "get_region"):
            ends.enter_context(_instead(pulumi_aws, question, cache))
        for copy in range(copies):
            pulumi.runtime.set_all_config({**texts, "delivery:application": f"{application}{copy}"})
            with _instead(pulumi.resource, "register_resource", _named_apart(f"-{copy}")):
                runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


def _named_apart(suffix: str) -> Callable[[Any], Any]:
    """Every resource's logical name ends on `suffix`: the real engine refuses a URN twice."""

    def change(register: Any) -> Any:
        return lambda resource, type_, name, *rest: register(resource, type_, name + suffix, *rest)

    return change


@contextmanager
def _instead(module: Any, name: str, change: Callable[[Any], Any]) -> Generator[None]:
    """Replace a module's function by what `change` makes of it."""
    before = getattr(module, name)
    setattr(module, name, change(before))
    try:
        yield
    finally:
        setattr(module, name, before)
