"""Somebody between Kannel and the node who sees what they say to each other, and may hold an answer of sendsms back."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

from tests.ports import free_port


@dataclass
class Middle:
    """Forwards to the node what comes for it, and all else to the smsbox.

    Attributes:
        hold: keep back what sendsms answers until the node has taken a report of that message.
        answers: what sendsms has answered. early: messages of which a report was taken before their answer came.
    """

    node: int
    smsbox: int
    port: int = field(default_factory=free_port)
    hold: bool = False
    answers: Counter[str] = field(default_factory=Counter)
    early: set[str] = field(default_factory=set)
    _reported: dict[str, asyncio.Event] = field(default_factory=dict)

    async def forward(self, request: web.Request) -> web.Response:
        """Carry one request there and its answer back."""
        ours = request.path.startswith("/gateways/")
        url = URL(f"http://127.0.0.1:{self.node if ours else self.smsbox}{request.raw_path}", encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.startswith(("X-Kannel", "Content-T"))}
        body = await request.read()
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.request(request.method, url, data=body or None, headers=headers) as answer,
            ):
                said = await answer.read()
        except aiohttp.ClientError:
            # Nobody is there, so it is neither done nor forgotten.
            return web.Response(status=502)
        if ours:
            if "/report" in request.path and answer.status == web.HTTPOk.status_code:
                self._event(request.query["mark"]).set()
        else:
            await self._answered(URL(request.query["dlr-url"]).query["mark"], answer.status, said.decode())
        return web.Response(status=answer.status, body=said)

    async def _answered(self, mark: str, status: int, said: str) -> None:
        self.answers[f"{status} {said.strip()}"] += 1
        if self.hold and status == web.HTTPAccepted.status_code:
            await self._event(mark).wait()
            self.early.add(mark)

    def _event(self, mark: str) -> asyncio.Event:
        return self._reported.setdefault(mark, asyncio.Event())


@contextlib.asynccontextmanager
async def middle(node: int, smsbox: int) -> AsyncIterator[Middle]:
    """A running one."""
    made = Middle(node, smsbox)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    try:
        yield made
    finally:
        await runner.cleanup()
