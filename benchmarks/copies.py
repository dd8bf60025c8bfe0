"""Several applications in one stack: our program run once for each, with names of its own.

A user would keep one stack per application; this only makes programs of any size out of the real one.
"""

import json
import runpy
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import pulumi
import pulumi.resource

from rehearsal.program import ROOT


def declare(copies: int, config: Mapping[str, Any]) -> None:
    """Run our program for so many applications; `config` is the stack's, as its YAML has it."""
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    application = texts["delivery:application"]
    for copy in range(copies):
        pulumi.runtime.set_all_config({**texts, "delivery:application": f"{application}{copy}"})
        with _named_apart(f"-{copy}"):
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


@contextmanager
def _named_apart(suffix: str) -> Generator[None]:
    """Let every resource made inside end its logical name on `suffix`: the real engine refuses a URN twice."""
    module: Any = pulumi.resource
    register = module.register_resource

    def registered(resource: Any, type_: str, name: str, *rest: Any) -> Any:
        return register(resource, type_, name + suffix, *rest)

    module.register_resource = registered
    try:
        yield
    finally:
        module.register_resource = register
