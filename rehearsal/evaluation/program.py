"""Evaluates the real program with a stack's real YAML, without the Pulumi CLI.

The SDK asks a monitor for every resource the program declares. Here the monitor is ours: what answers is the local cloud of
a rehearsal, or the recorder of a test. The program cannot tell the difference.
"""

import asyncio
import runpy
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockMonitor, Mocks

from rehearsal.errors import StackError
from rehearsal.evaluation import stack_file
from rehearsal.host.project import ROOT
from rehearsal.lambda_.package import ARCHIVE, ASSET

PROJECT = "delivery"

_SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  (the engine's mark for a secret, not a secret)


def stack_config(stack: str, root: Path = ROOT, project: str = PROJECT) -> dict[str, Any]:
    """Configuration of a stack as its YAML has it, keyed with namespaces; `project` is the one of keys without."""
    path = root / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(one.name.split(".")[1] for one in root.glob("Pulumi.*.yaml"))
        raise StackError(f"stack {stack}", f"there is no {path.name}", f"name one of {', '.join(known)}")
    return config_of(path, project)


def config_of(path: Path, project: str = PROJECT) -> dict[str, Any]:
    """Configuration of one stack's file, keyed with namespaces."""
    if not path.exists():
        raise StackError(str(path), "there is no such file", "name a stack's YAML, such as Pulumi.stg.yaml")
    return stack_file.read(path, project)


class Monitor(MockMonitor):
    """The SDK's, with the engine's own URNs: the types of all parents stand in them, where the SDK's keep the nearest."""

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """URN of a resource below `parent`, which is a URN or nothing."""
        above = parent.split("::")[2] if parent else ""
        kind = type_ if above in ("", "pulumi:pulumi:Stack") else f"{above}${type_}"
        return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{kind}::{name}"


@contextmanager
def evaluating(monitor: MockMonitor, mocks: Mocks, stack: str, config: Mapping[str, Any]) -> Generator[None]:
    """Point the SDK at `monitor` for one evaluation, and leave nothing of it behind.

    The SDK keeps its settings, its event loop and its configuration in globals (pulumi#24338), so all of them are set here
    and taken back here. Each thread that asks the monitor gets an event loop too; left to the SDK, those would only be closed
    when they are collected, which fails when their sockets were collected before them.
    """
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_tell)
    of_threads: list[asyncio.AbstractEventLoop] = []

    def begin_thread() -> None:
        own = asyncio.new_event_loop()
        of_threads.append(own)
        asyncio.set_event_loop(own)

    threads = ThreadPoolExecutor(thread_name_prefix="monitor", initializer=begin_thread)
    loop.set_default_executor(threads)
    asyncio.set_event_loop(loop)
    pulumi.runtime.settings.reset_options()
    try:
        pulumi.runtime.set_mocks(mocks, project=PROJECT, stack=stack, monitor=monitor)
        pulumi.runtime.set_all_config({key: stack_file.as_text(value) for key, value in config.items()})
        yield
    except BaseException:
        loop.set_exception_handler(lambda *_: None)  # what fails now follows from what is raised here
        _close(asyncio.all_tasks(loop))
        raise
    finally:
        pulumi.runtime.set_all_config({})
        pulumi.runtime.settings.reset_options()
        # Whoever still answers when its loop is closed would say so with a traceback.
        threads.shutdown(wait=True, cancel_futures=True)
        for one in (loop, *of_threads):
            if not one.is_running():
                one.close()
        asyncio.set_event_loop(None)


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Let asyncio say what it has to say, but not of an interruption: whoever catches that speaks of it."""
    error = context.get("exception")
    if error is None or isinstance(error, Exception):
        loop.default_exception_handler(context)


def _close(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """End what a program left unfinished, before it is collected and says so by itself."""
    for task in tasks:
        coroutine: Any = task.get_coro()
        with suppress(BaseException):
            coroutine.close()


def run_program(root: Path = ROOT) -> None:
    """Run `__main__.py` to its end, every registration included; what it raises, this raises."""
    pulumi.runtime.test(lambda: runpy.run_path(str(root / "__main__.py"), run_name="__main__") and None)()


def _sent(value: pulumi.Asset | pulumi.Archive) -> dict[str, Any]:
    """An asset or archive in the form that providers get (Pulumi's `resource.proto` properties with a signature)."""
    signature = ASSET if isinstance(value, pulumi.Asset) else ARCHIVE
    return {_SIGNATURE_KEY: signature, **{key: plain(inner) for key, inner in vars(value).items()}}


def plain(value: Any) -> Any:
    """A value as the program meant it: secret wrappers taken off, assets and archives as the engine sends them.

    Whole numbers are integers again: on their way through the engine's messages every number becomes a float.
    """
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return _sent(value)
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE_KEY) == _SECRET_SIGNATURE:
            return plain(value["value"])
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
