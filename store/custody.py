"""What a hub has in custody: submissions of its nodes on their way to agencies, and each agency's word going home.

Custody is not acceptance: the node keeps its own copy until the agency's word has come home through `feed`. The
deliveries here have negative numbers, so that one worker can carry them beside the hub's own.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flows import delivery
from store import hub_sql, road_sql
from store.database import Database, Row
from store.numbers import STATE_NUMBER as NUMBER
from store.numbers import STATES
from store.values import Offer, Settlement, StatusEvent
from store.words import Words
from store.writer import Writer

BODIES: Final = 14 * 86_400
"""Seconds for which a body is kept after the agency's word, in case the agency goes back to a backup."""

PASSAGES: Final = 400 * 86_400
"""Seconds for which it is known whose submission an id is, and for which a word waits for its node."""

SOURCE: Final = "urn:sala:node:"

CLONED: Final = "cloned"
"""The reason of a `conflict` that only two machines of one name can cause."""

_FINAL: Final = frozenset({NUMBER["accepted"], NUMBER["officer_review"]})
_WORD: Final[Mapping[str, str]] = {"duplicate": "accepted", "permanent": "invalid"}


@dataclass(frozen=True, slots=True)
class Consigned:
    """One event that a node hands over: its bytes, and what of it the hub may know."""

    source: str
    id: str
    digest: bytes
    event: bytes
    reference: str = ""
    case_id: str = ""
    epoch: str = ""
    sequence: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one: `carried`, or the agency's own word when it has come already, or `conflict`."""

    id: str
    status: str
    agency_ref: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One event of a node's feed; `seq` counts within this hub."""

    seq: int
    id: str
    reference: str
    status: str
    agency_ref: str
    reason: str
    fields: Sequence[str]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """How much is in custody for one agency, and how much of it the agency has accepted.

    `oldest_at` is when the oldest that waits was taken, `accepted_at` when the newest that is accepted was: epoch
    seconds, 0 for none.
    """

    agency: str
    waiting: int = 0
    in_doubt: int = 0
    oldest_at: int = 0
    carried: int = 0
    accepted: int = 0
    accepted_at: int = 0


