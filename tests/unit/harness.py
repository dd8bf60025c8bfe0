"""Evaluates components or the real program under a recorder, which keeps what was SENT for every resource.

Everything is asserted after the evaluation has ended: only then is it certain that nothing more registers.
"""

import asyncio
import copy
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.settings import get_root_resource

from components.kit.stack import Stack
from documents.names import Names
from documents.place import Place
from rehearsal.evaluation.program import Monitor, evaluating, plain, run_program, stack_config
from settings import Settings, parse
from tests.unit.answers import ACCOUNT, Answers

STACKS = ("stg", "prd")
PLACE = Place(ACCOUNT, "us-east-1")
NAMES = Names("shop", "stg")

P = ParamSpec("P")
T = TypeVar("T")

Config = dict[str, Any]
Change = Callable[[Config], None]


@dataclass(frozen=True)
class Sent:
    """One registration as the program sent it."""

    urn: str
    request: Any
    raw: Mapping[str, Any]
    """Inputs, secrets still wrapped."""

    @property
    def type(self) -> str:
        return self.request.type

    @property
    def name(self) -> str:
        return self.request.name

    @property
    def parent(self) -> str:
        return self.request.parent

    @cached_property
    def inputs(self) -> Any:
        return _whole(plain(self.raw))

    @property
    def protected(self) -> bool:
        return self.request.protect

    @property
    def ignored(self) -> set[str]:
        return set(self.request.ignoreChanges)

    @property
    def depends_on(self) -> set[str]:
        return set(self.request.dependencies)


class Graph(Monitor):
    """Everything one evaluation declared, options included; a repeated URN is refused."""

    def __init__(self, account: str = ACCOUNT) -> None:
        super().__init__(Answers(account))
        self.sent: dict[str, Sent] = {}
        self.exports: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  (the SDK calls it)
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self.sent:
            raise ValueError(f"{urn} is declared twice; the engine refuses that")
        if request.type != "pulumi:pulumi:Stack":
            self.sent[urn] = Sent(urn, request, rpc.deserialize_properties(request.object))
        return super().RegisterResource(request)

    def all(self, type_: str) -> list[Sent]:
        """Everything of a type, given by its last word: `Role`, `Pipeline`."""
        return [one for one in self.sent.values() if one.type.rpartition(":")[2] == type_]

    def one(self, type_: str, name: str | None = None) -> Sent:
        """The only one of a type, or the one of that logical name."""
        found = [one for one in self.all(type_) if name in (None, one.name)]
        assert len(found) == 1, f"one {type_} {name or ''} expected, found {[one.name for one in found]}"
        return found[0]

    def outputs(self, one: Sent) -> Mapping[str, Any]:
        """What the cloud answered for it."""
        return self.resources[one.urn].state


def remembered(evaluate: Callable[P, T]) -> Callable[P, T]:
    """Evaluate once for each set of arguments: what was sent is only read, and an evaluation costs a tenth of a second."""
    done: dict[str, T] = {}

    @wraps(evaluate)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        key = json.dumps([args, kwargs], sort_keys=True, default=repr)
        if key not in done:
            done[key] = evaluate(*args, **kwargs)
        return done[key]

    return answer


def deployed(build: Callable[[], object], config: Mapping[str, Any] | None = None) -> Graph:
    """What `build` declares, alone, in stack stg."""
    graph = Graph()
    with evaluating(graph, graph.mocks, "stg", config or {}), _nothing_left():
        pulumi.runtime.test(lambda: build() and None)()
    return graph


def deployed_stack(stack: str, change: Change | None = None, account: str = ACCOUNT) -> Graph:
    """What the real program declares for a stack's real YAML, which `change` may edit first."""
    if change is None and account == ACCOUNT:
        return _unchanged(stack)
    config = copy.deepcopy(_config(stack))
    if change:
        change(config)
    return _evaluated(stack, config, account)


def deployed_config(stack: str, config: Mapping[str, Any]) -> Graph:
    """What the real program declares for a whole configuration."""
    return _evaluated(stack, dict(config), ACCOUNT)


@cache
def _config(stack: str) -> Config:
    return stack_config(stack)


@cache
def _unchanged(stack: str) -> Graph:
    return _evaluated(stack, _config(stack), ACCOUNT)


def _evaluated(stack: str, config: Config, account: str) -> Graph:
    graph = Graph(account)
    with evaluating(graph, graph.mocks, stack, config), _nothing_left():
        try:
            run_program()
        except Exception as error:
            error.add_note(f"{len(graph.sent)} resources were declared before")
            raise
        graph.exports = asyncio.get_event_loop().run_until_complete(_exports())
    return graph


async def _exports() -> dict[str, Any]:
    root: Any = get_root_resource()
    return _whole(await pulumi.Output.from_input(dict(root.outputs)).future())


@contextmanager
def _nothing_left() -> Generator[None]:
    """End what still waits when an evaluation was refused, so that no later test hears of it."""
    try:
        yield
    finally:
        loop = asyncio.get_event_loop()
        waiting = asyncio.all_tasks(loop)
        for task in waiting:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))


def _whole(value: Any) -> Any:
    """Numbers travel as floating point; a whole one was an integer."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return value


def raw_settings(stack: str = "stg") -> Config:
    """The stack's YAML as `settings.parse` takes it."""
    prefix = "delivery:"
    config = copy.deepcopy(_config(stack))
    return {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}


def stack(change: Change | None = None, names: Names = NAMES) -> Stack:
    """Stack stg of the example account, its settings edited first."""
    return Stack(settings=settings(change), names=names, place=PLACE)


def settings(change: Change | None = None, stack: str = "stg") -> Settings:
    """The stack's settings, edited first."""
    raw = raw_settings(stack)
    if change:
        change(raw)
    return parse(raw)
