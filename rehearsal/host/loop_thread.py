"""An event loop in a thread of its own, for servers that ordinary threads talk to."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")
_PATIENCE = 10.0
"""Seconds given to the thread to end."""


class LoopThread:
    """A loop that runs between `start` and `stop`."""

    def __init__(self, name: str) -> None:
        """Prepare; `name` is the thread's, and appears in errors."""
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def runs(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._loop is not None

    def start(self) -> None:
        """Run the loop."""
        loop = asyncio.new_event_loop()
        self._loop = loop
        self._thread = threading.Thread(target=loop.run_forever, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cancel what still runs and end the thread; harmless when nothing runs."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        try:
            asyncio.run_coroutine_threadsafe(_ended(), loop).result(_PATIENCE)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_PATIENCE)
            loop.close()
            self._loop = self._thread = None

    def begin(self, work: Coroutine[Any, Any, _T]) -> "Future[_T]":
        """Let the loop work on this from now on; RuntimeError when it does not run."""
        if self._loop is None:
            work.close()
            raise RuntimeError(f"{self._name}: nothing is running: call start() first")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, _T], timeout: float | None = None) -> _T:
        """What this comes to, waited for; TimeoutError after `timeout` real seconds."""
        return self.begin(work).result(timeout)


async def _ended() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
    await asyncio.get_running_loop().shutdown_default_executor()
