"""The rows of the SMS bearer: what went as frames, which answers were heard, and messages of agencies' modems."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from store import bearer_sql
from store.clock import Clock
from store.database import Database, Row
from store.numbers import pack_number, pack_reference, unpack_id
from store.post import Letter, Post
from store.values import Inbound
from store.words import Words
from store.writer import Writer

KIND: Final = "bearer"
"""The kind of its message rows."""

USELESS_AFTER: Final = 3 * 86_400
"""Seconds for which a frame is worth sending: a later repetition carries the same."""

KEPT: Final = 90 * 86_400
LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Shipment:
    """One submission as it went by SMS.

    Attributes:
        seq: of the delivery. epoch, number: of the event, as the agency names it. page: its digest, "" none.
        texts: its messages. arrived: one bit for each that the agency has. sends: how often it went.
        due_at: epoch seconds from which it may go again.
    """

    seq: int
    epoch: str
    number: int
    page: str
    texts: tuple[str, ...]
    arrived: int = 0
    sends: int = 0
    due_at: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """The messages that the agency is not known to have."""
        return tuple(text for place, text in enumerate(self.texts) if not self.arrived >> place & 1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agency's bearer stands: statuses heard up to `heard`, the last question asked at `asked_at`."""

    heard: int = 0
    asked_at: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What one answer of an agency does to the rows here; its settlements and statuses go through the road.

    Attributes:
        life, number: the answer's own name. heard: up to which status it brought everything (0: no news).
        done: deliveries that need these frames no more. said: (delivery, the agency's word), for the trail.
        arrived: (delivery, parts that came), to go again from `due_at`.
        unknown_pages: digests that the agency does not have.
    """

    life: str
    number: int
    heard: int = 0
    done: tuple[int, ...] = ()
    said: tuple[tuple[int, str], ...] = ()
    arrived: tuple[tuple[int, int], ...] = ()
    due_at: int = 0
    unknown_pages: tuple[str, ...] = ()


class Listener(Protocol):
    """Whoever takes messages of citizens."""

    async def overhear(self, message: Inbound) -> None:
        """Take one message."""


class Ear:
    """Takes messages in a listener's place, and keeps those of agencies' modems from the dialogue."""

    def __init__(self, bearer: "Bearer", listener: Listener, numbers: Collection[str]) -> None:
        """Know whose numbers are agencies'."""
        self._bearer = bearer
        self._listener = listener
        self._numbers = frozenset(numbers)

    async def overhear(self, message: Inbound) -> None:
        """Take one message; durable before it returns."""
        if message.msisdn in self._numbers:
            await self._bearer.receive(message.msisdn, message.text)
        else:
            await self._listener.overhear(message)


class Bearer:
    """The bearer's side of the store; every call that writes is one durable transaction."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, words: Words, post: Post) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._words = words
        self._post = post

    async def receive(self, msisdn: str, text: str) -> None:
        """Keep one message of an agency's modem until it is read."""
        row = (msisdn, text[:LONGEST], self._clock.steady())

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(bearer_sql.ADD_TEXT, row)

        await self._writer.do(run)

    async def unread(self, msisdn: str, limit: int = 32) -> list[tuple[int, str]]:
        """Return messages of this number that were not read yet: (id, text), oldest first."""
        return [(row[0], row[1]) for row in await self._reader.rows(bearer_sql.TEXTS, (msisdn, limit))]

    async def read(self, id_: int) -> None:
        """Forget a message that was read."""

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(bearer_sql.DROP_TEXT, (id_,))

        await self._writer.do(run)

    async def shipments(self, agency: str, seqs: Sequence[int]) -> dict[int, Shipment]:
        """Return what of these deliveries went by SMS."""
        rows = await self._reader.rows(bearer_sql.FRAMES, (self._words.number(agency), json.dumps(list(seqs))))
        return {row[0]: _shipment(row) for row in rows}

    async def named(self, agency: str, epoch: str, numbers: Sequence[int]) -> dict[int, Shipment]:
        """Return what went by SMS under these numbers of an epoch."""
        number = self._words.number(agency)
        rows = await self._reader.rows(bearer_sql.BY_NUMBER, (number, epoch, json.dumps(list(numbers))))
        return {row[2]: _shipment(row) for row in rows}

    async def ship(self, agency: str, channel: str, msisdn: str, shipments: Sequence[Shipment], now: int) -> None:
        """Write the missing messages of each shipment as rows to be sent, and note that it went.

        A message that is written here goes once or, when nobody knows whether it left, not again: the bearer repeats
        it by itself when no answer comes.
        """

        async def run(database: Database) -> None:
            await database.begin()
            number = await self._number(database, agency)
            rows = [
                (number, one.seq, one.epoch, one.number, one.page, json.dumps(one.texts), one.due_at, now)
                for one in shipments
            ]
            await database.many(bearer_sql.PUT_FRAME, rows)
            await database.rows(bearer_sql.OLD_FRAMES, (number, now - KEPT))
            await self._enqueue(database, channel, msisdn, [text for one in shipments for text in one.missing])

        await self._writer.do(run)

    async def say(self, channel: str, msisdn: str, text: str) -> None:
        """Write one message that is no shipment."""

        async def run(database: Database) -> None:
            await self._enqueue(database, channel, msisdn, [text])

        await self._writer.do(run)

    async def put_off(self, agency: str, seqs: Sequence[int], due_at: int) -> None:
        """Send these not again before `due_at`."""
        number = self._words.number(agency)

        async def run(database: Database) -> None:
            await database.begin()
            await database.many(bearer_sql.WAIT, [(due_at, number, seq) for seq in seqs])

        await self._writer.do(run)

    async def standing(self, agency: str) -> Standing:
        """Return how the agency's bearer stands."""
        rows = await self._reader.rows(bearer_sql.ROAD, (self._words.number(agency),))
        return Standing(rows[0][0], rows[0][2]) if rows else Standing()

    async def question(self, agency: str, now: int) -> int:
        """Draw the number of our next question; never the same twice."""

        async def run(database: Database) -> int:
            await database.begin()
            number = await self._number(database, agency)
            return int((await database.rows(bearer_sql.ASK, (now, number)))[0][0])

        return await self._writer.do(run)

    async def was_heard(self, agency: str, life: str, number: int) -> bool:
        """Say whether this answer was here before."""
        return bool(await self._reader.rows(bearer_sql.WAS_HEARD, (self._words.number(agency), life, number)))

    async def apply(self, agency: str, effect: Effect, now: int) -> None:
        """Write what an answer did, and that it was heard."""

        async def run(database: Database) -> None:
            await database.begin()
            number = await self._number(database, agency)
            await database.rows(bearer_sql.ADD_HEARD, (number, effect.life, effect.number, now))
            await database.rows(bearer_sql.HEARD_UP_TO, (effect.heard, number))
            await database.rows(bearer_sql.DROP_FRAMES, (number, json.dumps(effect.done)))
            await database.many(bearer_sql.ADD_ANSWER, [(number, seq, now, word) for seq, word in effect.said])
            arrived = [(bits, effect.due_at, number, seq) for seq, bits in effect.arrived]
            await database.many(bearer_sql.ARRIVED, arrived)
            await database.many(bearer_sql.DROP_PAGE, [(number, digest) for digest in effect.unknown_pages])

        await self._writer.do(run)

    async def pages(self, agency: str) -> frozenset[str]:
        """Return the digests of the pages that the agency has."""
        rows = await self._reader.rows(bearer_sql.PAGES, (self._words.number(agency),))
        return frozenset(row[0] for row in rows)

    async def add_pages(self, agency: str, digests: Collection[str]) -> None:
        """Note that the agency has these pages."""

        async def run(database: Database) -> None:
            await database.begin()
            number = await self._number(database, agency)
            await database.many(bearer_sql.ADD_PAGE, [(number, digest) for digest in sorted(digests)])

        await self._writer.do(run)

    async def ids(self, reference: str) -> list[str]:
        """Return the ids of all submissions of a request."""
        rows = await self._reader.rows(bearer_sql.IDS, (pack_reference(reference),))
        return [unpack_id(row[0]) for row in rows]

    async def _number(self, database: Database, agency: str) -> int:
        await self._words.learn(database, [agency])
        number = self._words.number(agency)
        await database.rows(bearer_sql.OPEN_ROAD, (number,))
        return number

    async def _enqueue(self, database: Database, channel: str, msisdn: str, texts: Sequence[str]) -> None:
        useless_at = self._clock.steady() + USELESS_AFTER
        number = pack_number(msisdn)
        await self._post.enqueue(database, [Letter(channel, number, KIND, "", text, useless_at) for text in texts])


def _shipment(row: Row) -> Shipment:
    seq, epoch, number, page, texts, arrived, sends, due_at = row
    return Shipment(seq, epoch, number, page, tuple(json.loads(texts)), arrived, sends, due_at)
