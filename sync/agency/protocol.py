"""The agency's side of the native protocol: batches in, signed results out, and the status feed."""

import asyncio
import time
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from sync import signing, wire
from sync.agency import feed, intake, nodes
from sync.agency.book import Book
from sync.agency.nodes import Node
from sync.agency.settings import AgencySettings

LONGEST_WAIT: Final = 25
_LOOK_EVERY: Final = 1.0  # decisions made by another process are seen within this time
_DIGITS: Final = 12

_log = structlog.get_logger("agency")


class Bell:
    """Wakes the long polls when a decision was made in this process."""

    def __init__(self) -> None:
        """Start silent."""
        self._event = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """Wake everyone who waits now."""
        self._event.set()
        self._event = asyncio.Event()

    def close(self) -> None:
        """Wake everyone for good: nobody is to wait any more."""
        self.closed = True
        self.ring()

    async def wait(self, seconds: float) -> None:
        """Wait for the next ring, at most `seconds`."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return


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
        body = await _body(request)
        if body is None:
            return web.Response(status=413)
        node = await self._node(request, body)
        if node is None:
            return _stranger()
        try:
            records = intake.read(wire.unpack(body, request.headers.get("Content-Encoding", "")))
            results = await self._book.do(intake.take, node, records, int(time.time()), self._book.opener)
        except intake.Stranger as fault:
            _log.warning("batch_of_a_stranger", node=node.name)
            return _signed(request, node, {"error": str(fault)}, 403)
        except ValueError as fault:
            return _signed(request, node, {"error": str(fault)}, 400)
        _log.info("batch_taken", node=node.name, records=len(results))
        return _signed(request, node, {"results": results, "max_batch": self._settings.max_batch})

    async def statuses(self, request: web.Request) -> web.Response:
        """Answer with the events after the cursor, or wait for one for as long as the node asks."""
        node = await self._node(request, b"")
        if node is None:
            return _stranger()
        after = request.query.get("after", "")
        until = time.monotonic() + min(_whole(request.query.get("wait", "0")), LONGEST_WAIT)
        answer = await self._book.do(feed.read, node.name, after)
        standing = after or feed.START
        while (
            not answer["events"] and answer["next"] == standing and time.monotonic() < until and not self._bell.closed
        ):
            await self._bell.wait(min(_LOOK_EVERY, max(0.01, until - time.monotonic())))
            answer = await self._book.do(feed.read, node.name, after)
        return _signed(request, node, answer)

    async def _node(self, request: web.Request, body: bytes) -> Node | None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        node = await self._book.do(nodes.identify, headers, body)
        if node is None:
            _log.warning("signature_unknown")
        return node


def _stranger() -> web.Response:
    return web.json_response({"error": "no enrolled node has signed this"}, status=401)


def _signed(request: web.Request, node: Node, answer: dict[str, Any], status: int = 200) -> web.Response:
    """Answer with the node's own secret, echoing its id; a long answer travels compressed, and is signed so."""
    plain = msgspec.json.encode(answer)
    accepts = request.headers.get("Accept-Encoding", "")
    body, encoding = wire.pack(plain, zstd=False) if "gzip" in accepts else (plain, "")
    headers = signing.sign(node.key, request.headers[signing.ID], int(time.time()), body)
    headers["Accept-Encoding"] = "gzip, zstd"
    if encoding:
        headers["Content-Encoding"] = encoding
    return web.Response(body=body, status=status, content_type=wire.JSON_TYPE, headers=headers)


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else 0


async def _body(request: web.Request) -> bytes | None:
    parts: list[bytes] = []
    length = 0
    async for part in request.content.iter_chunked(65_536):
        length += len(part)
        if length > wire.LONGEST:
            return None
        parts.append(part)
    return b"".join(parts)
