"""Messages on their way out: claimed, marked before the first byte leaves, sent outside any transaction, settled.

A stop between claiming and sending loses nothing: what was only claimed goes back to the queue. What was being sent
when the node died may have arrived, so it becomes `unknown` and is never repeated blindly.
"""

import json
from collections.abc import Sequence
from typing import Final, Literal

from flows.errors import SendError
from store import sql
from store.clock import Clock
from store.crew import Crew
from store.database import Database
from store.numbers import pack_number, unpack_number
from store.post import LATE
from store.values import MessageState, Outgoing, Report, Sent
from store.writer import Writer

_DEPTH: Final = 8
"""How far into the queue a claim looks for numbers that have nothing under way, per message wanted."""

FINAL: Final[frozenset[MessageState]] = frozenset({"delivered", "failed", "expired", "replaced"})

# A report never takes a message back: `delivered` after `failed` is news, `sent` after `delivered` is late.
_RANK: Final = {"sending": 0, "claimed": 0, "queued": 0, "unknown": 1, "sent": 2, "failed": 3, "delivered": 4}


class Messages:
    """The SMS lane's side of the store."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, crew: Crew, quiet: tuple[int, int]) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._crew = crew
        self._quiet = quiet

    async def claim(self, limit: int, now: int, channel: str) -> list[Outgoing]:
        """Claim up to `limit` due messages of a channel, oldest first, one at most of each number.

        Those that have become useless in the queue are let go, and in the quiet hours those that have lain for long
        wait for the morning.
        """

        async def run(database: Database) -> list[Outgoing]:
            await database.begin()
            if self._clock.quality == "good":
                # By a clock in doubt nothing is thrown away.
                useless = [row[0] for row in await database.rows(sql.EXPIRED, (channel, now, now))]
                await _finish(database, useless, "expired", "useless")
            if wait := self._clock.till_day(self._quiet):
                await database.rows(sql.TO_THE_MORNING, (now + wait, channel, now, now - LATE))
            ids = [row[0] for row in await database.rows(sql.CLAIM, (channel, now, limit * _DEPTH, limit))]
            rows = await database.rows(sql.OUTGOING, (json.dumps(ids),)) if ids else []
            return [
                Outgoing(id_, channel, unpack_number(number), text, parts, attempts, link_id)
                for id_, channel, number, text, parts, attempts, link_id in rows
            ]

        return await self._writer.do(run)

    async def start(self, row: int) -> bool:
        """Mark a claimed message as being sent. Only when it says True, and then at once, may the request leave."""

        async def run(database: Database) -> bool:
            await database.begin()
            started = await _move(database, [row], "sending", was="claimed")
            if started:
                await database.rows(sql.START_MESSAGES, (json.dumps(started),))
            return bool(started)

        return await self._writer.do(run)

    async def settle(self, row: int, outcome: Sent | SendError, *, now: int, again_at: int = 0, price: int = 0) -> None:
        """Write how a claimed message went; a report that came before is joined to it.

        Args:
            row: the message.
            outcome: what the gateway said, or how it failed.
            now: epoch seconds.
            again_at: when it may be tried again, if it may.
            price: in 1/10000 of the currency.
        """

        async def run(database: Database) -> None:
            await database.begin()
            rows = await database.rows(sql.OUTGOING, (json.dumps([row]),))
            if not rows:
                return
            await database.rows(sql.PRICED, (price, now, row))
            if isinstance(outcome, Sent):
                await _sent(database, row, rows[0][1], outcome)
            elif outcome.unknown:
                await _leave(database, [row], "unknown")
            elif outcome.retry:
                await database.rows(sql.LATER_MESSAGE, (again_at, row))
                await database.rows(sql.AFTER_IT, (again_at, row, again_at, row))
                await database.rows(sql.SET_MESSAGE_STATE, ("queued", json.dumps([row])))
            else:
                await _finish(database, [row], "failed", outcome.code)

        await self._writer.do(run)

    async def spent(self, channel: str, since: int) -> int:
        """What the channel's messages cost since then, in 1/10000 of the currency."""
        return int((await self._reader.rows(sql.SPENT, (channel, since)))[0][0])

    async def report(self, report: Report) -> None:
        """Take a delivery report; one that comes before the send returned is kept for it."""
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            found = await database.rows(sql.BY_GATEWAY, (report.gateway_id, report.channel))
            if not found:
                row = (report.channel, report.gateway_id, report.state, report.reason, now)
                await database.rows(sql.ADD_EARLY, row)
            for id_, state in found:
                await _reported(database, id_, state, report.state, report.reason)

        await self._writer.do(run)

    async def opt_out(self, msisdn: str) -> None:
        """The operator says that this number wants nothing more: as if it had sent STOP, but without an answer."""
        number = pack_number(msisdn)
        await self._writer.do(lambda database: self._crew.stop(database, number))

    async def recover(self, database: Database) -> tuple[int, int]:
        """At a start: requeue what was claimed, mark what was being sent; returns how many of each. Caller commits."""
        left = await database.rows(sql.LEFT_CLAIMED)
        claimed = [id_ for id_, state in left if state == "claimed"]
        sending = [id_ for id_, state in left if state == "sending"]
        await _move(database, claimed, "queued", was="claimed")
        await _leave(database, sending, "unknown")
        return len(claimed), len(sending)


async def _move(database: Database, ids: Sequence[int], state: str, *, was: str) -> list[int]:
    if not ids:
        return []
    rows = await database.rows(sql.SET_QUEUE_STATE, (state, json.dumps(list(ids)), was))
    return sorted(row[0] for row in rows)


async def _leave(database: Database, ids: Sequence[int], state: MessageState) -> None:
    """Take messages out of the queue; whose they are stays until the report or the sweep."""
    if ids:
        listed = json.dumps(list(ids))
        await database.rows(sql.UNQUEUE, (listed,))
        await database.rows(sql.SET_MESSAGE_STATE, (state, listed))


async def _finish(database: Database, ids: Sequence[int], state: MessageState, reason: str) -> None:
    if ids:
        await database.rows(sql.UNQUEUE, (json.dumps(list(ids)),))
        await database.many(sql.SETTLED, [(state, reason, id_) for id_ in ids])


async def _sent(database: Database, id_: int, channel: str, sent: Sent) -> None:
    await database.rows(sql.UNQUEUE, (json.dumps([id_]),))
    await database.rows(sql.SENT, (sent.gateway_id, sent.cost, id_))
    for state, reason in await database.rows(sql.EARLY, (channel, sent.gateway_id)):
        await _reported(database, id_, "sent", state, reason)


async def _reported(
    database: Database, id_: int, state: str, new: Literal["sent", "delivered", "failed", "unknown"], reason: str
) -> None:
    if _RANK.get(new, 0) <= _RANK.get(state, 9):
        return
    if new in FINAL:
        await _finish(database, [id_], new, reason)
    else:
        await _leave(database, [id_], new)
