"""Work that may wait, done beside the endpoint's own thread, as much of it at a time as is asked for.

A pool would have an end: functions that wait for each other through the endpoint would fill it, and a program that ends would wait
for them.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


async def aside(work: Callable[[], _T]) -> _T:
    """What `work` answers in a thread of its own, or what it raises."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def tell(how: Callable[[Any], None], what: Any) -> None:
        if not done.done():  # else whoever asked has hung up
            how(what)

    def run() -> None:
        try:
            told: tuple[Callable[[Any], None], Any] = (done.set_result, work())
        except BaseException as raised:  # noqa: BLE001  (raised again where it is waited for)
            told = (done.set_exception, raised)
        with contextlib.suppress(RuntimeError):  # the endpoint has stopped, and nobody waits
            loop.call_soon_threadsafe(tell, *told)

    threading.Thread(target=run, name="operation", daemon=True).start()
    return await done
