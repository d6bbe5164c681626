"""Messages between phones and another system that uses this node's channels: passed on as rows, never heard here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from store import relay_sql, settling, sql
from store.clock import Clock
from store.crew import Crew
from store.database import Database
from store.hashing import Hashing
from store.numbers import pack_number
from store.post import TO_PHONE, TO_SITE, Letter, Post
from store.values import Inbound
from store.writer import Writer

USELESS_AFTER: Final = 2 * 86_400
"""Seconds after which a message between two people's systems is awaited by nobody."""

REPORTS_COME: Final = 4 * 86_400
"""After so long nothing more will be said of a message."""

_SOME: Final = 64

State = Literal["sent", "delivered", "failed"]
_STATES: Final[dict[str, State]] = {"sent": "sent", "delivered": "delivered", "failed": "failed", "expired": "failed"}


@dataclass(frozen=True, slots=True)
class Word:
    """What became of one message; `name` is the other system's own."""

    row: int
    name: str
    state: State


class Relay:
    """The rows `relay`, and the two ways of a message; each call that writes is one durable transaction."""

    def __init__(
        self, writer: Writer, reader: Database, clock: Clock, crew: Crew, post: Post, hashing: Hashing
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._crew = crew
        self._post = post
        self._hashing = hashing

    async def to_site(self, message: Inbound, site: str) -> None:
        """Pass on what a phone sent; the same message again changes nothing.

        Raises:
            Busy, DiskFull, CallFault: it is not committed and must come again.
        """

        async def run(database: Database) -> None:
            await self._put(database, message, site, TO_SITE)

        await self._writer.do(run)

    async def to_phone(self, message: Inbound, channel: str) -> None:
        """Send what the site gave to this number; to one that has said STOP it has failed at once.

        Raises:
            Busy, DiskFull, CallFault: as for `to_site`.
        """

        async def run(database: Database) -> None:
            row = await self._put(database, message, channel, TO_PHONE)
            if not row:
                return
            await database.rows(relay_sql.ADD, (row, message.channel, message.id, "", self._clock.steady()))
            caller = self._hashing.number(pack_number(message.msisdn))
            person = (await self._crew.people(database, {caller})).get(caller)
            if not self._crew.thinker.may_text(person, TO_PHONE):
                await settling.finish(database, [row], "failed", "opted-out")

        await self._writer.do(run)

    async def untold(self, site: str) -> Sequence[Word]:
        """What the site has not been told yet, oldest first, not all of it at once."""
        rows = await self._reader.rows(relay_sql.UNTOLD, (site, _SOME))
        return [Word(row, name, _STATES[state]) for row, name, state in rows]

    async def told(self, word: Word) -> None:
        """The site knows: what was the last word of a message is forgotten with it."""

        async def run(database: Database) -> None:
            await database.begin()
            if word.state == "sent":
                await database.rows(relay_sql.TOLD, (word.state, word.row))
            else:
                await database.rows(relay_sql.DROP, (word.row,))

        await self._writer.do(run)

    async def _put(self, database: Database, message: Inbound, channel: str, kind: str) -> int:
        """Write it as a row of this channel; 0 when it was here before. The caller commits."""
        number, now = pack_number(message.msisdn), self._clock.steady()
        await database.begin()
        key = self._hashing.message(message.channel, message.id)
        if not await database.rows(relay_sql.HEAR, (key, now)):
            return 0
        last = int((await database.rows(sql.LAST_NUMBERS))[0][1])
        letter = Letter(channel, number, kind, "", message.text, now + USELESS_AFTER)
        await self._post.enqueue(database, [letter], last)
        return last + 1
