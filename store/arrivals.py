"""What came down to this node from its hub: kept as it came, taken into use when its time has come."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from store import hub_sql, sql
from store.clock import Clock
from store.database import Database, Row
from store.hub import Parcel
from store.writer import Writer

State = Literal["waiting", "active", "replaced", "refused"]

_POSITION: Final = "down"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One parcel as it stands here; `reason` says why it was refused."""

    parcel: Parcel
    state: State
    reason: str
    at: int


class Arrivals:
    """The rows `arrival`. Times are epoch seconds."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def position(self) -> int:
        """The number of the last parcel read; 0: none yet."""
        return await _position(self._reader)

    async def take(self, parcels: Sequence[Parcel], upto: int) -> int:
        """Keep what is new, and that everything up to `upto` was read; returns how many were new."""
        now = self._clock.steady()

        async def run(database: Database) -> int:
            await database.begin()
            have = await _position(database)
            new = [one for one in parcels if have < one.seq <= upto]
            rows = [
                (one.seq, one.kind, one.name, one.active_from, json.dumps(dict(one.body), ensure_ascii=False), now)
                for one in new
            ]
            await database.many(hub_sql.ADD_ARRIVAL, rows)
            await database.rows(sql.SET_META, (_POSITION, str(max(have, upto))))
            return len(new)

        return await self._writer.do(run)

    async def waiting(self, now: int) -> list[Arrival]:
        """What is to be taken into use by `now`, in order."""
        rows = await self._reader.rows(hub_sql.ARRIVALS, ("waiting",))
        return [_arrival(row) for row in rows if row[3] <= now]

    async def active(self) -> list[Arrival]:
        """What is in use."""
        return [_arrival(row) for row in await self._reader.rows(hub_sql.ARRIVALS, ("active",))]

    async def refused(self) -> list[Arrival]:
        """What could not be used."""
        return [_arrival(row) for row in await self._reader.rows(hub_sql.ARRIVALS, ("refused",))]

    async def list(self) -> list[Arrival]:
        """Everything, without bodies."""
        return [_arrival((*row[:4], "{}", *row[5:])) for row in await self._reader.rows(hub_sql.ALL_ARRIVALS)]

    async def used(self, parcel: Parcel) -> None:
        """It is in use, in place of what had its kind and name."""
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(hub_sql.REPLACE_ARRIVAL, (parcel.kind, parcel.name, parcel.seq))
            await database.rows(hub_sql.SET_ARRIVAL, ("active", "", now, parcel.seq))

        await self._writer.do(run)

    async def refuse(self, parcel: Parcel, reason: str) -> None:
        """It cannot be used; what was in use stays."""
        await self._set(parcel, "refused", reason)

    async def try_again(self, parcel: Parcel) -> None:
        """A newer version of Sala may know what to do with it."""
        await self._set(parcel, "waiting", "")

    async def _set(self, parcel: Parcel, state: State, reason: str) -> None:
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.rows(hub_sql.SET_ARRIVAL, (state, reason, now, parcel.seq))

        await self._writer.do(run)


async def leased_in(database: Database, node: str) -> tuple[str, ...]:
    """The blocks of references that came down to this node, or that it gave to itself as a hub."""
    bodies = await database.rows(hub_sql.LEASED, (node,))
    found: list[Any] = [block for (body,) in bodies for block in json.loads(body).get("blocks", ())]
    return tuple(dict.fromkeys(block for block in found if isinstance(block, str) and block.isdecimal()))


async def _position(database: Database) -> int:
    rows = await database.rows(sql.META, (_POSITION,))
    return int(rows[0][0]) if rows else 0


def _arrival(row: Row) -> Arrival:
    seq, kind, name, active_from, body, state, reason, at = row
    return Arrival(Parcel(seq, kind, name, active_from, json.loads(body)), state, reason, at)
