"""Reading the rows that a batch of turns needs and the cache has not: one read per table, however many turns."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from store import sql
from store.asks import Ask
from store.database import Database, Row
from store.hashing import Hashing
from store.mind import Mind
from store.rows import Cache, Session, Somebody


class Loader:
    """Fills the cache."""

    def __init__(self, mind: Mind, hashing: Hashing, cache: Cache) -> None:
        self._mind = mind
        self._hashing = hashing
        self._cache = cache

    async def load(self, database: Database, asks: Sequence[Ask]) -> None:
        """See that sessions, people and the sessions these point to are in the cache, as far as they exist."""
        cache = self._cache
        known = {cache.where.session(ask.key) for ask in asks if ask.kind != "message"}
        missing = [id_ for id_ in known if id_ and cache.session_at(id_) is None]
        if missing:
            self._keep(await database.rows(sql.SESSIONS_AT, (json.dumps(missing),)))
        callers = {ask.caller for ask in asks if ask.caller} | self._owners(asks)
        await self._people(database, callers)
        await self._newest(database, asks)

    async def _people(self, database: Database, callers: Iterable[bytes]) -> None:
        cache = self._cache
        unknown = {caller for caller in callers if cache.person(caller) is None}
        if unknown:
            for key, data, day in await database.rows(sql.PEOPLE, (_hex(unknown),)):
                cache.keep(Somebody(key, self._mind.decode_person(data), day))
                unknown.discard(key)
            # Of most numbers nothing is remembered: that is known now, and not asked again.
            for caller in unknown:
                cache.keep(Somebody(caller))

    async def _newest(self, database: Database, asks: Sequence[Ask]) -> None:
        """The sessions from which a new one goes on."""
        cache = self._cache
        beginning = (
            ask
            for ask in asks
            if ask.caller and (ask.kind == "message" or ask.event.op == "dial" or cache.session(ask.key) is None)
        )
        wanted = {cache.where.newest(ask.caller) for ask in beginning}
        missing = [id_ for id_ in wanted if id_ and cache.session_at(id_) is None]
        if missing:
            self._keep(await database.rows(sql.SESSIONS_AT, (json.dumps(missing),)))

    def _owners(self, asks: Sequence[Ask]) -> set[bytes]:
        """Whose sessions end: their STOP must be known before they are written to."""
        sessions = (self._cache.session(ask.key) for ask in asks if ask.kind == "end")
        return {self._hashing.number(one.number) for one in sessions if one is not None and one.number is not None}

    def _keep(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._cache.keep(self.session(row))

    def session(self, row: Row) -> Session:
        """The session of one row."""
        id_, key, number, channel, heard, reply, state, talk, at, keep_until, dropped = row
        session = Session(id_, key, number, channel)
        session.heard, session.reply, session.state = heard, reply, state
        session.talk = self._mind.decode_talk(talk)
        session.at, session.keep_until, session.dropped = at, keep_until, dropped
        return session

    async def whereabouts(self, database: Database) -> None:
        """Learn where all sessions are, at a start: some microseconds for each that is kept."""
        last = 0
        while rows := await database.rows(sql.PLACES, (last,)):
            hashed = self._hashing.number
            self._cache.where.learn((id_, key, None if who is None else hashed(who)) for id_, key, who in rows)
            last = rows[-1][0]

    async def talks(self, database: Database, callers: Iterable[bytes], now: int) -> dict[bytes, Any]:
        """The talks of these numbers that may still be gone on with."""
        cache = self._cache
        wanted = {caller: id_ for caller in callers if (id_ := cache.where.newest(caller))}
        missing = [id_ for id_ in wanted.values() if cache.session_at(id_) is None]
        # They are looked at and not kept: nobody presses a key here.
        rows = await database.rows(sql.SESSIONS_AT, (json.dumps(missing),)) if missing else []
        read = {row[0]: self.session(row) for row in rows}
        found = ((caller, cache.session_at(id_) or read.get(id_)) for caller, id_ in wanted.items())
        return {caller: session.going(now) for caller, session in found if session is not None}

    async def people(self, database: Database, callers: Iterable[bytes]) -> dict[bytes, Any]:
        """What the dialogue remembers of these numbers."""
        wanted = set(callers)
        await self._people(database, wanted)
        found = ((caller, self._cache.person(caller)) for caller in wanted)
        return {caller: person.data for caller, person in found if person is not None}


def _hex(keys: Iterable[bytes]) -> str:
    return json.dumps([key.hex() for key in keys])
