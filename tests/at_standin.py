"""A local stand-in of Africa's Talking's HTTP API, with its good manners and its bad ones."""

import asyncio
import itertools
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import parse_qsl

from aiohttp import web

from tests.ports import free_port

Manner = Literal["good", "charset", "empty", "html", "hang", "drop", "no-id"]


@dataclass(frozen=True)
class Play:
    """How one request is treated: an HTTP status, a status code for the recipient, or a bad manner."""

    http: int = 201
    code: int = 101
    manner: Manner = "good"


@dataclass(frozen=True)
class Seen:
    """One request as it was on the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


@dataclass
class Standin:
    """`async with Standin() as at:` serves `POST /version1/messaging` at `at.url`."""

    port: int = field(default_factory=free_port)
    seen: list[Seen] = field(default_factory=list)
    plays: deque[Play] = field(default_factory=deque)
    # Called with the message's id and number before the answer goes out: where an early report comes from.
    before_answer: Callable[[str, str], Awaitable[None]] | None = None
    after_answer: Callable[[str, str], Awaitable[None]] | None = None
    chance: Callable[[], Play] | None = None
    # What phones may have got: (number, text), also where the sender was not told so.
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/version1/messaging", self._messaging)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _messaging(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(request.path, dict(request.headers), await request.read())
        self.seen.append(seen)
        play = self.plays.popleft() if self.plays else self.chance() if self.chance else Play()
        to = seen.form.get("to", "")
        if play.http == 201 and play.code // 100 == 1 and play.manner != "empty":
            self.taken[to, seen.form.get("message", "")] += 1
        name = f"ATXid_{next(self._ids)}"
        if play.manner == "hang":
            await asyncio.sleep(60)
        if play.manner == "drop" and request.transport:
            request.transport.close()
        if self.before_answer:
            await self.before_answer(name, to)
        answer = self._answer(play, name, to)
        if self.after_answer:
            asyncio.get_running_loop().call_later(0.01, self._later, name, to)
        return answer

    def _later(self, name: str, to: str) -> None:
        if self.after_answer:
            self._task = asyncio.ensure_future(self.after_answer(name, to))

    def _answer(self, play: Play, name: str, to: str) -> web.Response:
        if play.http != 201:
            return web.Response(status=play.http, text="The supplied authentication is invalid")
        if play.manner == "html":
            return web.Response(status=201, text="<html>Welcome to our hotspot</html>", content_type="text/html")
        if play.manner == "empty":
            return web.json_response({"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}, status=201)
        recipient = {
            "statusCode": play.code,
            "number": to,
            "status": "Success",
            "cost": "KES 0.8000",
            "messageId": name,
        }
        if play.manner == "no-id":
            del recipient["messageId"]
        body = {"SMSMessageData": {"Message": "Sent to 1/1 Total Cost: KES 0.8000", "Recipients": [recipient]}}
        answer = web.json_response(body, status=201)
        if play.manner == "good":
            # The SDK parses the answer only when the type stands alone.
            answer.headers["Content-Type"] = "application/json"
        return answer
