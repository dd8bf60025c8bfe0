"""Runs a Pulumi program of somebody's own, by its own interpreter and beside its own modules.

Started as a script by `own_program.py`, so it imports nothing of this project but what the program has installed. Its one
argument is a JSON file: what to run and where to answer. As a preview does, it leaves unknown what nobody has made.
"""

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def main(order: Mapping[str, Any]) -> None:
    """Run the program; the answer says how it ended."""
    answer = Path(order["answer"])

    def tell(**said: Any) -> None:
        answer.write_text(json.dumps(said), encoding="utf-8")

    sys.path.insert(0, str(Path(order["main"]).parent))
    try:
        run(order, tell)
    except SystemExit as ended:
        tell(error=f"it ended itself by sys.exit({ended.code!r})", where=None)
    except BaseException as error:  # noqa: BLE001  (whatever it is, the rehearsal tells it)
        told = type(error).__name__ == "RunError"  # its sentence is meant to be read alone
        tell(
            error=str(error) if told else f"{type(error).__name__}: {error}",
            where=None if told else _where(error, Path(order["main"]).parent),
        )
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a program's own threads may wait for what never comes


def run(order: Mapping[str, Any], tell: Callable[..., None]) -> None:
    """Run it as Pulumi's own language host does, connected to the monitor of the rehearsal."""
    import pulumi  # noqa: PLC0415  (whatever is missing is told)

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    if order["ask"]:
        ask(tell)
    pulumi.runtime.set_all_config(order["config"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=order["project"],
            stack=order["stack"],
            monitor=order["monitor"],
            engine=order["monitor"],
            dry_run=True,
            organization="organization",
            root_directory=order["root"],
        )
    )
    os.chdir(Path(order["main"]).parent)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    sys.argv = [order["main"]]

    def program() -> None:
        runpy.run_path(order["main"], run_name="__main__")

    loop.run_until_complete(pulumi.runtime.run_in_stack(program))
    tell(error=None, where=None)


def ask(tell: Callable[..., None]) -> None:
    """Let the program's call of `declare` be its end: what it was given is the answer."""
    import image_delivery  # noqa: PLC0415

    def declare(settings: Mapping[str, Any] | None = None) -> None:
        image_delivery.read(settings)
        tell(settings=settings or {})
        sys.stdout.flush()
        os._exit(0)

    image_delivery.declare = declare  # pyright: ignore[reportAttributeAccessIssue]  (it never returns)


def _where(error: BaseException, folder: Path) -> str | None:
    """The last line of the program's own that led there."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder) and "site-packages" not in frame.filename
    ]
    return f"{Path(frames[-1].filename).relative_to(folder)}, line {frames[-1].lineno}" if frames else None


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