class Custody:
    """The rows `passage`, `home` and `stray`. Times are epoch seconds."""

    def __init__(self, writer: Writer, reader: Database, words: Words, node: str, *, serving: bool) -> None:
        self._own = f"{SOURCE}{node}"
        self._serving = serving
        self._writer = writer
        self._reader = reader
        self._words = words
        self.life = ""
        """The epoch of this run; a cursor that names a run unknown to the file shows that the file was restored."""

    # --- taking ------------------------------------------------------------------------------------------------------

    async def take(self, node: str, agency: str, consigned: Sequence[Consigned], now: int) -> list[Kept]:
        """Take what is new into custody, durable when this returns, and say of each what is known of it."""

        async def run(database: Database) -> list[Kept]:
            await database.begin()
            await self._words.learn(database, [agency])
            number = self._words.number(agency)
            ids = json.dumps([one.id for one in consigned])
            known = {(row[0], row[1]): row for row in await database.rows(hub_sql.KNOWN, (number, ids))}
            kept, seen, fresh = [], dict[tuple[str, str], bytes](), 0
            for one in consigned:
                row = known.get((one.source, one.id))
                digest = row[2] if row else seen.get((one.source, one.id))
                if digest is None:
                    kept.append(await _take(database, node, number, one, now))
                    seen[one.source, one.id] = one.digest
                    fresh += kept[-1].status == "carried"
                else:
                    kept.append(_again(one, digest, row))
            if fresh:
                await database.rows(hub_sql.COUNT, (node, number, fresh))
            found = await database.rows(hub_sql.FOUND, (number, ids))
            await self._send_home(database, number, [(node, *row[:6], "") for row in sorted(found, key=_by_seq)], now)
            return kept

        return await self._writer.do(run)

    # --- the worker's side -------------------------------------------------------------------------------------------

    async def due(self, agency: str, limit: int, now: int) -> list[Offer]:
        """What may be tried at `now`, oldest first."""
        rows = await self._reader.rows(hub_sql.DUE, (self._words.number(agency), now, limit))
        return [_offer(row) for row in rows]

    async def lease(self, agency: str, seqs: Sequence[int], owner: str, until: int, now: int) -> list[Offer]:
        """Lease what of `seqs` nobody holds; returned in the same order."""
        del now
        number = self._words.number(agency)

        async def run(database: Database) -> list[Offer]:
            await database.begin()
            rows = {-row[0]: row for row in await database.rows(hub_sql.ROWS, (number, _listed(seqs)))}
            free = [
                seq
                for seq in dict.fromkeys(seqs)
                if seq in rows and delivery.move(STATES[rows[seq][6]], "lease") is not None
            ]
            await database.many(hub_sql.LEASE, [(until, owner, -seq) for seq in free])
            return [_offer(rows[seq][:8]) for seq in free]

        return await self._writer.do(run)

    async def settle(self, agency: str, settlements: Sequence[Settlement], now: int, *, wake: bool) -> None:
        """Write what an attempt came to, and the agency's word into the feed of its node, in one transaction."""
        number = self._words.number(agency)

        async def run(database: Database) -> None:
            await database.begin()
            listed = _listed([one.seq for one in settlements])
            rows = {-row[0]: row for row in await database.rows(hub_sql.ROWS, (number, listed))}
            homeward, said_yes = [], 0
            for one in settlements:
                row = rows.get(one.seq)
                if row is not None and await _settle(database, row, one, now):
                    said_yes += one.event == "accept"
                    status = _WORD.get(one.code, one.code)
                    fields = json.dumps(list(one.fields), ensure_ascii=False)
                    homeward.append((row[8], row[1], row[2], status, one.reason, fields, "{}", one.agency_ref))
            await self._send_home(database, number, homeward, now)
            if said_yes:
                await database.rows(road_sql.OPEN_ROAD, (number,))
                await database.rows(road_sql.RAISE, (0, said_yes, number))
            if wake:
                await database.rows(hub_sql.WAKE, (number, 0))

        await self._writer.do(run)

    async def wake(self, agency: str) -> None:
        """Make all of this agency due now, held or not."""
        number = self._words.number(agency)

        async def run(database: Database) -> None:
            await database.rows(hub_sql.WAKE, (number, 1))

        await self._writer.do(run)

    async def lapse(self, now: int) -> int:
        """Turn leases that have run out into `in_doubt`, due at once; returns how many."""
        return await self._writer.do(lambda database: self.lapse_in(database, now))

    @staticmethod
    async def lapse_in(database: Database, now: int) -> int:
        """As `lapse`, inside a transaction of the caller's."""
        await database.begin()
        return len(await database.rows(hub_sql.LAPSE, (now,)))

    async def gone_back(self, agency: str, now: int) -> int:
        """Offer again what this agency had accepted; what is no longer kept here is asked of its node again."""
        number = self._words.number(agency)

        async def run(database: Database) -> int:
            await database.begin()
            again = await database.rows(hub_sql.OFFER_AGAIN, (number,))
            gone = await database.rows(hub_sql.TAKEN, (number,))
            await database.many(hub_sql.DROP, [(row[0],) for row in gone])
            asked = [(node, id_, reference, "forgotten", "", "[]", "{}", "") for _, id_, reference, node in gone]
            await self._send_home(database, number, asked, now)
            return len(again)

        return await self._writer.do(run)

    # --- on the way home ---------------------------------------------------------------------------------------------

    async def homeward(self, database: Database, agency: int, events: Iterable[StatusEvent], now: int) -> set[int]:
        """Send home what is not this node's own; the caller commits. Returns the seqs of what is the hub's to carry."""
        events = list(events)
        ids = json.dumps([event.id for event in events])
        owners: dict[str, str] = dict(await database.rows(hub_sql.OWNERS, (agency, ids)))
        homeward, placed = [], set()
        for event in sorted(events, key=lambda one: one.seq):
            # A hub whose disk was lost knows its nodes' submissions only by what the agency says of them.
            stranger = self._serving and event.source.startswith(SOURCE) and event.source != self._own
            node = owners.get(event.id) or (event.source.removeprefix(SOURCE) if stranger else "")
            if node:
                homeward.append((node, event.id, event.reference, event.status, event.reason, *_json(event), ""))
                placed.add(event.seq)
        await self._send_home(database, agency, homeward, now)
        return placed

    async def keep_strays(self, database: Database, agency: int, events: Iterable[StatusEvent], now: int) -> None:
        """Keep statuses whose submission nobody here knows: its node may hand it over again. The caller commits."""
        if not self._serving:
            return
        rows = [
            (event.id, agency, event.seq, event.reference, event.status, event.reason, *_json(event), now)
            for event in events
        ]
        await database.many(hub_sql.STRAY, rows)

    async def feed(self, node: str, agency: str, after: str, most: int = 500) -> tuple[list[Word], str]:
        """What goes home to a node from one agency after a cursor, and the cursor to ask with next.

        A cursor is `<seq>-<run>`; one that is not of this file is answered "0": start again.
        """
        number = self._words.number(agency)
        at, _, life = after.partition("-")
        if not after:
            at = "0"
        if not at.isdecimal():
            return [], "0"
        if at != "0" and not await self._reader.rows(hub_sql.AT, (int(at), node, number, life, life)):
            return [], "0"
        rows = await self._reader.rows(hub_sql.FEED, (node, number, int(at), most))
        words = [
            Word(row[0], row[2], row[3], row[4], row[5], row[6], json.loads(row[7]), json.loads(row[8])) for row in rows
        ]
        return words, f"{rows[-1][0]}-{rows[-1][1]}" if rows else after or "0"

    async def counted(self, node: str, agency: str) -> int:
        """How many submissions of a node this hub ever took for one agency: less than before shows a lost disk."""
        rows = await self._reader.rows(hub_sql.COUNTED, (node, self._words.number(agency)))
        return int(rows[0][0]) if rows else 0

    # --- figures and housework ---------------------------------------------------------------------------------------

    async def held(self) -> list[Held]:
        """What is in custody, by agency."""
        found: dict[str, list[tuple[int, int, int]]] = {}
        for agency, state, count, oldest in await self._reader.rows(hub_sql.WAITING):
            found.setdefault(agency, []).append((state, count, oldest))
        accepted = {agency: (count, at) for agency, count, at in await self._reader.rows(hub_sql.ACCEPTED)}
        return [
            Held(
                agency,
                sum(count for _, count, _ in found.get(agency, [])),
                sum(count for state, count, _ in found.get(agency, []) if state == NUMBER["in_doubt"]),
                min((oldest for _, _, oldest in found.get(agency, [])), default=0),
                sum(count for state, count, _ in found.get(agency, []) if state == NUMBER["carried"]),
                *accepted.get(agency, (0, 0)),
            )
            for agency in sorted(found.keys() | accepted.keys())
        ]

    async def held_for(self) -> dict[str, tuple[int, int]]:
        """What is in custody, by node: how many, and since when the oldest."""
        return {node: (count, oldest) for node, count, oldest in await self._reader.rows(hub_sql.WAITING_OF)}

    async def sweep(self, now: int) -> None:
        """One small step of housework: bodies after the agency's word, the rest after a year."""

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(hub_sql.OLD_BODIES, (now - BODIES,))
            for statement in (hub_sql.OLD_PASSAGES, hub_sql.OLD_HOME, hub_sql.OLD_STRAYS):
                await database.rows(statement, (now - PASSAGES,))

        await self._writer.do(run)

    async def _send_home(self, database: Database, agency: int, words: Iterable[Row], now: int) -> None:
        rows = [
            (self.life, node, agency, id_, reference, status, agency_ref, reason, fields, params, now)
            for node, id_, reference, status, reason, fields, params, agency_ref in words
        ]
        if rows:
            await database.many(hub_sql.GO_HOME, rows)


