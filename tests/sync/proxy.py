"""A link with bad manners between a node and an agency: what it does to each connection is a test's to say."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Literal, Self

from tests.ports import free_port

Manner = Literal[
    "pass", "refuse", "hang", "cut_request", "cut_answer", "fail_after", "fail_before", "twice", "portal", "empty"
]
MANNERS: tuple[Manner, ...] = (
    "refuse",
    "cut_request",
    "cut_answer",
    "fail_after",
    "fail_before",
    "twice",
    "portal",
    "empty",
)

_PORTAL = b"<html><body>Welcome to FreeWiFi. Please sign in.</body></html>"


def _plain(status: str, body: bytes, kind: str = "text/html") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


class Proxy:
    """Takes one request a connection, so that a manner hits exactly one request."""

    def __init__(self, target: int, manner: Callable[[], Manner] = lambda: "pass") -> None:
        self.port = free_port()
        self.manner = manner
        self.requests: list[bytes] = []
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

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
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._one(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(  # noqa: C901 - one branch for each manner
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        request = await _request(reader)
        if request.startswith(b"GET"):
            writer.write(await self._forward(request))
            await writer.drain()
            return
        self.requests.append(request)
        manner = self.manner()
        match manner:
            case "refuse":
                return
            case "hang":
                await asyncio.sleep(3600)
            case "cut_request":
                await self._cut(request)
            case "cut_answer":
                answer = await self._forward(request)
                writer.write(answer[: len(answer) * 2 // 3])
            case "fail_after":
                await self._forward(request)
                writer.write(_plain("500 Internal Server Error", b"oops"))
            case "fail_before":
                writer.write(_plain("500 Internal Server Error", b"oops"))
            case "twice":
                await self._forward(request)
                writer.write(await self._forward(request))
            case "portal":
                writer.write(_plain("200 OK", _PORTAL))
            case "empty":
                await self._forward(request)
                writer.write(_plain("200 OK", b"", "application/json"))
            case "pass":
                writer.write(await self._forward(request))
        await writer.drain()

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._target)
        writer.write(_closing(request))
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer

    async def _cut(self, request: bytes) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self._target)
        writer.write(request[: len(request) - 10])
        await writer.drain()
        writer.close()


def _closing(request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    return head + b"\r\nConnection: close\r\n\r\n" + body


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)


def in_turn(*manners: Manner) -> Callable[[], Manner]:
    """Return manners one after the other, and then let everything pass."""
    left: Iterator[Manner] = iter(manners)
    return lambda: next(left, "pass")
