"""Counting what happened, a stretch at a time and beside everything else: no key press waits for it or writes for it.

A backlog (after an upgrade, or a crowded day) is counted stretch after stretch while nobody presses a key.

Each source (requests, acknowledgements, decisions, messages) has a mark of how far it was counted, moved in the
transaction of its counts: a kill in between counts nothing twice and leaves nothing out. What nobody finished is
counted in the transaction in which its session is cleared away.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from flows.dialogue import LOW, REASONS
from flows.traits import Traits
from store import figures_sql, rating_sql, release
from store.clock import Clock
from store.crew import Crew
from store.database import Database
from store.mind import Mind
from store.writer import Writer

STRETCH: Final = 400
"""Rows of one source in one round."""

MOST_ROUNDS: Final = 25
"""Rounds in which a backlog is counted before the house looks at its other work: at most half a second."""

AT_ONCE: Final = 25
"""Rows that are looked at before others get their turn: a millisecond or two."""

MESSAGE_RESTS: Final = 2 * 86_400
"""Seconds after which a message that has not left holds up the counting of later ones no more."""

HOUR: Final = 3600

DAY: Final = 86_400

SETTLES: Final = DAY
"""Seconds for which a day is left open after its end: by then most of its sessions have come to something."""

LATE: Final = 21
"""Days after a quarter's end within which what was told late of it is still to be expected."""

WAITS: Final = (("hour", 3600), ("day", DAY), ("3days", 3 * DAY), ("week", 7 * DAY), ("month", 30 * DAY))
LATER: Final = "later"
"""How long something took, in parts that a person thinks in."""

UNASKED: Final = frozenset({"queued", "claimed", "sending", "failed", "expired", "replaced"})
"""States of a message that nobody has read."""

Key = tuple[str, str, str, str, int, str]
"""Service, agency, district, what, day, traits."""


