"""Putting an SMS into the queue: within the transaction of whatever caused it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows.text.measure import segments
from store import message_sql, sql
from store.clock import Clock
from store.database import Database
from store.hashing import Hashing
from store.numbers import unpack_number
from store.routes import Routes

LATE: Final = 2 * 3600
"""Seconds after which a text is no longer awaited: it keeps the quiet hours then, whatever its kind."""

TEST: Final = "test"
"""A message with which an admin tries a channel."""

TO_SITE: Final = "to-site"
TO_PHONE: Final = "to-phone"
"""What is passed on between phones and another system."""

STAYS: Final = frozenset({"bearer", TEST, TO_SITE, TO_PHONE})
"""Kinds that go by their own channel or not at all.

An agency's modem knows its nodes by the numbers they send from; phones know another system by its short code.
"""

FEEDBACK: Final = "feedback"
"""The question how a decided request went."""

DAYTIME: Final = frozenset({"reminder", "broadcast", FEEDBACK})
"""Kinds that nobody waits for: they keep the quiet hours."""

SPARE: Final = frozenset({FEEDBACK})
"""Kinds that go when nothing else is there to be sent, and only from money that is left."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One SMS to be. `reference` is packed (None: about no request); `useless_at` in epoch seconds.

    `late`: it is about what happened hours ago, so that it can wait for the morning as well. `roams`: it is no answer
    to what has just come by `channel`, so it goes by the channel that the number last came by.
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
    roams: bool = False


class Post:
    """Writes letters as rows."""

    def __init__(self, clock: Clock, hashing: Hashing, quiet: tuple[int, int], send_by: Mapping[str, str]) -> None:
        self._clock = clock
        self._hashing = hashing
        self._quiet = quiet
        self.routes = Routes(send_by=send_by)
        self._bells: dict[str, asyncio.Event] = {}
        self._rung: set[str] = set()

    def bell(self, channel: str) -> asyncio.Event:
        """What is set when a message of this channel was committed."""
        return self._bells.setdefault(channel, asyncio.Event())

    def will_ring(self, channel: str) -> None:
        """Something of this channel was queued and is about to be committed."""
        self._rung.add(channel)

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
        came = await self._came(database, letters)
        rows = []
        queued = []
        for id_, letter in enumerate(letters, last + 1):
            channel = self._channel(letter, came)
            rows.append(_row(id_, channel, letter, now))
            queued.append((id_, channel, letter.number, self._due(letter, now), int(letter.kind in SPARE)))
            self._rung.add(channel)
        await database.many(sql.ADD_MESSAGE, rows)
        await database.many(sql.ADD_QUEUED, queued)

    def _channel(self, letter: Letter, came: Mapping[int, str]) -> str:
        if letter.kind in STAYS:
            return self.routes.own(letter.channel)
        return self.routes.pick(came.get(letter.number, letter.channel), unpack_number(letter.number))

    async def _came(self, database: Database, letters: Sequence[Letter]) -> dict[int, str]:
        """The channels that those numbers last came by whose letters may roam."""
        if not self.routes.matter:
            return {}
        keys = {self._hashing.number(letter.number): letter.number for letter in letters if letter.roams}
        if not keys:
            return {}
        rows = await database.rows(message_sql.CAME, (json.dumps([key.hex() for key in keys]),))
        return {keys[key]: channel for key, channel in rows}

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
