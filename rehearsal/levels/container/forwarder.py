"""Lets containers reach servers that listen on this machine's loopback address only.

Docker's bridges give this machine an address in each network; the forwarder listens on that address, which nobody outside
the network can reach, so neither the database nor the AWS endpoint has to leave 127.0.0.1.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

from rehearsal.errors import MachineError
from rehearsal.host.loop_thread import LoopThread

_CHUNK = 65_536
_PATIENCE = 10.0


def _everybody() -> bool:
    return True


class Forwarder:
    """Any number of forwarded ports, served by one thread; inside the context."""

    def __init__(self) -> None:
        """Nothing is forwarded yet."""
        self._loop = LoopThread("forwarder")
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        """Start the thread."""
        self._loop.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every port and connection."""
        self._loop.call(self._close(), _PATIENCE)
        self._loop.stop()

    def open(
        self, host: str, port: int, target: tuple[str, int], admits: Callable[[], bool] = _everybody
    ) -> None:
        """Forward `host:port` to `target`; a connection that `admits` answers False to is reset."""

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not admits():
                writer.transport.abort()
                return
            with contextlib.suppress(OSError):
                await _forward(reader, writer, target)
            writer.close()

        self._listen(host, port, forward)

    def _listen(self, host: str, port: int, serve: "_Serve") -> None:
        try:
            server = self._loop.call(asyncio.start_server(serve, host, port), _PATIENCE)
        except OSError as error:
            raise MachineError(
                f"{host}:{port} can't be opened ({error.strerror or error})",
                "containers reach this machine at their network's own address",
                "use a Docker daemon of this machine, or --level process",
            ) from error
        self._servers.append(server)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()


_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]
) -> None:
    there, back = await asyncio.open_connection(*target)
    try:
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
    finally:
        back.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(_CHUNK):
        sink.write(piece)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
