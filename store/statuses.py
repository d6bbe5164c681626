"""What an agency says of a request: recorded, shown under "my requests" and told to the citizen in one transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from store import road_sql, sql
from store.crew import Crew
from store.custody import Custody
from store.database import Database, Row
from store.mind import Mind, News
from store.needs import request_of
from store.numbers import pack_reference, unpack_id, unpack_reference
from store.post import LATE, Letter, Post
from store.ratings import Ratings
from store.values import StatusEvent
from store.words import Words

USELESS_AFTER: Final = 7 * 86_400
"""Seconds for which a status is worth sending; it stays readable under "my requests"."""

REASONS: Final = frozenset(
    {"", "missing_field", "bad_value", "duplicate_case", "not_eligible", "documents_needed", "other"}
)
"""The reasons that citizens read in their own words; any other goes to the officer's inbox as well."""

SENT_AGAIN: Final = frozenset({"rejected", "withdrawn"})
"""Statuses after which the same values may be sent once more."""

_LONGEST_REASON: Final = 80

log = structlog.get_logger("store")


@dataclass(slots=True)
class _Case:
    """A request as it stands while a batch of events goes over it."""

    request: int
    latest_id: str
    said: tuple[str, str, str]
    agency: int
    seq: int
    number: int | None
    caller: bytes | None
    channel: str
    language: str
    place: str
    news: StatusEvent | None = None


class Statuses:
    """Applies status events."""

    def __init__(self, mind: Mind, words: Words, post: Post, crew: Crew, custody: Custody, ratings: Ratings) -> None:
        self._custody = custody
        self._ratings = ratings
        self._mind = mind
        self._words = words
        self._post = post
        self._crew = crew

    async def apply(
        self, database: Database, agency: str, events: Sequence[StatusEvent], cursor: str | None, now: int
    ) -> int:
        """Apply what is new; the caller commits. Returns how many events were not seen before."""
        await database.begin()
        await self._words.learn(database, [agency])
        number = self._words.number(agency)
        await database.rows(road_sql.OPEN_ROAD, (number,))
        life = next(row[3] for row in await database.rows(road_sql.ROADS) if row[0] == number)
        seen = await database.rows(road_sql.SEEN_EVENTS, (number, json.dumps([event.seq for event in events])))
        done = {row[0] for row in seen if row[1] == life}
        before = {(row[0], row[2], row[3]) for row in seen if row[1] != life}
        new = {event.seq: event for event in events if event.seq not in done}
        relayed = await self._custody.homeward(database, number, new.values(), now)
        cases = await _cases(database, [event.reference for event in new.values() if event.seq not in relayed], number)
        unknown = []
        for event in sorted(new.values(), key=lambda one: one.seq):
            case = cases.get(event.reference) if event.seq not in relayed else None
            known = (event.seq, event.id, event.status) in before
            applied = case is not None and not known and _newer(case, event, number)
            await database.rows(road_sql.ADD_EVENT, _event_row(number, life, event, case, now, applied=applied))
            if case is None and event.seq not in relayed:
                unknown.append(event)
                log.warning("status of an unknown request", agency=agency, seq=event.seq)
            elif case is not None and applied:
                await _set(database, case, event, number, now)
                await _puzzle(database, agency, event, now)
        await self._custody.keep_strays(database, number, unknown, now)
        news = [case for case in cases.values() if case.news is not None]
        await self._tell(database, agency, news, now)
        await self._ratings.note(database, [one.request for one in news if self._mind.is_decided(one.said[0])], now)
        if cursor is not None:
            top = max((event.seq for event in events), default=0)
            await database.rows(road_sql.SET_CURSOR, (cursor, top, number))
        return len(new)

    async def tell(self, database: Database, request: int, agency: str, now: int) -> None:
        """Tell the citizen how her request stands now, by this node's own decision; the caller commits."""
        number = self._words.number(agency)
        rows = await database.rows(road_sql.REFERENCE_OF, (request,))
        cases = await _cases(database, [unpack_reference(row[0]) for row in rows], number)
        for reference, case in cases.items():
            case.news = StatusEvent(0, case.latest_id, reference, case.said[0], case.said[1])
        await self._tell(database, agency, list(cases.values()), now)

    async def _tell(self, database: Database, agency: str, cases: Sequence[_Case], now: int) -> None:
        """One message for each case, about the last thing that was said of it."""
        people = await self._crew.people(database, {case.caller for case in cases if case.caller is not None})
        letters = []
        for case in cases:
            data = people.get(case.caller or b"")
            if case.number is None or case.news is None or not self._mind.may_text(data, "status"):
                continue
            reference = pack_reference(case.news.reference)
            request = request_of((await database.rows(sql.REQUEST, (reference,)))[0])
            # A person may have changed her language since.
            language = self._mind.language(data) or case.language
            news = News(request, language, agency, case.place, case.news.params)
            text = self._mind.status_text(self._crew.thinker.office, news)
            if text:
                useless, late = now + USELESS_AFTER, case.news.age >= LATE
                kind = ("status", language, text, useless, reference)
                letters.append(Letter(case.channel, case.number, *kind, late=late, roams=True))
        await self._post.enqueue(database, letters)


async def _cases(database: Database, named: Iterable[str], agency: int) -> dict[str, _Case]:
    references = {reference: pack_reference(reference) for reference in named}
    wanted = json.dumps([packed for packed in references.values() if packed is not None])
    rows = {row[0]: row for row in await database.rows(road_sql.CASES, (wanted, agency))}
    return {text: _case(rows[packed]) for text, packed in references.items() if packed in rows}


def _case(row: Row) -> _Case:
    _, request, latest, status, reason, fields, agency, seq, number, caller, channel, language, place, _ = row
    said = (status, reason, fields)
    return _Case(request, unpack_id(latest), said, agency, seq, number, caller, channel, language, place)


def _newer(case: _Case, event: StatusEvent, agency: int) -> bool:
    """Whether the event speaks of the case's newest revision, and later than what is known."""
    return event.id == case.latest_id and not (case.agency == agency and event.seq <= case.seq)


async def _set(database: Database, case: _Case, event: StatusEvent, agency: int, now: int) -> None:
    said = (event.status, event.reason, json.dumps(list(event.fields), ensure_ascii=False))
    await database.rows(road_sql.SET_STATUS, (*said, agency, event.seq, now, case.request))
    if event.status in SENT_AGAIN:
        await database.rows(road_sql.FREE_ONCE, (case.request,))
    # The same again is not news.
    if said != case.said:
        case.news = event
    case.said, case.agency, case.seq = said, agency, event.seq


async def _puzzle(database: Database, agency: str, event: StatusEvent, now: int) -> None:
    """A reason that no catalogue has: the citizen gets the plain status, and the officer the agency's own word."""
    if event.reason not in REASONS:
        text = f"{event.reference} {agency}: {event.status}, {event.reason[:_LONGEST_REASON]}"
        await database.rows(sql.ADD_NOTE_ONCE, ("reason", text, now, "reason", text))


def _event_row(
    agency: int, life: int, event: StatusEvent, case: _Case | None, now: int, *, applied: bool
) -> tuple[Any, ...]:
    return (
        agency,
        life,
        event.seq,
        event.id,
        case.request if case is not None else 0,
        event.status,
        event.reason,
        json.dumps(list(event.fields), ensure_ascii=False),
        json.dumps(dict(event.params), ensure_ascii=False),
        now,
        int(applied),
    )
