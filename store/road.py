"""The deliveries: what is due, who holds it, what an attempt came to; states by `flows.delivery` and nothing else."""

import json
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from msgspec import structs

from flows import delivery
from flows.delivery import State
from flows.errors import StoreFault
from store import numbers, pieces, road_sql
from store.database import Database, Row
from store.numbers import unpack_id, unpack_reference
from store.statuses import Statuses
from store.values import Bookmark, Offer, Outcome, Settlement, SignedAnswer, StatusEvent, Traffic, Trip
from store.words import Words
from store.writer import Writer

STATES: Final = numbers.STATES
NUMBER: Final = numbers.STATE_NUMBER
LEASED: Final = NUMBER["leased"]
_DOUBTFUL: Final = frozenset({NUMBER["in_doubt"], NUMBER["carried"]})
T = TypeVar("T")
FOR_ALL_TIME: Final = 2**40
TOGETHER: Final = 20
"""Deliveries leased or settled in one transaction while phones are pressing: key presses share it."""

ALONE: Final = 200
"""The same while nobody presses a key."""
_FIRST_PLACE: Final = (-FOR_ALL_TIME, 0)


def offer_of(row: Row) -> Offer:
    """The value of one row of `DUE` or `OFFERS`."""
    seq, id_, reference, case_id, case_revision, event, attempts, state, at = row
    names = (unpack_id(id_), unpack_reference(reference), unpack_id(case_id))
    return Offer(seq, *names, case_revision, event, attempts, state in _DOUBTFUL, at)


def _as_it_was(offer: Offer, attempts: int, state: int) -> Offer:
    """The offer as its delivery was before the lease, whatever it was when it was read."""
    if offer.attempts == attempts and offer.in_doubt == (state in _DOUBTFUL):
        return offer
    return structs.replace(offer, attempts=attempts, in_doubt=state in _DOUBTFUL)


