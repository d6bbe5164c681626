"""The officers' list of requests: paged by number, searched, counted up to a bound, always within a scope."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flows.reference import LENGTH, is_reference
from store import queue_sql
from store.audit import note
from store.clock import Clock
from store.database import Database, Row
from store.numbers import unpack_number, unpack_reference
from store.road import STATES
from store.scope import Scope
from store.words import Words
from store.writer import Writer

GROUPS: Final = {
    "wait": ("received",),
    "agency": ("accepted", "in_review"),
    "citizen": ("needs_correction",),
    "done": ("approved", "ready", "rejected", "closed", "withdrawn", "transferred"),
}
"""The statuses of each tab of the list; `fix` is told by deliveries instead, and `all` is all of these."""

COUNTED: Final = 1000
"""Where counting stops: nobody works from a number beyond it."""

AT_ONCE: Final = 120
"""Strands in one statement."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests; `group` is a key of `GROUPS`, `fix` or `all`.

    Attributes:
        among: only these services (None: all); spares those with few agencies the walk through the others' requests.
        place: a district's code, `-` for those without a place. village: a code of the places table.
        before: only those taken in before this time (epoch seconds). newest: newest first.
        at: the number to go on from (0: the beginning); back: towards the beginning.
    """

    group: str = "all"
    service: str = ""
    among: frozenset[str] | None = None
    place: str = ""
    village: str = ""
    before: int = 0
    newest: bool = False
    at: int = 0
    back: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """How one request stands with one agency; `state` is of `flows.delivery.State`."""

    agency: str
    state: str
    code: str
    reason: str
    fields: tuple[str, ...]
    attempts: int
    due_at: int
    at: int
    agency_ref: str
    held: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One request; `at` is when it was taken in, `event` the bytes of its newest submission (None when gone).

    `cursor` is where a list goes on after this one.
    """

    seq: int
    reference: str
    service: str
    status: str
    reason: str
    fields: tuple[str, ...]
    place: str
    case_revision: int
    latest: int
    msisdn: str
    channel: str
    language: str
    sensitive: bool
    trial: bool
    at: int
    changed_at: int
    event: bytes | None
    revision: str
    ways: tuple[Way, ...] = ()
    cursor: int = 0


