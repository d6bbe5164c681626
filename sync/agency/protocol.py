"""The agency's side of the native protocol: batches in, signed results out, and the status feed."""

import time
from typing import Any

import structlog
from aiohttp import web

from sync import heartbeat, wire
from sync.agency import feed, hearing, holding, intake, ledger
from sync.agency.book import Book
from sync.agency.nodes import Node
from sync.agency.sealed import Opener
from sync.agency.settings import AgencySettings
from sync.serving import LOOK_EVERY, Bell, body_of, headers_of, seconds_asked, signed, stranger

_log = structlog.get_logger("agency")


class Door:
    """The two addresses that nodes call."""

    def __init__(self, book: Book, settings: AgencySettings, bell: Bell) -> None:
        """Take the open book, the settings and the bell that decisions ring."""
        self._book = book
        self._settings = settings
        self._bell = bell

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Return the routes under `prefix`."""
        return [
            web.post(f"{prefix}/submissions", self.submissions),
            web.get(f"{prefix}/statuses", self.statuses, allow_head=False),
        ]

    async def submissions(self, request: web.Request) -> web.Response:
        """Take a batch: verify it as it travelled, unpack it, and answer for each record."""
        body = await body_of(request)
        if body is None:
            return web.Response(status=413)
        node = await self._node(request, body)
        if node is None:
            return stranger()
        try:
            records = intake.read(wire.unpack(body, request.headers.get("Content-Encoding", "")))
            results, held = await self._book.do(_take, node, records, int(time.time()), self._book.opener)
        except intake.Stranger as fault:
            _log.warning("batch_of_a_stranger", node=node.name)
            return signed(request, node.key, {"error": str(fault)}, 403)
        except ValueError as fault:
            return signed(request, node.key, {"error": str(fault)}, 400)
        _log.info("batch_taken", node=node.name, records=len(results))
        answer = {"results": results, "max_batch": self._settings.max_batch, "held": held}
        return signed(request, node.key, answer | await self._hear(request, node))

    async def statuses(self, request: web.Request) -> web.Response:
        """Answer with the events after the cursor, or wait for one for as long as the node asks."""
        node = await self._node(request, b"")
        if node is None:
            return stranger()
        notices = await self._hear(request, node)
        after = request.query.get("after", "")
        until = time.monotonic() + seconds_asked(request)
        answer = await self._book.do(_read, node, after)
        standing = after or feed.START
        while (
            not answer["events"] and answer["next"] == standing and time.monotonic() < until and not self._bell.closed
        ):
            await self._bell.wait(min(LOOK_EVERY, max(0.01, until - time.monotonic())))
            answer = await self._book.do(_read, node, after)
        return signed(request, node.key, answer | notices)

    async def _hear(self, request: web.Request, node: Node) -> dict[str, list[str]]:
        """Keep the heartbeat that came with a request; returns what the node's desk must be told, for the answer."""
        headers, now = headers_of(request), int(time.time())
        beat = heartbeat.read(node.key, headers)
        if beat is None:
            cloned = await self._book.do(hearing.cloned, node.name, now)
        else:
            cloned = await self._book.do(hearing.hear, node.name, beat, heartbeat.stamp(headers), now)
        return {"notices": [hearing.CLONED]} if cloned else {}

    async def _node(self, request: web.Request, body: bytes) -> Node | None:
        node = await self._book.do(ledger.identify, headers_of(request), body, int(time.time()))
        if node is None:
            _log.warning("signature_unknown")
        return node


def _take(
    connection: Any, node: Node, records: list[intake.Record], now: int, opener: Opener
) -> tuple[list[dict[str, Any]], int]:
    """What became of each record, and how many of this node's requests are here after it."""
    return intake.take(connection, node, records, now, opener), holding.held(connection, node)


def _read(connection: Any, node: Node, after: str) -> dict[str, Any]:
    return feed.read(connection, node.name, after) | {"held": holding.held(connection, node)}