class Road:
    """The worker's side of the store; times are epoch seconds."""

    def __init__(self, writer: Writer, reader: Database, words: Words, statuses: Statuses) -> None:
        self._writer = writer
        self._reader = reader
        self._words = words
        self._statuses = statuses

    async def due(self, agency: str, limit: int, now: int) -> list[Offer]:
        """Return what may be tried at `now`, oldest first (corrections and urgent ones aged up), leased by nobody."""
        number, place = self._words.number(agency), _FIRST_PLACE
        offers: list[Offer] = []
        while len(offers) < limit:
            # The bytes of two hundred take milliseconds of a processor that key presses may be waiting for.
            some = min(limit - len(offers), 2 * TOGETHER if self._writer.lively else limit)
            rows = await self._reader.rows(road_sql.DUE, (number, now, *place, some))
            offers += [offer_of(row[:9]) for row in rows]
            if len(rows) < some:
                break
            place = (rows[-1][9], rows[-1][0])
        return offers

    async def lease(
        self, agency: str, seqs: Sequence[int], owner: str, until: int, now: int, read: Iterable[Offer] = ()
    ) -> list[Offer]:
        """Lease what of `seqs` nobody holds, write one attempt for each, and return it in the same order.

        A few at a time, so that no key press waits for all of them; after a fault, what was leased before it. `read` is
        what `due` gave: all but attempts and doubt was fixed at intake, and is not read again.
        """
        number = self._words.number(agency)
        before: dict[int, tuple[int, int]] = {}
        chunks, small = self._few(dict.fromkeys(seqs))
        for some in chunks:

            async def run(database: Database, some: Sequence[int] = some) -> dict[int, tuple[int, int]]:
                return await pieces.lease(database, number, some, owner, until, now)

            try:
                before |= await self._writer.do(run, slow=not small, small=small)
            except StoreFault:
                if not before:
                    raise
                break
        found = {one.seq: one for one in read}
        if missing := [seq for seq in before if seq not in found]:
            rows = await self._reader.rows(road_sql.OFFERS, (number, json.dumps(missing)))
            found |= {row[0]: offer_of(row) for row in rows}
        return [_as_it_was(found[seq], *standing) for seq, standing in before.items()]

    async def settle(self, agency: str, settlements: Sequence[Settlement], trip: Trip, now: int, *, wake: bool) -> None:
        """Write what an attempt came to; with `wake`, all of this agency that waits and is not held is due now.

        A settlement whose event has no arrow from the state as it is by now changes nothing. What is refused opens an
        officer's task in the same transaction.

        A few at a time, so that no key press waits for all of them. What a kill leaves unsettled lapses into doubt and
        is offered again under its id, as after a lost answer.
        """
        number = self._words.number(agency)
        # The same number twice in one answer: the first word counts.
        first: dict[int, Settlement] = {}
        for one in settlements:
            first.setdefault(one.seq, one)
        chunks, small = self._few(first.values())
        answer = 0
        for place, some in enumerate(chunks, 1):
            last = place == len(chunks)
            piece = pieces.Piece(number, some, trip, now, answer, last=last, wake=wake and last)

            async def run(database: Database, piece: pieces.Piece = piece) -> int:
                return await pieces.settle_piece(database, piece)

            answer = await self._writer.do(run, slow=len(chunks) > 1 and not small, small=small)

    def _few(self, many: Iterable[T]) -> tuple[list[list[T]], bool]:
        """In pieces of one transaction each, one at least, which may be empty; and whether they are small."""
        small = self._writer.lively
        all_, most = list(many), TOGETHER if small else ALONE
        return [all_[start : start + most] for start in range(0, max(1, len(all_)), most)], small

    async def wake(self, agency: str, now: int) -> None:
        """Make all of this agency that waits due now, held or not, each in its place: a person pressed `sync now`."""
        del now
        number = self._words.number(agency)

        async def run(database: Database) -> None:
            await database.begin()
            await pieces.wake(database, number, held=True)

        await self._writer.do(run)

    async def lapse(self, now: int) -> int:
        """Turn leases that have run out into `in_doubt`, due at once; returns how many."""
        return await self._writer.do(lambda database: self.lapse_in(database, now))

    @staticmethod
    async def lapse_in(database: Database, now: int) -> int:
        """As `lapse`, inside a transaction of the caller's."""
        rows = await database.rows(road_sql.LAPSED, (now,))
        if rows:
            await database.begin()
            in_doubt = NUMBER["in_doubt"]
            await database.many(road_sql.UNWAIT, [(agency, due_at, seq) for agency, seq, due_at, _ in rows])
            await database.many(road_sql.WAIT, [(agency, rank, seq) for agency, seq, _, rank in rows])
            await database.many(road_sql.MOVE, [(in_doubt, rank, seq, agency) for agency, seq, _, rank in rows])
            await pieces.count(database, [(agency, LEASED, in_doubt) for agency, *_ in rows])
        return len(rows)

    async def bookmark(self, agency: str) -> Bookmark:
        """Return how far this agency's statuses were read."""
        number = self._words.number(agency)
        for row in await self._reader.rows(road_sql.ROADS):
            if row[0] == number:
                return Bookmark(row[1], row[2], max(row[9], row[10]), row[3])
        return Bookmark()

    async def statuses(
        self,
        agency: str,
        events: Sequence[StatusEvent],
        cursor: str | None,
        now: int,
        outcomes: Sequence[Outcome] = (),
        held: int = -1,
        answer: SignedAnswer | None = None,
    ) -> int:
        """Apply events not seen before with their effects, and the cursor (None: keep); returns how many were new.

        `outcomes` are the agency's words for deliveries in a hub's custody, settled in the same transaction. `held` is
        how many of this node's requests the agency says it has; -1 when it did not say. `answer` is what travelled, to
        be kept with what it settles.
        """

        async def run(database: Database) -> int:
            new = await self._statuses.apply(database, agency, events, cursor, now)
            number = self._words.number(agency)
            if outcomes:
                await pieces.settle_late(database, number, agency, outcomes, now, answer)
            if held >= 0:
                await database.rows(road_sql.RAISE, (held, 0, number))
            return new

        return await self._writer.do(run)

    async def gone_back(self, agency: str, now: int) -> int:
        """Forget bookmark and seen events, and offer again what was accepted and is still kept; returns how many."""
        number = self._words.number(agency)

        async def run(database: Database) -> int:
            await database.begin()
            await database.rows(road_sql.OPEN_ROAD, (number,))
            await database.rows(road_sql.FORGET_CURSOR, (number,))
            await database.rows(road_sql.FORGET_SEQS, (number,))
            rows = await database.rows(road_sql.TAKEN, (number,))
            in_doubt = NUMBER["in_doubt"]
            await database.many(road_sql.MOVE, [(in_doubt, rank, seq, number) for seq, rank in rows])
            await database.many(road_sql.WAIT, [(number, rank, seq) for seq, rank in rows])
            await pieces.count(database, [(number, NUMBER["accepted"], in_doubt)] * len(rows))
            # What a hub had in custody it may have lost as well.
            await pieces.wake(database, number, held=True)
            await database.rows(road_sql.TRAVELLED, (0, 0, now, "gone_back", "[]", number))
            return len(rows)

        return await self._writer.do(run)

    async def states(self) -> list[Traffic]:
        """Return the figures of every agency with deliveries or a road; constant time, however many there are."""
        rows = await self._reader.rows(road_sql.TALLIES)
        counts = {(agency, STATES[state]): n for agency, state, n in rows}
        roads = {row[0]: row for row in await self._reader.rows(road_sql.ROADS)}
        held: dict[int, int] = dict(await self._reader.rows(road_sql.HELD))
        agencies = sorted({agency for agency, _ in counts} | roads.keys(), key=self._words.text)
        return [await self._traffic(agency, counts, roads.get(agency), held.get(agency, 0)) for agency in agencies]

    async def _traffic(self, agency: int, counts: dict[tuple[int, State], int], road: Row | None, held: int) -> Traffic:
        waiting = sum(counts.get((agency, state), 0) for state in delivery.UNDELIVERED)
        oldest = 0
        if waiting:
            found = await self._reader.rows(road_sql.OLDEST, (agency,) * 4)
            oldest = found[0][0] or 0
        _, _, _, _, bytes_out, bytes_in, accepted_at, last_at, last_outcome, *_ = road or (0, "", 0, 0, 0, 0, 0, 0, "")
        return Traffic(
            agency=self._words.text(agency),
            waiting=waiting,
            in_doubt=counts.get((agency, "in_doubt"), 0),
            held=held,
            in_review=counts.get((agency, "officer_review"), 0),
            accepted=counts.get((agency, "accepted"), 0),
            oldest_at=oldest,
            accepted_through=min(accepted_at, oldest - 1) if oldest else accepted_at,
            bytes_out=bytes_out,
            bytes_in=bytes_in,
            last_at=last_at,
            last_outcome=last_outcome,
            carried=counts.get((agency, "carried"), 0),
        )
