"""What a lease and the outcome of a trip come to in rows, inside of the writer's transaction: the whole or a piece."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flows import delivery
from flows.delivery import Event, State
from store import road_sql, sql
from store.database import Database
from store.numbers import STATE_NUMBER, STATES, pack_reference, unpack_id
from store.pile import Pile
from store.values import Outcome, Settlement, SignedAnswer, Trip

_LEASED: Final = STATE_NUMBER["leased"]
_LINKS: Final = frozenset({"http", "hub"})
_FINAL: Final = frozenset({"accepted", "officer_review"})
"""What an agency's word makes of a delivery for good: its signed answer is kept."""


async def lease(
    database: Database, agency: int, seqs: Sequence[int], owner: str, until: int, now: int
) -> dict[int, tuple[int, int]]:
    """Lease what of these nobody holds; returns attempts and state of each as they were before."""
    await database.begin()
    pile = Pile(database)
    rows = await pile.rows(road_sql.DELIVERIES, (agency, json.dumps(list(seqs))))
    free = {row[0]: row for row in rows if delivery.move(STATES[row[1]], "lease") is not None}
    taken = [seq for seq in seqs if seq in free]
    await pile.many(road_sql.UNWAIT, [(agency, free[seq][2], seq) for seq in taken])
    listed = json.dumps(taken)
    await pile.many(road_sql.WAIT_FOR, [(agency, until, listed)])
    await pile.many(road_sql.LEASE, [(until, owner, agency, listed)])
    await pile.many(road_sql.ADD_ATTEMPT, [(agency, now, listed)])
    await count(pile, [(agency, free[seq][1], _LEASED) for seq in taken])
    await pile.flush()
    return {seq: (free[seq][4], free[seq][1]) for seq in taken}


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of what a trip came to; `answer` is the row of its answer (0: none yet)."""

    agency: int
    settlements: Sequence[Settlement]
    trip: Trip
    now: int
    answer: int
    last: bool
    wake: bool


async def settle_piece(database: Database, piece: Piece) -> int:
    """Settle it; returns the row of its trip's answer, for the next piece (0: none yet)."""
    await database.begin()
    pile = Pile(database)
    kept = await _settle(
        pile, piece.agency, piece.settlements, piece.trip, piece.now, answer=piece.answer, last=piece.last
    )
    if piece.wake:
        await wake(pile, piece.agency, held=False)
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
        settled.append(_settled(one, new, due, attempts - (state == _LEASED and not one.counted), kept, now, agency))
        moves.append((agency, state, STATE_NUMBER[new]))
        if new == "accepted":
            accepted.append(one.seq)
    await database.many(road_sql.OPEN_ROAD, [(agency,)])
    await database.many(road_sql.UNWAIT, leaves)
    await database.many(road_sql.WAIT, waits)
    await database.many(road_sql.SETTLE, settled)
    if trip.answer is not None and not written and any(STATES[new] in _FINAL for _, _, new in moves):
        said, written = trip.answer, answer
        await database.many(road_sql.ADD_ANSWER, [(answer, said.id, said.stamp, said.signature, said.body, said.road)])
    taken = json.dumps(accepted)
    await database.many(road_sql.ACCEPTED, [(taken, taken)] if accepted else [])
    await count(database, moves)
    said_yes = len(accepted) - sum(STATES[old] == "accepted" for _, old, _ in moves)
    held = trip.held if last else 0
    if said_yes or held > 0:
        await database.many(road_sql.RAISE, [(max(0, held), said_yes, agency)])
    await database.many(road_sql.END_ATTEMPT, _ends_of_attempts(trip, settlements, agency))
    if trip.road in _LINKS and last:
        travelled = (trip.bytes_out, trip.bytes_in, now, trip.outcome, taken, agency)
        await database.many(road_sql.TRAVELLED, [travelled])
    elif accepted:
        await database.many(road_sql.ACKNOWLEDGED, [(taken, agency)])
    return written


def _settled(
    one: Settlement, new: State, due: int, attempts: int, answer: int, now: int, agency: int
) -> tuple[object, ...]:
    held = int(one.held and new in delivery.WAITING)
    fields = json.dumps(list(one.fields), ensure_ascii=False)
    said = (one.code, one.agency_ref, one.reason, fields, answer)
    return (STATE_NUMBER[new], due, attempts, held, *said, now, one.seq, agency)


async def settle_late(
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


def _ends_of_attempts(trip: Trip, settlements: Sequence[Settlement], agency: int) -> list[tuple[object, ...]]:
    """One row for each outcome: nearly always one for all."""
    seqs: dict[str, list[int]] = {}
    for one in settlements:
        seqs.setdefault(one.code or one.event, []).append(one.seq)
    figures = (trip.bytes_out, trip.bytes_in, trip.milliseconds, trip.http_status)
    return [(trip.road, outcome, *figures, agency, json.dumps(some)) for outcome, some in seqs.items()]


async def wake(database: Database, agency: int, *, held: bool) -> None:
    """Make due, each in its place, what of this agency waits elsewhere; with `held`, also what is held."""
    rows = await database.rows(road_sql.MOVED, (agency, int(held)))
    await database.many(road_sql.UNWAIT, [(agency, due_at, seq) for seq, due_at, _, _ in rows])
    await database.many(road_sql.WAIT, [(agency, rank, seq) for seq, _, rank, _ in rows])
    await database.many(road_sql.MOVE, [(state, rank, seq, agency) for seq, _, rank, state in rows])


async def count(database: Database, moves: Sequence[tuple[int, int, int]]) -> None:
    """Keep the tally: each move is an agency, the state before and the state after."""
    tally: Counter[tuple[int, int]] = Counter()
    for agency, old, new in moves:
        tally[agency, old] -= 1
        tally[agency, new] += 1
    await database.many(sql.TALLY, [(*pair, n) for pair, n in tally.items() if n])