class Queue:
    """What officers list; every question takes the scope of who asks."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, words: Words) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._words = words

    async def services(self) -> list[str]:
        """The services of which there are requests."""
        return [row[0] for row in await self._reader.rows(queue_sql.SERVICES)]

    async def places(self, scope: Scope) -> list[str]:
        """The districts within the scope of which there are requests; "" for those without a place."""
        return [row[0] for row in await self._reader.rows(queue_sql.PLACES) if scope.holds(row[0])]

    async def page(self, scope: Scope, wanted: Wanted, limit: int) -> list[Entry]:
        """One page of the list, in its order."""
        cursors = await self._seqs(scope, wanted, limit)
        return [replace(one, cursor=cursors[one.seq]) for one in await self._entries(scope, list(cursors))]

    async def count(self, scope: Scope, wanted: Wanted) -> int:
        """How many there are; `COUNTED` for so many or more."""
        strands = await self._strands(scope, wanted, COUNTED)
        total = 0
        for some in _pieces(strands):
            union = " UNION ALL ".join(statement for statement, _ in some)
            values = [value for _, given in some for value in given]
            rows = await self._reader.rows(queue_sql.COUNT.format(strands=union), (*values, COUNTED - total))
            total += rows[0][0]
            if total >= COUNTED:
                break
        return total

    async def one(self, scope: Scope, reference: str) -> Entry | None:
        """One request; None when there is none, or it is not within the scope."""
        if not is_reference(reference):
            return None
        found = await self._entries(scope, await self._referenced(scope, [reference]))
        return found[0] if found else None

    async def within(self, scope: Scope, references: Iterable[str]) -> set[str]:
        """Which of these references are of requests within the scope."""
        condition, values = scope.condition()
        listed = json.dumps([int(one) for one in references])
        rows = await self._reader.rows(queue_sql.WITHIN.format(scope=condition), (listed, *values))
        return {unpack_reference(row[0]) for row in rows}

    async def bodies(self, entry: Entry) -> list[tuple[int, int, bytes | None]]:
        """The submissions of a request that was read within a scope: (case revision, time, bytes)."""
        return [tuple(row) for row in await self._reader.rows(queue_sql.BODIES_OF, (entry.seq, entry.seq))]

    async def alike(self, scope: Scope, entry: Entry, limit: int) -> list[Entry]:
        """Other requests of the same number for the same service, the newest first."""
        condition, values = scope.condition()
        statement = queue_sql.ALIKE.format(scope=condition)
        rows = await self._reader.rows(statement, (entry.seq, entry.seq, entry.service, *values, limit))
        return await self._entries(scope, [row[0] for row in rows])

    async def search(self, scope: Scope, text: str, limit: int) -> tuple[list[Entry], bool]:
        """By reference, also with a typing error, or by the last four digits of a number; whether it was a guess."""
        digits = "".join(text.split()).replace("-", "")
        if not (digits.isascii() and digits.isdigit()):
            return [], False
        if len(digits) == 4:  # noqa: PLR2004 - what people read aloud of a number
            condition, values = scope.condition()
            statement = queue_sql.BY_ENDING.format(scope=condition)
            rows = await self._reader.rows(statement, (int(digits), *values, limit))
            return await self._entries(scope, [row[0] for row in rows]), False
        exact = [digits] if is_reference(digits) else []
        found = await self._entries(scope, await self._referenced(scope, exact))
        if found:
            return found, False
        near = await self._referenced(scope, neighbours(digits))
        return (await self._entries(scope, near))[:limit], bool(near)

    async def since(self, scope: Scope, at: int) -> dict[str, int]:
        """How many statuses came home since then, by status; of the newest thousand."""
        condition, values = scope.condition()
        rows = await self._reader.rows(queue_sql.EVENTS_SINCE.format(scope=condition), (at, *values))
        return dict(rows)

    async def pulse(self) -> int:
        """A number that differs when anything that the list shows has changed; five short reads."""
        rows = [
            *await self._reader.rows(queue_sql.PULSE),
            *await self._reader.rows(queue_sql.PULSE_TALLY),
            *await self._reader.rows(queue_sql.PULSE_ROADS),
        ]
        return hash(tuple(rows))

    async def under_way(self) -> int:
        """How many deliveries are on the wire this moment."""
        return int((await self._reader.rows(queue_sql.UNDER_WAY))[0][0])

    async def cardless(self, limit: int) -> list[tuple[int, int | None, bytes | None, str]]:
        """Requests that have no card yet, oldest first: (number, the phone's number, newest bytes, revision)."""
        last = (await self._reader.rows(queue_sql.LAST_CARD))[0][0]
        return [tuple(row) for row in await self._reader.rows(queue_sql.CARDLESS, (last, limit))]

    async def add_cards(self, cards: Sequence[tuple[int, int, str]]) -> None:
        """Write cards: (request, the last four digits or -1, the village or "")."""

        async def run(database: Database) -> None:
            await database.begin()
            await database.many(queue_sql.ADD_CARD, cards)

        await self._writer.do(run)

    async def note(self, actor: str, act: str, subject: str, **details: Any) -> None:
        """Write into the audit chain what was done to one request."""
        at = self._clock.steady()
        await self._writer.do(lambda database: note(database, at, actor, act, subject, details))

    async def number_before(self, at: int) -> int:
        """The first number taken in at `at` or later; a binary search, since times rise with numbers."""
        low, high = 1, (await self._reader.rows(queue_sql.LAST_SUBMISSION))[0][0] + 1
        while low < high:
            middle = (low + high) // 2
            rows = await self._reader.rows(queue_sql.SUBMISSION_FROM, (middle,))
            if not rows or rows[0][1] >= at:
                high = middle
            else:
                low = rows[0][0] + 1
        return low

    async def _referenced(self, scope: Scope, references: Iterable[str]) -> list[int]:
        listed = json.dumps([int(one) for one in references])
        condition, values = scope.condition()
        rows = await self._reader.rows(queue_sql.BY_REFERENCE.format(scope=condition), (listed, *values))
        return [row[0] for row in rows]

    async def _entries(self, scope: Scope, seqs: Sequence[int]) -> list[Entry]:
        if not seqs:
            return []
        condition, values = scope.condition()
        rows = await self._reader.rows(queue_sql.ENTRIES.format(scope=condition), (json.dumps(list(seqs)), *values))
        latest = json.dumps([row[8] for row in rows])
        ways: dict[int, list[Way]] = {}
        for row in await self._reader.rows(queue_sql.ROADS_OF, (latest,)):
            if scope.serves(row[1]):
                ways.setdefault(row[0], []).append(_way(row))
        order = {seq: place for place, seq in enumerate(seqs)}
        return sorted((_entry(row, tuple(ways.get(row[8], ()))) for row in rows), key=lambda one: order[one.seq])

    async def _seqs(self, scope: Scope, wanted: Wanted, limit: int) -> dict[int, int]:
        """The numbers of one page in its order, each with where the list goes on after it."""
        down = wanted.newest != wanted.back
        found: set[tuple[int, int]] = set()
        for some in _pieces(await self._strands(scope, wanted, limit)):
            union = " UNION ALL ".join(statement for statement, _ in some)
            rows = await self._reader.rows(union, [value for _, given in some for value in given])
            found.update((row[0], row[1]) for row in rows)
        page = sorted(found, reverse=down)[:limit]
        return {seq: cursor for cursor, seq in (page[::-1] if wanted.back else page)}

    async def _strands(self, scope: Scope, wanted: Wanted, limit: int) -> list[tuple[str, list[Any]]]:
        """The walks that the list is put together from, each with its values."""
        down = wanted.newest != wanted.back
        at = wanted.at or (2**62 if down else 0)
        edge = await self.number_before(wanted.before) if wanted.before else 0
        if edge and down:
            at = min(at, edge)
        condition, values = scope.condition()
        if edge:
            condition, values = f"{condition} AND r.seq < ?", [*values, edge]
        shape = {"way": "<" if down else ">", "order": "DESC" if down else "ASC", "scope": condition}
        services = [one for one in await self.services() if wanted.service in {"", one} and _is_among(one, wanted)]
        if wanted.group == "fix":
            shape["scope"] = f"{condition}{' AND r.place = ?' if wanted.place else ''}"
            more = ["" if wanted.place == "-" else wanted.place] if wanted.place else []
            return [
                (queue_sql.STRAND_OF_REVIEW.format(**shape), [agency, at, json.dumps(services), *values, *more, limit])
                for agency in await self._refusers(scope)
            ]
        statuses = GROUPS.get(wanted.group) or tuple(status for group in GROUPS.values() for status in group)
        if wanted.village:
            listed = [json.dumps(services), json.dumps(statuses)]
            return [(queue_sql.STRAND_OF_VILLAGE.format(**shape), [wanted.village, at, *listed, *values, limit])]
        pairs = [(service, status) for service in services for status in statuses]
        if scope.everywhere and not wanted.place:
            statement = queue_sql.STRAND_OF_SERVICE.format(**shape)
            return [(statement, [*pair, at, *values, limit]) for pair in pairs]
        statement = queue_sql.STRAND_OF_PLACE.format(**shape)
        place = "" if wanted.place == "-" else wanted.place
        places = [one for one in await self.places(scope) if not wanted.place or one == place]
        return [(statement, [one, *pair, at, *values, limit]) for one in places for pair in pairs]

    async def _refusers(self, scope: Scope) -> list[int]:
        """The agencies that have refused something which still waits for an officer."""
        rows = await self._reader.rows(queue_sql.REFUSERS)
        return [row[0] for row in rows if scope.serves(self._words.text(row[0]))]


def _is_among(service: str, wanted: Wanted) -> bool:
    return wanted.among is None or service in wanted.among


def neighbours(digits: str) -> list[str]:
    """The references that one wrong digit, or two swapped neighbours, or one digit too few or many may have meant."""
    one = {digits[:place] + new + digits[place + 1 :] for place in range(len(digits)) for new in "0123456789"}
    swapped = {
        digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :] for place in range(len(digits) - 1)
    }
    fewer = {digits[:place] + digits[place + 1 :] for place in range(len(digits))}
    more = {digits[:place] + new + digits[place:] for place in range(len(digits) + 1) for new in "0123456789"}
    return sorted(found for found in one | swapped | fewer | more if len(found) == LENGTH and is_reference(found))


