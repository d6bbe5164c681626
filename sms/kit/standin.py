"""A stand-in of any operator with an HTTP API: answers as its wire says, with its good manners and its bad ones."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Self

from aiohttp import web

from sms.kit.wire import SHORT, HttpWire, Manner, Taken
from sms.port import Gateway
from store.kit import Failed
from store.values import Answer, Malformed, Received

_PLAIN: Final[dict[Manner, Answer]] = {
    "refused": Answer(400, b"no"),
    "throttled": Answer(429, b"too many"),
    "broken": Answer(503, b"not now"),
}
"""How an operator answers by the status alone, where its wire has no words for it."""


class HttpPeer:
    """The operator of an `HttpWire`."""

    def __init__(self, wire: HttpWire, say: Callable[[Received, str], Awaitable[Answer]]) -> None:
        """Call back by `say`, which takes a request and the secret to use ("" for the right one)."""
        self.wire = wire
        self.statuses = wire.statuses
        named: tuple[Manner, ...] = (*wire.answers, *_PLAIN, "silent")
        self.manners: Sequence[Manner] = tuple(manner for manner in dict.fromkeys(named) if manner != "taken")
        self.seen: list[Taken] = []
        self.plays: list[Manner] = []
        self.early: Callable[[Taken], Awaitable[None]] | None = None
        self.settings: Mapping[str, Any] = {}
        self.hasty: Mapping[str, Any] = {"send_timeout": SHORT}
        self.mistakes: list[str] = []
        self._refused: tuple[Received, int] | None = None
        self._say = say
        self._ids = itertools.count(1)
        self._held = socket.socket()
        self._enough = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin to listen on a free port of this machine."""
        # Bound and never listening: it keeps the port ours while the operator is away, and refuses connections.
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        await self._listen()
        self.settings = self.wire.settings(f"http://127.0.0.1:{self._held.getsockname()[1]}")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        self._enough.set()
        await self._runner.cleanup()
        self._held.close()

    async def message(self, name: str, number: str, text: str) -> bool:
        """Post a message of a phone."""
        return await self._acknowledged(self.wire.message(name, number, text))

    async def report(self, taken: Taken, status: str) -> bool:
        """Post a report."""
        if self.wire.report is None:
            return True
        return await self._acknowledged(self.wire.report(taken, status))

    async def opt_out(self, number: str) -> bool:
        """Post an opt-out."""
        return self.wire.opt_out is None or await self._acknowledged(self.wire.opt_out(number))

    async def raw(self, received: Received, secret: str = "") -> int:
        """The status that any request gets."""
        return (await self._say(received, secret)).status

    def why(self, gateway: Gateway) -> str:
        """What the node answered to the last request, if it refused it, and the reason that the gateway gives."""
        if self._refused is None:
            return ""
        received, status = self._refused
        readers = {"report": gateway.read_report, "optout": gateway.read_optout}
        meant = readers.get(received.tail.partition("/")[0], gateway.read)(received)
        return f": {status}, {meant.reason}" if isinstance(meant, Malformed) else f": {status}"

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Refuse connections for a while."""
        await self._runner.cleanup()
        try:
            yield
        finally:
            await self._listen()

    async def _acknowledged(self, received: Received) -> bool:
        status = (await self._say(received, "")).status
        self._refused = None if status // 100 == 2 else (received, status)  # noqa: PLR2004 - any 2xx
        return self._refused is None

    async def _listen(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._held.getsockname(), reuse_address=True).start()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        received = Received(
            await request.read(),
            method=request.method,
            tail=request.rel_url.path.lstrip("/"),
            query=request.rel_url.raw_query_string,
            headers=request.headers,
        )
        manner = self.plays.pop(0) if self.plays else "taken"
        name = f"id-{next(self._ids)}"
        try:
            asked = self.wire.sends(received)
        except Exception as strange:  # noqa: BLE001 - told by the next case that looks
            self.mistakes.append(f"{received.method} {received.tail} {received.body[:200]!r}: {strange!r}")
            return web.Response(status=400)
        taken = Taken(asked.number, asked.text, name, manner, asked.echo)
        self.seen.append(taken)
        if self.early and manner == "taken":
            await self.early(taken)
        if manner == "silent" and request.transport:
            request.transport.close()
            await asyncio.sleep(0)
        if manner == "hanging":
            await self._enough.wait()
        worded = self.wire.answers.get(manner)
        answer = worded(name) if worded else _PLAIN.get(manner) or self.wire.answers["taken"](name)
        return web.Response(status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type})

    def check(self) -> None:
        """Raise `Failed` when a request was sent that is none of this operator's."""
        if self.mistakes:
            raise Failed(f"the operator cannot read what was sent: {self.mistakes[0]}")
