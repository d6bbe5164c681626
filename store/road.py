"""The deliveries: what is due, who holds it, what an attempt came to; states by `flows.delivery` and nothing else."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from flows import delivery
from flows.delivery import Event, State
from flows.errors import StoreFault
from store import numbers, road_sql, sql
from store.database import Database, Row
from store.numbers import pack_reference, unpack_id, unpack_reference
from store.pile import Pile
from store.statuses import Statuses
from store.values import Bookmark, Offer, Outcome, Settlement, SignedAnswer, StatusEvent, Traffic, Trip
from store.words import Words
from store.writer import Writer

STATES: Final = numbers.STATES
NUMBER: Final = numbers.STATE_NUMBER
LEASED: Final = NUMBER["leased"]
T = TypeVar("T")
FOR_ALL_TIME: Final = 2**40
TOGETHER: Final = 50
"""Deliveries leased or settled in one transaction while phones are pressing: a key press may have to wait for it."""

ALONE: Final = 200
"""The same while nobody presses a key."""
_LINKS: Final = frozenset({"http", "hub"})
_FINAL: Final = frozenset({"accepted", "officer_review"})
"""What an agency's word makes of a delivery for good: its signed answer is kept."""


def offer_of(row: Row) -> Offer:
    """The value of one row of `DUE` or `OFFERS`."""
    seq, id_, reference, case_id, case_revision, event, attempts, state, at = row
    in_doubt = STATES[state] in {"in_doubt", "carried"}
    return Offer(
        seq,
        unpack_id(id_),
        unpack_reference(reference),
        unpack_id(case_id),
        case_revision,
        event,
        attempts,
        in_doubt,
        at,
    )


class Road:
    """The worker's side of the store; times are epoch seconds."""

    def __init__(self, writer: Writer, reader: Database, words: Words, statuses: Statuses) -> None:
        self._writer = writer
        self._reader = reader
        self._words = words
        self._statuses = statuses

    async def due(self, agency: str, limit: int, now: int) -> list[Offer]:
        """Return what may be tried at `now`, oldest first (corrections and urgent ones aged up), leased by nobody."""
        rows = await self._reader.rows(road_sql.DUE, (self._words.number(agency), now, limit))
        return [offer_of(row) for row in rows]

    async def lease(self, agency: str, seqs: Sequence[int], owner: str, until: int, now: int) -> list[Offer]:
        """Lease what of `seqs` nobody holds, write one attempt for each, and return it in the same order.

        A few at a time, so that no key press waits for all of them; after a fault, what was leased before it.
        """
        number = self._words.number(agency)
        before: dict[int, tuple[int, int]] = {}
        for some in self._few(dict.fromkeys(seqs)):

            async def run(database: Database, some: Sequence[int] = some) -> dict[int, tuple[int, int]]:
                return await _lease(database, number, some, owner, until, now)

            try:
                before |= await self._writer.do(run, slow=True)
            except StoreFault:
                if not before:
                    raise
                break
        # What leaves is read outside of the writer's turn: it was fixed at intake.
        rows = {row[0]: row for row in await self._reader.rows(road_sql.OFFERS, (number, json.dumps(list(before))))}
        return [offer_of((*rows[seq][:6], *before[seq], rows[seq][8])) for seq in before]

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
        chunks = self._few(first.values())
        answer = 0
        for place, some in enumerate(chunks, 1):
            last = place == len(chunks)
            piece = _Piece(number, some, trip, now, answer, last=last, wake=wake and last)

            async def run(database: Database, piece: _Piece = piece) -> int:
                return await _settle_piece(database, piece)

            answer = await self._writer.do(run, slow=len(chunks) > 1)

    def _few(self, many: Iterable[T]) -> list[list[T]]:
        """In pieces of one transaction each; at least one piece, which may be empty."""
        all_, most = list(many), TOGETHER if self._writer.lively else ALONE
        return [all_[start : start + most] for start in range(0, max(1, len(all_)), most)]

    async def wake(self, agency: str, now: int) -> None:
        """Make all of this agency that waits due now, held or not, each in its place: a person pressed `sync now`."""
        del now
        number = self._words.number(agency)

        async def run(database: Database) -> None:
            await database.begin()
            await _wake(database, number, held=True)

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
            await _count(database, [(agency, LEASED, in_doubt) for agency, *_ in rows])
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
                await _settle_late(database, number, agency, outcomes, now, answer)
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
            await _count(database, [(number, NUMBER["accepted"], in_doubt)] * len(rows))
            # What a hub had in custody it may have lost as well.
            await _wake(database, number, held=True)
            await database.rows(road_sql.TRAVELLED, (0, 0, now, "gone_back", 0, number))
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