def _pieces(strands: Sequence[tuple[str, list[Any]]]) -> Iterable[Sequence[tuple[str, list[Any]]]]:
    return (strands[start : start + AT_ONCE] for start in range(0, len(strands), AT_ONCE))


def _way(row: Row) -> Way:
    _, agency, state, code, reason, fields, attempts, due_at, at, agency_ref, held = row
    named = tuple(json.loads(fields))
    return Way(agency, STATES[state], code, reason, named, attempts, due_at, at, agency_ref, bool(held))


def _entry(row: Row, ways: tuple[Way, ...]) -> Entry:
    seq, reference, service, status, reason, fields, place, case_revision, latest, number, *rest = row
    channel, language, sensitive, trial, at, changed_at, event, revision = rest
    return Entry(
        seq=seq,
        reference=unpack_reference(reference),
        service=service,
        status=status,
        reason=reason,
        fields=tuple(json.loads(fields)) if fields else (),
        place=place,
        case_revision=case_revision,
        latest=latest,
        msisdn="" if number is None else unpack_number(number),
        channel=channel,
        language=language,
        sensitive=bool(sensitive),
        trial=bool(trial),
        at=at,
        changed_at=changed_at,
        event=bytes(event) if event is not None else None,
        revision=revision or "",
        ways=ways,
    )
