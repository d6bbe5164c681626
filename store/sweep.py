"""Keeping house: what is no longer needed goes, a little at a time, so that no key press waits for it."""

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from store import figures_sql, library_sql, message_sql, queue_sql, rating_sql, relay_sql, sql
from store.clock import Clock
from store.counting import Counting
from store.crew import Crew
from store.database import Database, Row
from store.echoes import OLD_ECHOES
from store.hashing import Hashing
from store.needs import OFFICER_AFTER
from store.ratings import REMEMBERED, Ratings
from store.relay import REPORTS_COME as RELAYED
from store.rows import Cache
from store.settings import StoreSettings
from store.whole import OLD_PIECES, PATIENCE
from store.writer import Writer

HOUR: Final = 3600
DAY: Final = 86_400
STRETCH: Final = 500
"""Submissions and messages looked at in one round."""

REPORTS_COME: Final = 3 * DAY
"""After so long a delivery report is no longer expected."""

CAME_DAYS: Final = 400
"""Days after which it is forgotten by which channel a number came."""

ENDED_STATUSES: Final = frozenset({"closed", "rejected", "withdrawn", "approved"})


class Sweep:
    """Goes round the tables; `round` is one small step of everything."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that housework goes round
        self,
        settings: StoreSettings,
        writer: Writer,
        reader: Database,
        clock: Clock,
        hashing: Hashing,
        cache: Cache,
        crew: Crew,
        counting: Counting,
        ratings: Ratings,
    ) -> None:
        self._ratings = ratings
        self._counting = counting
        self._settings = settings
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._hashing = hashing
        self._cache = cache
        self._crew = crew
        self._session = 0
        self._submission = 0
        self._message = 0

    async def silent(self) -> int:
        """Send the `dropped` text of sessions that went silent; returns how many."""
        return await self._writer.do(lambda database: self._crew.silent(database, self._settings.silence))

    async def round(self) -> None:
        """One step of each kind of housework."""
        if self._clock.quality == "doubtful":
            # What is old, only a clock that can be believed may say.
            return
        now = self._clock.steady()
        await self._sessions(now)
        # Before bodies go: what is told apart is read from them.
        await self._counting.round()
        await self._ratings.round()
        await self._bodies(now)
        await self._writer.do(self._old(now))

    async def catch_up(self) -> None:
        """Go on with what takes many rounds, if nothing else is to be done; a short while, then other work's turn."""
        if self._clock.quality != "doubtful":
            await self._counting.catch_up()

    async def _sessions(self, now: int) -> None:
        rows = await self._reader.rows(sql.SOME_SESSIONS, (self._session,))
        self._session = rows[-1][0] if rows else 0
        before = now - HOUR
        gone = [id_ for id_, _, at, keep_until in rows if at < before and keep_until < now]
        listed = json.dumps(gone)
        stopped = await self._counting.stopped(gone)

        async def run(database: Database) -> list[Row]:
            await database.begin()
            dropped = await database.rows(sql.FORGOTTEN, (now,))
            if gone:
                cleared = await database.rows(sql.DROP_SESSIONS, (listed, before, now))
                # Counted with its going, so once. One that was gone on with meanwhile is still there.
                counted = Counter(key for id_, *_ in cleared for key in stopped.get(id_, ()))
                if counted:
                    await database.many(figures_sql.ADD_FRESH, [(*key, n, 0) for key, n in counted.items()])
                dropped += cleared
            # Within the writer's turn: a cached row that is gone from the disk must never be written to again.
            cached = [self._cache.session_at(row[0]) for row in dropped]
            self._cache.drop([session for session in cached if session is not None], ())
            return dropped

        # Only now: what was rolled back is still there.
        dropped = await self._writer.do(run)
        self._cache.where.gone(
            (id_, key, None if number is None else self._hashing.number(number)) for id_, key, number in dropped
        )

    async def _bodies(self, now: int) -> None:
        """Bodies go some days after all agencies have them; numbers when the case has ended as well."""
        first = self._submission
        rows = await self._reader.rows(sql.SWEEP_BODIES, (first, first + STRETCH))
        self._submission = first + STRETCH if rows else 0
        bodies = []
        unlinked = []
        for seq, at, keep_days, kept, settled, settled_at, status, request in rows:
            if not settled or now < max(at, settled_at or at) + keep_days * DAY:
                continue
            if kept:
                bodies.append(seq)
            if status in ENDED_STATUSES:
                unlinked.append((request,))
        if bodies or unlinked:

            async def run(database: Database) -> None:
                await database.begin()
                kept = await database.rows(sql.BODIES, (json.dumps(bodies),))
                digests = [(hashlib.sha256(event).digest(), seq) for seq, event in kept]
                await database.many(sql.DROP_BODY, digests)
                await database.many(sql.UNLINK, unlinked)
                await database.many(queue_sql.DROP_CARD, unlinked)

            await self._writer.do(run)

    def _old(self, now: int) -> Callable[[Database], Awaitable[None]]:
        before = now - self._settings.settled_days * DAY
        message = self._message

        async def run(database: Database) -> None:
            await database.begin()
            for statement in (sql.OLD_MESSAGES, sql.OLD_INBOX, sql.OLD_NOTES, sql.OLD_ATTEMPTS):
                await database.rows(statement, (before,))
            await database.rows(relay_sql.OLD, (now - RELAYED,))
            await database.rows(sql.OLD_PARTS, (message,))
            await database.rows(sql.OLD_CAME, (now // DAY - CAME_DAYS,))
            await database.rows(message_sql.OLD_OFTEN, (now - HOUR,))
            # An SMSC may give its ids again: an old report must not be taken for one of a new message.
            await database.rows(sql.OLD_EARLY, (now - DAY,))
            await database.rows(sql.OLD_PRIVATE, (now,))
            await database.rows(rating_sql.OLD, (now - REMEMBERED,))
            await database.rows(library_sql.OLD_TRIALS, (now,))
            # Longer than the names that were given by it.
            await database.rows(OLD_ECHOES, (before - DAY,))
            await database.rows(OLD_PIECES, (now - PATIENCE,))
            await database.rows(sql.OLD_GUESSES, (now - DAY, OFFICER_AFTER))
            await database.rows(sql.UNLINK_MESSAGES, (message, message + STRETCH, now - REPORTS_COME))
            newest = (await database.rows(sql.LAST_NUMBERS))[0][1]
            self._message = message + STRETCH if message + STRETCH < newest else 0

        return run
