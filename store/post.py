"""Putting an SMS into the queue: within the transaction of whatever caused it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows.text.measure import segments
from store import sql
from store.clock import Clock
from store.database import Database

LATE: Final = 2 * 3600
"""Seconds after which a text is no longer awaited: it keeps the quiet hours then, whatever its kind."""

DAYTIME: Final = frozenset({"reminder", "broadcast"})
"""Kinds that nobody waits for: they keep the quiet hours."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One SMS to be. `reference` is packed (None: about no request); `useless_at` in epoch seconds.

    `late`: it is about what happened hours ago, so that it can wait for the morning as well.
    """

    channel: str
    number: int
    kind: str
    language: str
    text: str
    useless_at: int
    reference: int | None = None
    link_id: str = ""
    late: bool = False


class Post:
    """Writes letters as rows."""

    def __init__(self, clock: Clock, quiet: tuple[int, int], send_by: Mapping[str, str]) -> None:
        self._clock = clock
        self._quiet = quiet
        self._send_by = send_by
        self._bells: dict[str, asyncio.Event] = {}
        self._rung: set[str] = set()

    def bell(self, channel: str) -> asyncio.Event:
        """What is set when a message of this channel was committed."""
        return self._bells.setdefault(channel, asyncio.Event())

    def ring(self) -> None:
        """What was queued is durable now."""
        for channel in self._rung:
            self.bell(channel).set()
        self._rung.clear()

    async def enqueue(self, database: Database, letters: Sequence[Letter], last: int | None = None) -> None:
        """Write the letters and their places in the queue; the caller commits.

        `last` is the highest number of a message, if it was read in this transaction.
        """
        if not letters:
            return
        await database.begin()
        for reference in {letter.reference for letter in letters if letter.kind == "status"}:
            await _replace(database, reference)
        if last is None:
            last = int((await database.rows(sql.LAST_NUMBERS))[0][1])
        now = self._clock.steady()
        rows = []
        queued = []
        for id_, letter in enumerate(letters, last + 1):
            channel = self._send_by.get(letter.channel, letter.channel)
            rows.append(_row(id_, channel, letter, now))
            queued.append((id_, channel, letter.number, self._due(letter, now)))
            self._rung.add(channel)
        await database.many(sql.ADD_MESSAGE, rows)
        await database.many(sql.ADD_QUEUED, queued)

    def _due(self, letter: Letter, now: int) -> int:
        return now + self._clock.till_day(self._quiet) if letter.late or letter.kind in DAYTIME else now


async def _replace(database: Database, reference: int | None) -> None:
    if reference is None:
        return
    overtaken = await database.rows(sql.REPLACE_STATUS, (reference,))
    if overtaken:
        await database.rows(sql.UNQUEUE, (json.dumps([row[0] for row in overtaken]),))


def _row(id_: int, channel: str, letter: Letter, now: int) -> tuple[object, ...]:
    return (
        id_,
        channel,
        letter.number,
        letter.kind,
        letter.language,
        letter.text,
        segments(letter.text),
        letter.reference,
        letter.link_id,
        now,
        letter.useless_at,
    )
