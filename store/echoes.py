"""Names for messages whose gateway gives them none: when the same content comes again, is it a copy or another message?

A gateway without ids sends once more what was not acknowledged, and a citizen who answers `1` twice sends the same
words as well. What tells them apart is whether the gateway is known to have read our acknowledgement of the first: then
it has no reason to send it again. As long as that is open, and at most for `OPEN`, the same content is a copy.

The row and the message are written side by side and need not be in one transaction. Whichever of the two a power cut
spares, the name that the copy is given is the one that the message has.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import structlog

from flows.errors import StoreFault
from store.clock import Clock
from store.database import Database
from store.hashing import Hashing
from store.order import InOrder, Place
from store.values import Inbound
from store.writer import Writer

OPEN: Final = 6 * 3600
"""Seconds for which a message may come again that nobody knows to be acknowledged."""

PROMPT: Final = 5.0
"""Seconds within which an acknowledgement is early enough for the gateway not to have given up waiting for it."""

STRAGGLING: Final = 600
"""Seconds for which one may come again whose acknowledgement was late and yet read."""

MOST_KEPT: Final = 20_000
"""Contents whose last name is kept in memory."""

_FLUSH: Final = 1.0

_FIND: Final = "SELECT number, known, at FROM echo WHERE key = ?"
_WRITE: Final = (
    "INSERT INTO echo (key, number, known, at) VALUES (?, ?, 0, ?) ON CONFLICT (key)"
    " DO UPDATE SET number = excluded.number, known = 0, at = excluded.at WHERE echo.number < excluded.number"
)
_KNOWN: Final = "UPDATE echo SET known = 1 WHERE key = ? AND number = ?"
OLD_ECHOES: Final = "DELETE FROM echo WHERE key IN (SELECT key FROM echo WHERE at < ? ORDER BY at LIMIT 1000)"

log = structlog.get_logger("store")


@dataclass(slots=True)
class _Echo:
    """The last message with this content.

    `taking`: it is being written. `said`: it was acknowledged soon, on a connection that still stands. `open`: nobody
    knows whether the gateway has the acknowledgement. `known`: it has.
    """

    number: int
    state: Literal["taking", "said", "open", "known"]
    at: int


class Echoes:
    """The rows `echo`, and what is known of them beyond the disk. What came first from a number is handed on first."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, hashing: Hashing) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._hashing = hashing
        self._last: OrderedDict[bytes, _Echo] = OrderedDict()
        self._news: set[tuple[bytes, int]] = set()
        self._order = InOrder()
        self._flushing: asyncio.Task[None] | None = None
        self._batch: tuple[list[tuple[bytes, int, int]], asyncio.Task[None]] | None = None

    async def take(self, message: Inbound, onward: Callable[[Inbound], Awaitable[None]]) -> Callable[[bool], None]:
        """Give the message its name, hand it on, and return when both are durable.

        Args:
            message: its `id` stands for its whole content.
            onward: takes it with its name.

        Returns:
            What to call once with whether the gateway is known to have read the acknowledgement.

        Raises:
            Fault: whatever `onward` raises, or the store; nothing may be acknowledged.
        """
        key = self._hashing.message(message.channel, message.id)
        place = self._order.enter(message.msisdn)
        try:
            # The name is found at once: what comes again while the first still waits is a copy of it.
            echo = self._last.get(key) or await self._find(key)
            number = self._number(echo)
            await self._hand_on(key, echo, replace(message, id=f"{message.id}.{number}"), place, onward)
        finally:
            place.leave()
        return lambda read: self._heard(key, echo, number, read=read)

    async def _hand_on(
        self, key: bytes, echo: _Echo, named: Inbound, place: Place, onward: Callable[[Inbound], Awaitable[None]]
    ) -> None:
        """Write name and message, both or no acknowledgement; a cancelled one leaves it open like any other failure."""
        began, number = time.monotonic(), echo.number
        soon = False
        try:
            await place.come()
            results = await asyncio.gather(self._write(key, echo), onward(named), return_exceptions=True)
            for fault in results:
                if isinstance(fault, BaseException):
                    raise fault
            soon = time.monotonic() - began < PROMPT
        finally:
            self._set(echo, number, "said" if soon else "open")

    async def flush(self) -> None:
        """Write down what was learned; without it, it is open again after the next start."""
        news, self._news = self._news, set()
        if not news:
            return

        async def run(database: Database) -> None:
            await database.begin()
            await database.many(_KNOWN, sorted(news))

        try:
            await self._writer.do(run)
        except StoreFault as fault:
            self._news |= news
            log.warning("what a gateway has read is not noted", reason=fault.code)

    async def _find(self, key: bytes) -> _Echo:
        rows = await self._reader.rows(_FIND, (key,))
        found = _Echo(0, "known", 0)
        if rows:
            number, known, at = rows[0]
            found = _Echo(number, "known" if known else "open", at)
        # Another with the same content may have been quicker.
        echo = self._last.setdefault(key, found)
        if len(self._last) > MOST_KEPT:
            self._forget()
        return echo

    def _number(self, echo: _Echo) -> int:
        now = self._clock.steady()
        if echo.state in {"known", "said"} or (echo.state == "open" and now - echo.at >= OPEN):
            echo.number, echo.at = echo.number + 1, now
        echo.state = "taking"
        return echo.number

    async def _write(self, key: bytes, echo: _Echo) -> None:
        """Note the name, in one statement with all others that wait for the same commit."""
        if self._batch is None:
            rows: list[tuple[bytes, int, int]] = []
            self._batch = rows, asyncio.create_task(self._write_all(rows), name="echoes written")
        rows, task = self._batch
        rows.append((key, echo.number, echo.at))
        await asyncio.shield(task)

    async def _write_all(self, rows: list[tuple[bytes, int, int]]) -> None:
        def close() -> None:
            if self._batch is not None and self._batch[0] is rows:
                self._batch = None

        async def run(database: Database) -> None:
            close()
            await database.begin()
            await database.many(_WRITE, rows)

        try:
            await self._writer.do(run)
        finally:
            close()

    @staticmethod
    def _set(echo: _Echo, number: int, state: Literal["said", "open"]) -> None:
        if echo.number == number and echo.state == "taking":
            echo.state = state

    def _heard(self, key: bytes, echo: _Echo, number: int, *, read: bool) -> None:
        if echo.number != number:
            return
        if not read:
            echo.state = "open"
        elif echo.state == "open":
            # It was read, but so late that it may have been sent again already.
            echo.at = min(echo.at, self._clock.steady() - OPEN + STRAGGLING)
        elif echo.state == "said":
            echo.state = "known"
            self._news.add((key, number))
            if self._flushing is None or self._flushing.done():
                self._flushing = asyncio.create_task(self._soon(), name="echoes")

    async def _soon(self) -> None:
        await asyncio.sleep(_FLUSH)
        await self.flush()

    def _forget(self) -> None:
        """Let the longest unheard go, if the disk knows them as well as we do."""
        for key, echo in list(self._last.items())[: MOST_KEPT // 10]:
            if echo.state == "known" and (key, echo.number) not in self._news:
                del self._last[key]
