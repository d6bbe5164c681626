"""A line with every fault that a line can have, byte by byte, between a node and an agency on one machine."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from tests.ports import free_port

_CHUNK: Final = 4096
_PORTAL: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 46\r\nConnection: close\r\n\r\n"
    b"<html>Welcome to FreeWiFi. Please sign in</html>"[:46]
)


@dataclass(frozen=True, slots=True)
class Manner:
    """What happens to one connection.

    Attributes:
        up, down: bytes that pass from the node, and to it, before the connection is cut; -1: all.
        deaf, mute: what the node sends, or what it is sent, disappears while the connection stays open.
        rate: bits a second in either direction, 0: no limit. portal: a hotspot answers in the agency's place.
        keep: what the node sent is kept, to arrive once more later; with `deaf` it arrives only then.
    """

    refuse: bool = False
    up: int = -1
    down: int = -1
    deaf: bool = False
    mute: bool = False
    rate: int = 0
    portal: bool = False
    keep: bool = False


GOOD: Final = Manner()


@dataclass
class Line:
    """Listens at `url` and carries to `target`; what it does is asked of `manner` for each connection."""

    target: int
    manner: Callable[[], Manner] = lambda: GOOD
    port: int = field(default_factory=free_port)
    up: int = 0
    down: int = 0
    connections: int = 0
    kept: list[bytes] = field(default_factory=list)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hang_up(self) -> None:
        """Cut whatever is open."""
        for writer in self._writers:
            writer.transport.abort()

    async def replay(self) -> None:
        """Let arrive, once more and in any order, everything that was kept."""
        for request in random.Random(len(self.kept)).sample(self.kept, len(self.kept)):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
            writer.write(request)
            await writer.drain()
            with contextlib.suppress(TimeoutError, ConnectionError):
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            writer.transport.abort()
        self.kept.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError, OSError):
                await self._carry(reader, writer, self.manner())
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, manner: Manner) -> None:
        if manner.refuse:
            return
        if manner.portal:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_PORTAL)
            await writer.drain()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers.add(far_writer)
        try:
            ways = [self._pump(reader, far_writer, manner, up=True), self._pump(far_reader, writer, manner, up=False)]
            tasks = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, manner: Manner, *, up: bool
    ) -> None:
        """Carry one direction until it ends or is to be cut."""
        left = manner.up if up else manner.down
        silent = manner.deaf if up else manner.mute
        kept = bytearray()
        free_at = time.monotonic()
        try:
            while left != 0 and (data := await source.read(_CHUNK if left < 0 else min(left, _CHUNK))):
                self._count(len(data), up=up)
                if up and manner.keep:
                    kept += data
                left -= len(data) if left > 0 else 0
                if manner.rate:
                    free_at = max(free_at, time.monotonic()) + len(data) * 8 / manner.rate
                    await asyncio.sleep(free_at - time.monotonic())
                if not silent:
                    sink.write(data)
                    await sink.drain()
        finally:
            if kept:
                self.kept.append(bytes(kept))

    def _count(self, size: int, *, up: bool) -> None:
        if up:
            self.up += size
        else:
            self.down += size
