"""The question how a decided request went: noted with the decision, asked once some hours after it, by housework.

A row is written in the transaction of the decision; the SMS and the mark that it was asked are written in one, so that
a kill in between neither asks twice nor forgets to ask. What may not be asked is let go without a word.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from store import rating_sql, sql
from store.clock import Clock
from store.crew import Crew
from store.database import Database, Row
from store.mind import Mind
from store.numbers import unpack_reference
from store.post import FEEDBACK, Letter, Post
from store.settings import StoreSettings
from store.writer import Writer

HOUR: Final = 3600
DAY: Final = 86_400

AT_ONCE: Final = 40
"""Questions of one round: some milliseconds of the writer, and ten thousand an hour."""

LATEST: Final = 3 * DAY
"""Seconds after its time beyond which a question is not asked any more: what it is about is long gone."""

PATIENCE: Final = 6 * HOUR
"""Seconds for which a question steps back before another one that the number was asked by SMS and has not answered."""

USELESS_AFTER: Final = 2 * DAY
"""Seconds for which the SMS is worth sending."""

EVER: Final = 2**40

REMEMBERED: Final = 400 * DAY
"""Seconds for which it is known when a number was asked last."""


@dataclass(frozen=True, slots=True)
class _Due:
    """One question whose time has come."""

    request: int
    decided: int
    reference: int
    caller: bytes | None
    number: int | None
    channel: str
    language: str
    status: str
    revision: str
    locked: int
    last: int
    last_request: int


class Ratings:
    """Notes decisions, and asks; `round` is one bounded step."""

    def __init__(
        self,
        settings: StoreSettings,
        writer: Writer,
        reader: Database,
        clock: Clock,
        mind: Mind,
        crew: Crew,
        post: Post,
    ) -> None:
        self._settings = settings.feedback
        self._quiet = settings.quiet
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._mind = mind
        self._crew = crew
        self._post = post
        self.asked = 0

    async def note(self, database: Database, requests: Iterable[int], now: int) -> None:
        """These requests were decided; the caller commits."""
        listed = list(requests)
        if listed and self._settings.on:
            due = now + self._settings.after_hours * HOUR
            await database.rows(rating_sql.NOTE, (now, due, json.dumps(listed)))

    async def round(self) -> int:
        """Ask of what is due, outside of the quiet hours; returns how many were asked."""
        if not self._settings.on:
            if await self._reader.rows(rating_sql.NEXT, (EVER,)):
                await self._writer.do(_forget, slow=True)
            return 0
        now = self._clock.steady()
        if self._clock.till_day(self._quiet) or not await self._reader.rows(rating_sql.NEXT, (now,)):
            return 0
        asked = int(await self._writer.do(partial(self._ask, now=now), slow=True))
        self.asked += asked
        return asked

    async def _ask(self, database: Database, now: int) -> int:
        await database.begin()
        due = [_Due(*row) for row in await database.rows(rating_sql.DUE, (now, AT_ONCE))]
        callers = {one.caller for one in due if one.caller is not None}
        people = await self._crew.people(database, callers)
        talks = await self._crew.loader.talks(database, callers, now)
        letters: list[Letter] = []
        asked: list[_Due] = []
        dropped: list[tuple[int]] = []
        later: list[tuple[int, int]] = []
        for one in due:
            person = people.get(one.caller or b"")
            text = self._text(one, person)
            again = any(one.caller == other.caller for other in asked)
            if again or not text or one.number is None or not self._may_ask(one, person, now):
                dropped.append((one.request,))
            elif self._mind.awaits(talks.get(one.caller or b""), now):
                later.append((now + PATIENCE, one.request))
            else:
                asked.append(one)
                letters.append(self._letter(one, one.number, self._language(one, person), text, now))
        await self._write(database, asked, letters, now)
        await database.many(rating_sql.DROP, dropped)
        await database.many(rating_sql.LATER, later)
        return len(asked)

    def _language(self, one: _Due, person: Any) -> str:
        return self._mind.language(person) or one.language

    def _text(self, one: _Due, person: Any) -> str:
        office, language = self._crew.thinker.office, self._language(one, person)
        reference = unpack_reference(one.reference)
        return self._mind.question(office, one.revision, language, reference, locked=bool(one.locked))

    def _may_ask(self, one: _Due, person: Any, now: int) -> bool:
        """Whether it is still worth asking, of somebody who may be asked and was not asked lately."""
        settings = self._settings
        fresh = now <= one.decided + settings.after_hours * HOUR + LATEST
        rested = one.last_request != one.request and now >= one.last + settings.every_days * DAY
        return (
            fresh
            and rested
            and self._mind.is_decided(one.status)
            and self._mind.may_text(person, "status")
            and self._mind.may_text(person, FEEDBACK)
        )

    def _letter(self, one: _Due, number: int, language: str, text: str, now: int) -> Letter:
        useless = now + min(USELESS_AFTER, self._settings.answer_days * DAY)
        return Letter(one.channel, number, FEEDBACK, language, text, useless, one.reference, roams=True)

    async def _write(self, database: Database, asked: Sequence[_Due], letters: Sequence[Letter], now: int) -> None:
        if not asked:
            return
        last = int((await database.rows(sql.LAST_NUMBERS))[0][1])
        await self._post.enqueue(database, letters, last)
        until = now + self._settings.answer_days * DAY
        marks = [(now, until, message, one.request) for message, one in enumerate(asked, last + 1)]
        await database.many(rating_sql.ASK, marks)
        await database.many(rating_sql.REMEMBER, [(one.caller, one.request, now) for one in asked])


async def _forget(database: Database) -> list[Row]:
    await database.begin()
    return await database.rows(rating_sql.DROP_SOME, (EVER,))
