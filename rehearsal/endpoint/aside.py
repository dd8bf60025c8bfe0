"""Work that may wait, done beside the endpoint's own thread, as much of it at a time as is asked for.

A pool would have an end: functions that wait for each other through the endpoint would fill it, and a program that ends would wait
for them.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable

from rehearsal.endpoint.asgi import Answer


async def aside(work: Callable[[], Answer]) -> Answer:
    """What `work` answers in a thread of its own, or what it raises."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Answer] = loop.create_future()

    def tell(answer: Answer | None, error: BaseException | None) -> None:
        if done.done():  # whoever asked has hung up
            return
        if error is not None:
            done.set_exception(error)
        elif answer is not None:
            done.set_result(answer)

    def run() -> None:
        answer: Answer | None = None
        error: BaseException | None = None
        try:
            answer = work()
        except BaseException as raised:  # noqa: BLE001  (raised again where it is waited for)
            error = raised
        with contextlib.suppress(RuntimeError):  # the endpoint has stopped, and nobody waits
            loop.call_soon_threadsafe(tell, answer, error)

    threading.Thread(target=run, name="operation", daemon=True).start()
    return await done
