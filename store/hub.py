"""A hub's own rows: how its nodes are, what is sent down to them, and which references are leased to whom."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from flows.errors import StoreFault
from flows.reference import RANDOM_DIGITS
from store import clones, hub_sql
from store.clock import Clock
from store.clones import Heard, Run
from store.database import Database
from store.references import span
from store.writer import Writer

BLOCK_DIGITS: Final = 4
"""Leading digits that name a block: 10,000 blocks of 10,000 references."""

BLOCKS: Final = 4
"""Blocks leased at once: 40,000 references."""

LOW: Final = 10_000
"""References left at which a node is given more."""

_WRITE_EVERY: Final = 10
"""Seconds between two heartbeats of one node that are written, when they say nothing new of it."""

_MOST_DRAWS: Final = 200
_log = structlog.get_logger("hub")


@dataclass(frozen=True, slots=True)
class Beat:
    """What a node said of itself: `body` is JSON, `stamp` its own clock, `down` the last parcel it has read.

    `blocks` are the references' blocks that it uses, `left` how many references are free in them (-1: not said).
    """

    node: str
    epoch: str
    stamp: int
    down: int
    body: str
    blocks: tuple[str, ...] = ()
    left: int = -1


@dataclass(frozen=True, slots=True)
class NodeState:
    """The last that was heard of one node; times in epoch seconds."""

    node: str
    at: int
    epoch: str
    cloned: bool
    down: int
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing that comes down: `kind` and `name` say what it replaces, `active_from` (epoch seconds) since when."""

    seq: int
    kind: str
    name: str
    active_from: int
    body: Mapping[str, Any]


class Hub:
    """The rows `heartbeat`, `parcel` and `block`."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, node: str) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._node = node
        self._written: dict[str, tuple[int, str, int]] = {}

    # --- heartbeats --------------------------------------------------------------------------------------------------

    async def heard_late(self, beat: Beat) -> None:
        """Keep what came on a stick, unless something newer of that node was heard: an old stick is no new machine."""
        newest = (await self._reader.rows(hub_sql.NEWEST_STAMP, (beat.node,)))[0][0]
        if newest is None or beat.stamp > newest:
            await self.heard(beat)

    async def heard(self, beat: Beat) -> bool:
        """Keep what a node said, lease it more references when they run out; whether two machines use its name."""
        now = self._clock.steady()
        at, epoch, down = self._written.get(beat.node, (0, "", 0))
        if epoch == beat.epoch and down == beat.down and now - at < _WRITE_EVERY:
            rows = await self._reader.rows(hub_sql.HEARTBEAT, (beat.node,))
            return bool(rows) and Heard(*rows[0]).cloned(now)

        async def run(database: Database) -> bool:
            await database.begin()
            found = await _hear(database, beat, now)
            for block in beat.blocks:
                # A hub that has lost its disk learns here what it has leased.
                await database.rows(hub_sql.ADD_BLOCK, (block, beat.node, now))
            newest = (await database.rows(hub_sql.NEWEST_BLOCKS, (beat.node,)))[0][0]
            if 0 <= beat.left < LOW and newest <= beat.down:
                await self._lease_if_any(database, beat.node, now)
            return found.cloned(now)

        cloned = await self._writer.do(run)
        self._written[beat.node] = (now, beat.epoch, beat.down)
        if cloned:
            _log.error("node_cloned", node=beat.node)
        return cloned

    async def nodes(self) -> list[NodeState]:
        """Every node that was ever heard."""
        now = self._clock.steady()
        return [
            NodeState(node, at, epoch, Heard(epoch, 0, cloned_at).cloned(now), down, json.loads(body))
            for node, at, epoch, cloned_at, down, body in await self._reader.rows(hub_sql.HEARTBEATS)
        ]

    # --- parcels -----------------------------------------------------------------------------------------------------

    async def send(
        self, kind: str, name: str, body: Mapping[str, Any], *, actor: str, node: str = "", active_from: int = 0
    ) -> int:
        """Send something down to one node, or to all for ""; returns its number."""
        now = self._clock.steady()

        async def run(database: Database) -> int:
            await database.begin()
            return await _send(database, kind, name, body, (node, active_from or now, actor, now))

        return await self._writer.do(run)

    async def parcels(self, node: str, after: int, most: int = 200) -> list[Parcel]:
        """What comes down to a node after a number, in order."""
        rows = await self._reader.rows(hub_sql.PARCELS, (after, node, most))
        return [Parcel(seq, kind, name, at, json.loads(body)) for seq, _, kind, name, at, body in rows]

    # --- references --------------------------------------------------------------------------------------------------

    async def lease(self, node: str, count: int = BLOCKS) -> tuple[str, ...]:
        """Lease blocks of references to a node and send them down; returns their leading digits.

        Raises:
            StoreFault: no block is free.
        """
        now = self._clock.steady()

        async def run(database: Database) -> tuple[str, ...]:
            await database.begin()
            return await self._lease(database, node, count, now)

        return await self._writer.do(run)

    async def _lease_if_any(self, database: Database, node: str, now: int) -> None:
        try:
            await self._lease(database, node, BLOCKS, now)
        except StoreFault as fault:
            _log.error("no_block_left", node=node, code=fault.code)

    async def _lease(self, database: Database, node: str, count: int, now: int) -> tuple[str, ...]:
        taken = {row[0] for row in await database.rows(hub_sql.BLOCKS)}
        leased: list[str] = []
        for _ in range(_MOST_DRAWS):
            if len(leased) == count:
                break
            block = f"{secrets.randbelow(10**BLOCK_DIGITS):0{BLOCK_DIGITS}d}"
            # What this hub gave out itself before it was a hub stays its own.
            if block not in taken and not (await database.rows(hub_sql.USED_IN, span(block)))[0][0]:
                await database.rows(hub_sql.ADD_BLOCK, (block, node, now))
                leased.append(block)
                taken.add(block)
        if not leased:
            raise StoreFault("this hub has no free block of references", hint="ten thousand are leased already")
        body = {"blocks": leased, "digits": RANDOM_DIGITS}
        await _send(database, "blocks", leased[0], body, (node, now, "hub", now))
        return tuple(leased)


async def _hear(database: Database, beat: Beat, now: int) -> Heard:
    rows = await database.rows(hub_sql.HEARTBEAT, (beat.node,))
    before = Heard(*rows[0]) if rows else Heard()
    runs = {
        epoch: Run(first, newest)
        for epoch, first, newest in await database.rows(hub_sql.RUNS, (beat.node, before.epoch, beat.epoch))
    }
    after = clones.hear(before, runs.get(before.epoch), runs.get(beat.epoch), beat.epoch, beat.stamp, now)
    await database.rows(hub_sql.SET_RUN, (beat.node, beat.epoch, beat.stamp, beat.stamp))
    said = (beat.node, now, after.epoch, after.returns, after.cloned_at, beat.down, beat.body)
    await database.rows(hub_sql.SET_HEARTBEAT, said)
    return after


async def _send(database: Database, kind: str, name: str, body: Mapping[str, Any], facts: Sequence[Any]) -> int:
    node, active_from, actor, now = facts
    text = json.dumps(dict(body), ensure_ascii=False)
    rows = await database.rows(hub_sql.ADD_PARCEL, (node, kind, name, active_from, text, actor, now))
    return int(rows[0][0])