class Counting:
    """Goes over what is new; `round` is one step of everything."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, mind: Mind, crew: Crew, zone: str) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._mind = mind
        self._crew = crew
        self._zone = ZoneInfo(zone)
        self._wait = 0
        self.behind = False
        """Whether the last round left something that it might have counted."""

    async def round(self) -> None:
        """One step of each source, and what may be told by now."""
        marks: dict[str, int] = dict(await self._reader.rows(figures_sql.MARKS))
        more = await self._requests(marks.get("request", 0))
        more |= await self._acknowledgements()
        more |= await self._decisions(marks.get("decision", 0))
        more |= await self._messages(marks.get("message", 0))
        more |= await self._ratings()
        self.behind = more
        now = self._clock.steady()
        if marks.get("told", 0) < now // HOUR:
            await self.tell(self.day(now - SETTLES), now // HOUR)

    async def catch_up(self) -> int:
        """Count on while there is a backlog and the writer is idle, at most `MOST_ROUNDS` rounds; returns how many.

        Whoever presses a key meanwhile waits for the transaction that is open at the most, which is short.
        """
        for rounds in range(MOST_ROUNDS):
            if not self.behind or not self._writer.idle:
                return rounds
            await self.round()
        return MOST_ROUNDS

    def day(self, at: int) -> int:
        """The day in the node's time zone, as days since 1970."""
        return datetime.fromtimestamp(at, UTC).astimezone(self._zone).toordinal() - _EPOCH

    async def stopped(self, ids: Sequence[int]) -> dict[int, list[Key]]:
        """What these sessions began and did not finish, by session, for whoever clears them away now."""
        found: dict[int, list[Key]] = {}
        today = datetime.fromtimestamp(self._clock.now(), UTC).astimezone(self._zone).date()
        rows = await self._reader.rows(figures_sql.TALKS, (json.dumps(list(ids)),)) if ids else []
        for place, (id_, at, talk) in enumerate(rows):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
            stops = self._mind.stops(self._crew.thinker.office, self._mind.decode_talk(talk), today)
            if stops:
                found[id_] = [self._stop_key(one, at) for one in stops]
        return found

    def _stop_key(self, stop: Any, at: int) -> Key:
        if stop.private:
            return (stop.service, stop.agency, "", stop.outcome, self.day(at), "[]")
        told = {"channel": stop.channel, "language": stop.language, "sex": stop.sex, "step": stop.step}
        return (stop.service, stop.agency, stop.district, stop.outcome, self.day(at), _traits(told))

    async def tell(self, today: int, hour: int) -> int:
        """Tell what may be told of the days before `today`, one group after the other; returns how many stretches."""
        told = 0
        marks: dict[str, int] = dict(await self._reader.rows(figures_sql.MARKS))
        last = self.day(max(0, marks.get("told", 0) * HOUR - SETTLES))
        # What is told by quarter lies for a year at most: it is looked through when one has ended, not each hour.
        ended = len({release.quarter_of(day) for day in (last, today - LATE, today)}) > 1
        # Twice, because what is told of the districts goes on to other tables.
        for _ in range(2):
            rows = await self._reader.rows(figures_sql.BASES, (today,))
            for group in dict.fromkeys((*base, _together(what)) for *base, what in rows):
                if not ended and release.BY_QUARTER.issuperset(group[3]):
                    continue

                async def run(database: Database, group: Sequence[Any] = group) -> int:
                    await database.begin()
                    return await _tell(database, group[:3], group[3], today)

                told += await self._writer.do(run, slow=True)

        async def end(database: Database) -> None:
            await database.begin()
            await database.rows(figures_sql.SET_MARK, ("told", hour))

        await self._writer.do(end, slow=True)
        return told

    # --- the sources: a stretch of each; they return whether there is more ------------------------------------------

    async def _requests(self, mark: int) -> bool:
        rows = await self._reader.rows(figures_sql.REQUESTS, (mark, STRETCH))
        counted: Counter[Key] = Counter()
        waits = []
        for place, row in enumerate(rows):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
            seq, at, event, service, digest, language, where, sensitive, nobody, trial, first, helped, agency = row
            if trial or not first:
                continue
            data = _data(event)
            told = self._traits(digest, data.get("answers", {}), agency, private=bool(sensitive or nobody))
            waits.append((seq,))
            apart = {"language": language, "sex": told.sex, "stars": told.stars, "village": told.village}
            apart["channel"] = "counter" if helped else str(data.get("channel", ""))
            traits = "[]" if told.private else _traits(apart)
            place_ = "" if told.private else where
            counted[service, told.agency, place_, "finished", self.day(at), traits] += 1
        if rows:
            await self._add([(*key, n, 0) for key, n in counted.items()], "request", mark, rows[-1][0], waits)
        return len(rows) == STRETCH

    async def _acknowledgements(self) -> bool:
        rows = await self._reader.rows(figures_sql.WAITS, (self._wait, STRETCH))
        self._wait = rows[-1][0] if len(rows) == STRETCH else 0
        # Of what was refused or taken back there is nothing to be timed; it waits no more, that is all.
        done: dict[int, Sequence[Any] | None] = {}
        for seq, at, *rest, settled, accepted_at in rows:
            if settled:
                done[seq] = self._timed("acknowledged", at, accepted_at, rest) if accepted_at else None
        if not done:
            # Agencies may be silent for weeks: going round what waits for them is no backlog.
            return False

        async def run(database: Database) -> None:
            await database.begin()
            # Only who took it out of the waiting ones counts it.
            ended = await database.rows(figures_sql.END_WAITS, (json.dumps(list(done)),))
            facts = [fact for (seq,) in ended if (fact := done[seq]) is not None]
            await database.many(figures_sql.ADD_FRESH, facts)

        await self._writer.do(run, slow=True)
        return len(rows) == STRETCH

    async def _decisions(self, mark: int) -> bool:
        # What is written in this second may not be whole yet.
        latest = self._clock.steady() - 2
        up_to: int = (await self._reader.rows(figures_sql.UP_TO, (mark, latest, STRETCH, latest)))[0][0]
        if up_to <= mark:
            return False
        rows = await self._reader.rows(figures_sql.DECISIONS, (mark, up_to))
        facts = [self._timed("decided", came, at, rest) for at, came, *rest in rows]
        # Not each time that nothing came: a mark is a write.
        if rows or up_to < latest or up_to > mark + DAY:
            await self._add(facts, "decision", mark, up_to)
        return up_to < latest

    async def _messages(self, mark: int) -> bool:
        rows = await self._reader.rows(figures_sql.MESSAGES, (mark, STRETCH))
        facts, newest, now = [], mark, self._clock.steady()
        for id_, state, at, price, *rest in rows:
            if state in {"queued", "claimed", "sending"} and at > now - MESSAGE_RESTS:
                break
            newest = id_
            if price and rest[0] is not None:
                service, digest, _, sensitive, nobody, agency = rest
                told = self._traits(digest, {}, agency, private=bool(sensitive or nobody))
                facts.append((service, told.agency, "", "paid", self.day(at), "[]", 1, price))
        if newest > mark:
            await self._add(facts, "message", mark, newest)
        return len(rows) == STRETCH and newest == rows[-1][0]

    async def _ratings(self) -> bool:
        """Questions whose time for an answer is over: counted with their going, so once."""
        rows = await self._reader.rows(rating_sql.OVER, (self._clock.steady(), STRETCH))
        asked: dict[int, tuple[Key, bool] | None] = {}
        for place, row in enumerate(rows):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
            request, until, event, service, digest, language, where, helped, agency, sent, gone = row
            data = _data(event)
            told = self._traits(digest, data.get("answers", {}), agency, private=bool(gone))
            channel = "counter" if helped else str(data.get("channel", ""))
            apart = _traits({"channel": channel, "language": language, "sex": told.sex})
            key = (service, told.agency, where, "", self.day(until), apart)
            asked[request] = None if told.private else (key, sent not in UNASKED)
        if not asked:
            return False

        async def run(database: Database) -> None:
            await database.begin()
            counted: Counter[Key] = Counter()
            for request, stars, why in await database.rows(rating_sql.END, (json.dumps(list(asked)),)):
                found = asked[request]
                if found is not None and (found[1] or stars):
                    counted[_rated(found[0], stars, why)] += 1
            await database.many(figures_sql.ADD_FRESH, [(*key, n, 0) for key, n in counted.items()])

        await self._writer.do(run, slow=True)
        return len(rows) == STRETCH

    def _timed(self, what: str, began: int, ended: int, about: Sequence[Any]) -> tuple[Any, ...]:
        service, digest, where, sensitive, nobody, agency = about
        told = self._traits(digest, {}, agency, private=bool(sensitive or nobody))
        seconds = max(0, ended - began)
        wait = next((name for name, most in WAITS if seconds <= most), LATER)
        district = "" if told.private else where
        return (service, told.agency, district, what, self.day(ended), _traits({"wait": wait}), 1, seconds)

    def _traits(self, digest: str | None, answers: Any, agency: str | None, *, private: bool) -> Traits:
        """What a revision that is known says; of any other nothing but the country is told."""
        known = self._mind.traits(self._crew.thinker.office, digest or "", answers if isinstance(answers, dict) else {})
        if known is None:
            return Traits(agency or "", private=True)
        return Traits(known.agency, private=True) if private else known

    async def _add(
        self,
        facts: Iterable[Sequence[Any]],
        name: str,
        mark: int,
        new: int,
        waits: Sequence[tuple[int]] = (),
    ) -> None:
        """Write counts and the mark, unless somebody else has counted this stretch meanwhile."""
        given = list(facts)

        async def run(database: Database) -> None:
            await database.begin()
            marks: dict[str, int] = dict(await database.rows(figures_sql.MARKS))
            if marks.get(name, 0) != mark:
                return
            if given:
                await database.many(figures_sql.ADD_FRESH, given)
            if waits:
                await database.many(figures_sql.ADD_WAIT, list(waits))
            await database.rows(figures_sql.SET_MARK, (name, new))

        await self._writer.do(run, slow=True)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _together(what: str) -> tuple[str, ...]:
    return next((group for group in release.GROUPS if what in group), (what,))


