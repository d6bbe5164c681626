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
        keys = {ask.key for ask in asks if ask.kind != "message" and cache.session(ask.key) is None}
        if keys:
            self._keep(await database.rows(sql.SESSIONS, (_hex(keys),)))
        callers = {ask.caller for ask in asks if ask.caller} | self._owners(asks)
        unknown = {caller for caller in callers if cache.person(caller) is None}
        if unknown:
            for row in await database.rows(sql.PEOPLE, (_hex(unknown),)):
                cache.keep(self._somebody(row))
        await self._newest(database, asks)

    async def _newest(self, database: Database, asks: Sequence[Ask]) -> None:
        """The sessions from which a new one goes on."""
        cache = self._cache
        beginning = (
            ask
            for ask in asks
            if ask.caller and (ask.kind == "message" or ask.event.op == "dial" or cache.session(ask.key) is None)
        )
        people = (cache.person(ask.caller) for ask in beginning)
        wanted = {person.session for person in people if person is not None and person.session}
        missing = [id_ for id_ in wanted if cache.session_at(id_) is None]
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

    def _somebody(self, row: Row) -> Somebody:
        id_, key, session, data, day = row
        somebody = Somebody(id_, key)
        somebody.session, somebody.data, somebody.day = session, self._mind.decode_person(data), day
        return somebody

    async def people(self, database: Database, callers: Iterable[bytes]) -> dict[bytes, Any]:
        """What the dialogue remembers of these numbers."""
        wanted = set(callers)
        unknown = {caller for caller in wanted if self._cache.person(caller) is None}
        if unknown:
            for row in await database.rows(sql.PEOPLE, (_hex(unknown),)):
                self._cache.keep(self._somebody(row))
        found = ((caller, self._cache.person(caller)) for caller in wanted)
        return {caller: person.data for caller, person in found if person is not None}


def _hex(keys: Iterable[bytes]) -> str:
    return json.dumps([key.hex() for key in keys])
