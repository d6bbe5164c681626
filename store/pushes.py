"""Presses of "sync now": a row that the desk writes, the road takes up, and every page reads; one at a time."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from store import queue_sql
from store.audit import note
from store.clock import Clock
from store.database import Database, Row
from store.writer import Writer


@dataclass(frozen=True, slots=True)
class Push:
    """One press; times are epoch seconds, 0 for not yet.

    `total` waited when it began, `done` have the agency's word since. `result` is what came of it, by agency:
    accepted, refused, left, fault, sentence, next_try (seconds).
    """

    n: int
    agency: str
    actor: str
    at: int
    began_at: int
    ended_at: int
    seen_at: int
    total: int
    done: int
    result: Mapping[str, Any]


class Pushes:
    """The rows."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self.bell = asyncio.Event()
        """Set when one was asked for in this process."""

    async def ask(self, agency: str, actor: str) -> bool:
        """Ask for a pass over one agency or, with "", all of them; False when one is under way already."""
        now = self._clock.steady()

        async def run(database: Database) -> bool:
            await database.begin()
            asked = bool(await database.rows(queue_sql.ADD_PUSH, (agency, actor, now)))
            if asked:
                await note(database, now, actor, "sync_now", agency)
            return asked

        asked = await self._writer.do(run)
        self.bell.set()
        return asked

    async def open(self) -> Push | None:
        """The one that was asked for and has not ended."""
        rows = await self._reader.rows(queue_sql.OPEN_PUSH)
        return _push(rows[0]) if rows else None

    async def last(self) -> Push | None:
        """The newest, ended or not."""
        rows = await self._reader.rows(queue_sql.LAST_PUSH)
        return _push(rows[0]) if rows else None

    async def begin(self, n: int, total: int) -> None:
        """The road takes it up."""
        now = self._clock.steady()
        await self._run(queue_sql.BEGIN_PUSH, (now, now, total, n))

    async def go(self, n: int, done: int) -> None:
        """So many have the agency's word."""
        await self._run(queue_sql.GO_PUSH, (done, self._clock.steady(), n))

    async def end(self, n: int, done: int, result: Mapping[str, Any]) -> None:
        """It is over, and this came of it."""
        now = self._clock.steady()
        await self._run(queue_sql.END_PUSH, (now, now, done, json.dumps(dict(result), ensure_ascii=False), n))

    async def _run(self, statement: str, values: tuple[Any, ...]) -> None:
        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(statement, values)

        await self._writer.do(run)


def _push(row: Row) -> Push:
    n, agency, actor, at, began_at, ended_at, seen_at, total, done, result = row
    told = json.loads(result) if result else {}
    return Push(n, agency, actor, at, began_at, ended_at, seen_at, total, done, told)