async def _lease(
    database: Database, agency: int, seqs: Sequence[int], owner: str, until: int, now: int
) -> dict[int, tuple[int, int]]:
    """Lease what of these nobody holds; returns attempts and state of each as they were before."""
    await database.begin()
    pile = Pile(database)
    rows = await pile.rows(road_sql.DELIVERIES, (agency, json.dumps(list(seqs))))
    free = {row[0]: row for row in rows if delivery.move(STATES[row[1]], "lease") is not None}
    taken = [seq for seq in seqs if seq in free]
    await pile.many(road_sql.UNWAIT, [(agency, free[seq][2], seq) for seq in taken])
    await pile.many(road_sql.WAIT, [(agency, until, seq) for seq in taken])
    await pile.many(road_sql.LEASE, [(until, owner, seq, agency) for seq in taken])
    await pile.many(road_sql.ADD_ATTEMPT, [(agency, seq, now) for seq in taken])
    await _count(pile, [(agency, free[seq][1], LEASED) for seq in taken])
    await pile.flush()
    return {seq: (free[seq][4], free[seq][1]) for seq in taken}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some of what a trip came to; `answer` is the row of its answer (0: none yet)."""

    agency: int
    settlements: Sequence[Settlement]
    trip: Trip
    now: int
    answer: int
    last: bool
    wake: bool


async def _settle_piece(database: Database, piece: _Piece) -> int:
    await database.begin()
    pile = Pile(database)
    await pile.many(road_sql.OPEN_ROAD, [(piece.agency,)])
    kept = await _settle(
        pile, piece.agency, piece.settlements, piece.trip, piece.now, answer=piece.answer, last=piece.last
    )
    if piece.wake:
        await _wake(pile, piece.agency, held=False)
    await pile.flush()
    return kept


async def _settle(
    database: Database,
    agency: int,
    settlements: Sequence[Settlement],
    trip: Trip,
    now: int,
    *,
    answer: int = 0,
    last: bool = True,
) -> int:
    """Settle these, the `last` of their trip or some before them; `answer` is the row of its answer (0: none yet).

    Returns that row. What the trip cost, and how much the agency says it has, is written with the last ones.
    """
    listed = json.dumps([one.seq for one in settlements])
    rows = {row[0]: row for row in await database.rows(road_sql.DELIVERIES, (agency, listed))}
    leaves: list[tuple[int, int, int]] = []
    waits: list[tuple[int, int, int]] = []
    settled: list[tuple[object, ...]] = []
    moves: list[tuple[int, int, int]] = []
    accepted: list[int] = []
    written = answer
    if trip.answer is not None and not answer:
        answer = (await database.rows(road_sql.NEXT_ANSWER))[0][0]
    for one in settlements:
        row = rows.pop(one.seq, None)
        new = None if row is None else _after(STATES[row[1]], one.event)
        if row is None or new is None:
            continue
        _, state, due_at, rank, attempts, _, _ = row
        due = (one.next_at or rank) if new in delivery.WAITING else 0
        leaves.append((agency, due_at, one.seq))
        if new in delivery.WAITING:
            waits.append((agency, due, one.seq))
        kept = answer if new in _FINAL else 0
        settled.append(_settled(one, new, due, attempts - (state == LEASED and not one.counted), kept, now, agency))
        moves.append((agency, state, NUMBER[new]))
        if new == "accepted":
            accepted.append(one.seq)
    await database.many(road_sql.UNWAIT, leaves)
    await database.many(road_sql.WAIT, waits)
    await database.many(road_sql.SETTLE, settled)
    if trip.answer is not None and not written and any(STATES[new] in _FINAL for _, _, new in moves):
        said, written = trip.answer, answer
        await database.many(road_sql.ADD_ANSWER, [(answer, said.id, said.stamp, said.signature, said.body, said.road)])
    await database.many(road_sql.ACCEPTED, [(seq, seq) for seq in accepted])
    await _count(database, moves)
    said_yes = len(accepted) - sum(STATES[old] == "accepted" for _, old, _ in moves)
    held = trip.held if last else 0
    if said_yes or held > 0:
        await database.many(road_sql.RAISE, [(max(0, held), said_yes, agency)])
    await database.many(road_sql.END_ATTEMPT, [_end_of_attempt(trip, one, agency) for one in settlements])
    newest = (await database.rows(road_sql.NEWEST, (json.dumps(accepted),)))[0][0] if accepted else 0
    if trip.road in _LINKS and last:
        travelled = (trip.bytes_out, trip.bytes_in, now, trip.outcome, newest, agency)
        await database.many(road_sql.TRAVELLED, [travelled])
    else:
        await database.many(road_sql.ACKNOWLEDGED, [(newest, agency)])
    return written


def _settled(
    one: Settlement, new: State, due: int, attempts: int, answer: int, now: int, agency: int
) -> tuple[object, ...]:
    held = int(one.held and new in delivery.WAITING)
    fields = json.dumps(list(one.fields), ensure_ascii=False)
    said = (one.code, one.agency_ref, one.reason, fields, answer)
    return (NUMBER[new], due, attempts, held, *said, now, one.seq, agency)


async def _settle_late(
    database: Database,
    number: int,
    agency: str,
    outcomes: Sequence[Outcome],
    now: int,
    answer: SignedAnswer | None,
) -> None:
    """Settle deliveries by words that came through a hub's feed; the last word on one counts."""
    references = json.dumps([packed for one in outcomes if (packed := pack_reference(one.reference)) is not None])
    rows = await database.rows(road_sql.OF_REFERENCES, (number, references))
    seqs = {unpack_id(id_): (seq, kept) for seq, id_, kept in rows}
    settlements: dict[int, Settlement] = {}
    for one in outcomes:
        seq, kept = seqs.get(one.id, (0, 0))
        if seq and (kept or one.status != "forgotten"):
            event = "forget" if one.status == "forgotten" else delivery.EVENT_OF[one.status]
            settlements[seq] = Settlement(seq, event, 0, one.status, one.agency_ref, one.reason, one.fields)
    trip = Trip(agency, "hub", tuple(settlements), "answered", answer=answer)
    await _settle(database, number, tuple(settlements.values()), trip, now)


def _after(state: State, event: Event) -> State | None:
    new = delivery.move(state, event)
    return delivery.move(new, "review") if new == "refused" else new


def _end_of_attempt(trip: Trip, one: Settlement, agency: int) -> tuple[object, ...]:
    outcome = one.code or one.event
    return (trip.road, outcome, trip.bytes_out, trip.bytes_in, trip.milliseconds, trip.http_status, one.seq, agency)


async def _wake(database: Database, agency: int, *, held: bool) -> None:
    rows = await database.rows(road_sql.MOVED, (agency, int(held)))
    await database.many(road_sql.UNWAIT, [(agency, due_at, seq) for seq, due_at, _, _ in rows])
    await database.many(road_sql.WAIT, [(agency, rank, seq) for seq, _, rank, _ in rows])
    await database.many(road_sql.MOVE, [(state, rank, seq, agency) for seq, _, rank, state in rows])


async def _count(database: Database, moves: Sequence[tuple[int, int, int]]) -> None:
    tally: Counter[tuple[int, int]] = Counter()
    for agency, old, new in moves:
        tally[agency, old] -= 1
        tally[agency, new] += 1
    await database.many(sql.TALLY, [(*pair, n) for pair, n in tally.items() if n])
