"""The agency's SMS gateway, and what nodes prepare while they are online: pages for the bearer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import web

from flows.text.lao import fold_digits
from sync.agency import ledger, owed
from sync.agency.book import Book
from sync.agency.settings import MessageSettings
from sync.bearer.page import PageFault, canonical
from sync.serving import body_of, headers_of, signed, stranger
from sync.wire import unpack

LOOK_EVERY: Final = 1.0
_PATIENCE: Final = 20.0
_FIRST_WAIT: Final = 5
_LONGEST_WAIT: Final = 900
_LONGEST: Final = 1000
_NUMBER: Final = frozenset("+0123456789")

_log = structlog.get_logger("agency")


class Messages:
    """The bearer's routes and its sender."""

    def __init__(self, book: Book, settings: MessageSettings) -> None:
        """Take the book and the gateway."""
        self._book = book
        self._settings = settings

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Return the route for nodes under `prefix`."""
        return [web.post(f"{prefix}/bearer/pages", self.pages)]

    def gateway_routes(self) -> list[web.RouteDef]:
        """Return the route that the SMS gateway calls."""
        path = f"/bearer/{self._settings.secret.get_secret_value()}/sms"
        return [web.post(path, self.sms), web.get(path, self.sms, allow_head=False)]

    async def pages(self, request: web.Request) -> web.Response:
        """Keep a node's pages; the answer names all that are here."""
        body = await body_of(request)
        if body is None:
            return web.Response(status=413)
        node = await self._book.do(ledger.identify, headers_of(request), body, int(time.time()))
        if node is None:
            return stranger()
        try:
            found = json.loads(unpack(body, request.headers.get("Content-Encoding", "")))
            bodies = [canonical(page) for page in found["pages"]]
            number = _number(found.get("number", ""))
            known = await self._book.do(ledger.keep_pages, node, number, bodies, int(time.time()))
        except (PageFault, ValueError, KeyError, TypeError, RecursionError) as fault:
            return signed(request, node.key, {"error": str(fault)}, 400)
        return signed(request, node.key, {"pages": known})

    async def sms(self, request: web.Request) -> web.Response:
        """Take one message of the gateway; it is committed when this answers."""
        values: Any = request.query if request.method == "GET" else await request.post()
        text, sender = values.get(self._settings.text_field, ""), _number(values.get(self._settings.from_field, ""))
        if not isinstance(text, str) or not sender:
            return web.Response(status=400)
        heard = await self._book.do(ledger.take, self._book.opener, text[:_LONGEST], sender, int(time.time()))
        _log.info("frame_taken", node=heard.node, outcome=heard.word)
        return web.Response(text="")

    async def running(self, _: web.Application) -> AsyncIterator[None]:
        """Send what is owed for as long as the application runs."""
        task = asyncio.create_task(self._run(), name="bearer")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as session:
            while True:
                try:
                    await self.step(session)
                except Exception as fault:  # noqa: BLE001 - nobody else sends these: logged, and tried again
                    _log.error("bearer_failed", fault=type(fault).__name__)
                await asyncio.sleep(LOOK_EVERY)

    async def step(self, session: aiohttp.ClientSession) -> None:
        """Compose what is owed by now, and send what is due."""
        now = int(time.time())
        await self._book.do(owed.compose, self._book.life, now, self._settings.patience)
        for id_, number, text, tries in await self._book.do(owed.waiting, now):
            if await self._sent(session, number, text):
                await self._book.do(owed.gone, id_)
            else:
                wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(tries, 10))
                await self._book.do(owed.later, id_, int(time.time()) + wait)

    async def _sent(self, session: aiohttp.ClientSession, number: str, text: str) -> bool:
        """Hand one message over. A repeated one does no harm: each has a number, and is heard once."""
        chosen = self._settings
        values = {**chosen.send_fields, chosen.to_field: number, chosen.text_field: text}
        query = chosen.send_method == "GET"
        try:
            async with session.request(
                chosen.send_method,
                chosen.send_url,
                params=values if query else None,
                data=None if query else values,
                headers=chosen.send_headers,
                allow_redirects=False,
            ) as response:
                await response.read()
                if response.status < 300:  # noqa: PLR2004 - taken
                    return True
                _log.warning("bearer_not_sent", status=response.status)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as fault:
            _log.warning("bearer_not_sent", fault=type(fault).__name__)
        return False


def _number(text: Any) -> str:
    """Return a sender's number as the gateway writes it, with its +; "" for anything else."""
    number = fold_digits(text.strip()) if isinstance(text, str) else ""
    number = number if number.startswith("+") or not number else f"+{number}"
    return number if len(number) > 3 and _NUMBER.issuperset(number) else ""  # noqa: PLR2004 - a country's code at least