async def _take(database: Database, node: str, agency: int, one: Consigned, now: int) -> Kept:
    if await _cloned(database, one):
        await database.rows(hub_sql.SET_CLONED, (node, now, now))
        return Kept(one.id, "conflict", reason=CLONED)
    named = (one.source, one.id, agency, one.reference, one.case_id, one.epoch, one.sequence)
    await database.rows(hub_sql.TAKE, (node, *named, one.digest, one.event, now, now, now))
    return Kept(one.id, "carried")


async def _cloned(database: Database, one: Consigned) -> bool:
    """Whether only a second machine of the same name can have made this one."""
    if one.reference and one.case_id:
        same = (one.source, one.reference, one.case_id)
        if await database.rows(hub_sql.SAME_REFERENCE, same):
            return True
    numbered = bool(one.epoch and one.sequence)
    return numbered and bool(await database.rows(hub_sql.SAME_NUMBER, (one.source, one.epoch, one.sequence, one.id)))


def _again(one: Consigned, digest: bytes, row: Row | None) -> Kept:
    """What is known of a submission that came before."""
    if digest != one.digest:
        return Kept(one.id, "conflict", reason="other")
    if row is None or row[3] not in _FINAL:
        return Kept(one.id, "carried")
    _, _, _, state, code, agency_ref, reason, fields = row
    status = "duplicate" if state == NUMBER["accepted"] else _WORD.get(code, code)
    return Kept(one.id, status, agency_ref, reason, tuple(json.loads(fields)))


async def _settle(database: Database, row: Row, one: Settlement, now: int) -> bool:
    """Write one settlement; whether it was the agency's last word."""
    n, _, _, _, _, attempts, state, rank, _ = row
    old = STATES[state]
    new = delivery.move(old, one.event)
    if new is None:
        return False
    # What is refused is for an officer of its own node.
    new = delivery.move(new, "review") or new
    waits = new in delivery.WAITING
    due = (one.next_at or rank) if waits else 0
    burnt = attempts if one.counted or old != "leased" else attempts - 1
    fields = json.dumps(list(one.fields), ensure_ascii=False)
    said = (NUMBER[new], due, burnt, int(one.held and waits), one.code, one.agency_ref, one.reason, fields, now)
    await database.rows(hub_sql.SETTLE, (*said, n))
    return NUMBER[new] in _FINAL


def _offer(row: Row) -> Offer:
    n, id_, reference, case_id, event, attempts, state, rank = row
    return Offer(-n, id_, reference, case_id, 1, event, attempts, STATES[state] in {"in_doubt", "carried"}, rank)


def _listed(seqs: Iterable[int]) -> str:
    return json.dumps([-seq for seq in seqs])


def _json(event: StatusEvent) -> tuple[str, str]:
    return json.dumps(list(event.fields), ensure_ascii=False), json.dumps(dict(event.params), ensure_ascii=False)


def _by_seq(row: Row) -> int:
    return int(row[6])
