"""Which requests are a number's: the newest in memory, all others in `request_of`, into which they go many at a time.

Their keys are keyed hashes. Written one by one, each would cost a page of a large index; written in the order of the
keys, tens of thousands at a time, a page takes a dozen of them. Until then the requests themselves say whose they are.
"""

from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any, Final

from store import sql
from store.database import Database
from store.places import Places, part, signed

Do = Callable[[Callable[[Database], Awaitable[Any]]], Awaitable[Any]]

MOST: Final = 65_536
"""Requests that are kept in memory, sixteen bytes each, before they are written to `request_of`."""

CHUNK: Final = 256
"""Of them in one transaction, so that no key press waits for long."""

LISTED: Final = 20
"""Requests of one number that are listed at most."""

UPTO: Final = "request_of"
"""In `meta`: the number of the newest request that stands in `request_of`."""


class Callers:
    """Finds the requests of a number. What is remembered too much does no harm: the rows are checked."""

    def __init__(self) -> None:
        self._fresh = [Places()]

    def add(self, caller: bytes, request: int) -> None:
        """A new request of this number."""
        self._fresh[-1].add(part(caller), request)

    async def take_up(self, database: Database) -> None:
        """Read, at a start, what is not in `request_of` yet."""
        fresh, last = Places(), await _upto(database)
        while rows := await database.rows(sql.CALLERS, (last,)):
            for request, caller in rows:
                fresh.add(part(caller), request)
            last = rows[-1][0]
        self._fresh = [fresh]

    async def requests(self, database: Database, caller: bytes) -> list[int]:
        """Numbers among which are the newest requests of this number."""
        key = part(caller)
        older = await database.rows(sql.REQUESTS_BEFORE, (signed(key), LISTED))
        return [*(row for places in self._fresh for row in places.all(key)), *(row[0] for row in older)]

    async def put_away(self, do: Do, reader: Database, most: int = MOST) -> int:
        """Write to `request_of` what is not there yet, if it is more than `most`; returns how many.

        `do` is the writer's. One call at a time; what another process has taken in is found from then on.
        """
        if sum(map(len, self._fresh)) <= most:
            return 0
        leaving, current = list(self._fresh), Places()
        self._fresh.append(current)
        # From the disk, and not from memory, where there may also be what was rolled back.
        away, first = Places(), await _upto(reader)
        last = first
        while rows := await reader.rows(sql.CALLERS, (last,)):
            for request, caller in rows:
                away.add(part(caller), request)
            last = rows[-1][0]
        pairs = iter(away)
        while chunk := [(signed(key), request) for key, request in islice(pairs, CHUNK)]:

            async def some(database: Database, chunk: list[tuple[int, int]] = chunk) -> None:
                await database.many(sql.ADD_REQUEST_OF, chunk)

            await do(some)
        await do(lambda database: database.rows(sql.SET_META, (UPTO, str(last))))
        for key, request in [pair for places in leaving for pair in places if pair[1] > last]:
            # It was still being written when the disk was read.
            current.add(key, request)
        self._fresh = [places for places in self._fresh if places not in leaving]
        return len(away)


async def _upto(database: Database) -> int:
    found = await database.rows(sql.META, (UPTO,))
    return int(found[0][0]) if found else 0