def _rated(key: Key, stars: int, why: int) -> Key:
    """The same of an outcome, with the mark and the reason among what is told apart."""
    what = "unanswered" if not stars else "displeased" if stars <= LOW else "pleased"
    apart = dict(json.loads(key[5])) | {"stars": str(stars or ""), "why": REASONS[why - 1] if why else ""}
    return (*key[:3], what, key[4], _traits(apart))


async def _tell(database: Database, base: Sequence[Any], together: Sequence[str], today: int) -> int:
    given, families = {}, {}
    for what in together:
        rows = await database.rows(figures_sql.FRESH, (*base, what, today))
        given[what] = [release.Cell(day, tuple(map(tuple, json.loads(one))), n, total) for day, one, n, total in rows]
        # Of a private service nothing is told apart but the time.
        private = any(not cell.traits for cell in given[what]) and what not in release.FURTHER
        own = release.FAMILIES.get(what, ())
        families[what] = tuple(one for one in own if one == release.WEEK) if private else own
    count = 0
    for what, stretches in release.release(given, families, today).items():
        for one in stretches:
            await _tell_one(database, (*base, what), one, onward=len(families[what]) > 1)
            count += 1
    return count


async def _tell_one(database: Database, base: Sequence[Any], one: release.Told, *, onward: bool) -> None:
    """Write the numbers of a stretch in place of its counts; with `onward`, those that go on to another table."""
    service, agency, district, what = base
    gone = [(*base, cell.day, json.dumps([list(pair) for pair in cell.traits])) for cell in one.cells]
    await database.many(figures_sql.DROP_FRESH, gone)
    week = release.week_of(one.day)
    parts = [(family, *row) for family, table in one.tables.items() for row in table.items()]
    await database.many(figures_sql.TELL, [(*base, week, family, value, *sums) for family, value, sums in parts])
    for on in release.ONWARD.get(what, ()) if onward else ():
        where = district if on.by_district else ""
        cells = release.onward(one, on)
        more = [(service, agency, where, on.what, cell.day, _traits(dict(cell.traits)), cell.n, 0) for cell in cells]
        if more:
            await database.many(figures_sql.ADD_FRESH, more)


def _traits(told: dict[str, str]) -> str:
    """Sorted pairs as JSON; what is empty is left out."""
    return json.dumps([[name, value] for name, value in sorted(told.items()) if value])


def _data(event: bytes | None) -> dict[str, Any]:
    """The readable part of a submission; nothing of one that is sealed or no longer kept."""
    data = orjson.loads(event).get("data") if event else None
    return data if isinstance(data, dict) else {}
