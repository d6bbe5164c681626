"""Messages on their way out: claimed, marked before the first byte leaves, sent outside any transaction, settled.

A stop between claiming and sending loses nothing: what was only claimed goes back to the queue. What was being sent
when the node died may have arrived, so it becomes `unknown` and is never repeated blindly.
"""

import json
from collections.abc import Sequence
from typing import Final

from flows.errors import SendError
from store import message_sql, settling, sql
from store.audit import note
from store.clock import Clock
from store.crew import Crew
from store.database import Database
from store.hashing import Hashing
from store.numbers import pack_number, unpack_number
from store.post import LATE, TEST, Letter, Post
from store.relay import Relay
from store.routes import Routes
from store.values import Outgoing, Part, Report, Sent, Tried
from store.writer import Writer

_DEPTH: Final = 8
"""How far into the queue a claim looks for numbers that have nothing under way, per message wanted."""

TRY_LASTS: Final = 900
"""Seconds after which a message with which a channel is tried is not sent any more."""


class Messages:
    """The SMS lane's side of the store."""

    def __init__(
        self,
        writer: Writer,
        reader: Database,
        clock: Clock,
        crew: Crew,
        post: Post,
        hashing: Hashing,
        quiet: tuple[int, int],
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._crew = crew
        self._post = post
        self._hashing = hashing
        self._quiet = quiet
        self.relay = Relay(writer, reader, clock, crew, post, hashing)
        """What another system has us send, and gets."""

    def _routes(self) -> Routes:
        return self._post.routes

    async def claim(self, limit: int, now: int, channel: str, *, spare: bool = True) -> list[Outgoing]:
        """Claim up to `limit` due messages of a channel, oldest first, one at most of each number.

        Those that have become useless in the queue are let go, and in the quiet hours those that have lain for long
        wait for the morning. What nobody waits for goes by day, when nothing else is due, and only with `spare`.
        """

        async def run(database: Database) -> list[Outgoing]:
            await database.begin()
            if self._clock.quality == "good":
                # By a clock in doubt nothing is thrown away.
                useless = [row[0] for row in await database.rows(sql.EXPIRED, (channel, now, now))]
                await settling.finish(database, useless, "expired", "useless")
            if wait := self._clock.till_day(self._quiet):
                await database.rows(sql.TO_THE_MORNING, (now + wait, channel, now, now - LATE))
            ids = await _claimed(database, channel, now, limit, spare=0)
            if spare and not wait and len(ids) < limit:
                ids += await _claimed(database, channel, now, limit - len(ids), spare=1)
            rows = await database.rows(sql.OUTGOING, (json.dumps(ids),)) if ids else []
            return [
                Outgoing(
                    id_, channel, unpack_number(number), text, parts, attempts, link_id, settling.mark(id_, at), done
                )
                for id_, channel, number, text, parts, attempts, link_id, at, done in rows
            ]

        return await self._writer.do(run)

    async def start(self, row: int, *, now: int = 0, price: int = 0, count: int = 0) -> bool:
        """Mark a claimed message as being sent. Only when it says True, and then at once, may the request leave.

        Args:
            row: the message.
            now: epoch seconds.
            price: what it will cost if it goes, in 1/10000 of the currency; spent from here on, until it is settled.
            count: how many its number has had from this channel within the hour, to be known after a restart; 0: few.
        """

        async def run(database: Database) -> bool:
            await database.begin()
            if not await _move(database, [row], "sending", was="claimed"):
                return False
            channel, number = (await database.rows(message_sql.STARTED, (price, now, row)))[0]
            if count:
                await database.rows(message_sql.OFTEN, (self._hashing.often(channel, number), channel, count, now))
            return True

        return await self._writer.do(run)

    async def ask_again(self, channel: str, now: int, since: int) -> int:
        """Queue what is `unknown` and not older than `since` once more; returns how many."""

        async def run(database: Database) -> int:
            await database.begin()
            ids = [row[0] for row in await database.rows(message_sql.AGAIN, (now, channel, since))]
            await database.rows(sql.SET_MESSAGE_STATE, ("queued", json.dumps(ids)))
            await database.many(message_sql.BIND, [(message_sql.HERE_ONLY, id_) for id_ in ids])
            return len(ids)

        return await self._writer.do(run)

    async def part(self, row: int, part: Part, sent: Sent, *, now: int, price: int) -> None:
        """Note that one part of a long message has left, so that it never leaves again; joins an early report of it."""

        async def run(database: Database) -> None:
            await database.begin()
            await settling.part_sent(database, row, part, sent, now=now, price=price)

        await self._writer.do(run)

    async def settle(self, row: int, outcome: Sent | SendError, *, now: int, again_at: int = 0, price: int = 0) -> None:
        """Write how a claimed message went; a report that came before is joined to it.

        One that may be tried again, and of which no part has left, goes by the next channel that reaches its number,
        if there is one that has not refused it yet.

        Args:
            row: the message.
            outcome: what the gateway said, or how it failed.
            now: epoch seconds.
            again_at: when it may be tried again, if it may.
            price: in 1/10000 of the currency.
        """

        async def run(database: Database) -> None:
            await database.begin()
            if other := await settling.settle(database, self._routes(), row, outcome, now, again_at, price):
                self._post.will_ring(other)

        await self._writer.do(run)

    async def try_out(self, channel: str, msisdn: str, text: str, *, by: str, shown: str) -> int:
        """Queue one message that goes by this channel alone, within all its limits; returns its number.

        The audit says who and `shown`, the number masked. Nobody waits for it after `TRY_LASTS` seconds.
        """
        now, number = self._clock.steady(), pack_number(msisdn)
        letter = Letter(channel, number, TEST, "", text, now + TRY_LASTS)

        async def run(database: Database) -> int:
            await self._post.enqueue(database, [letter])
            id_ = int((await database.rows(message_sql.NEWEST))[0][0])
            await note(database, now, by, "channel_tried", channel, {"number": shown, "message": id_})
            return id_

        return await self._writer.do(run)

    async def tried(self, channel: str, row: int) -> Tried | None:
        """What became of it; None when this is no such message of this channel."""
        rows = await self._reader.rows(message_sql.TRIED, (row, channel, TEST))
        return Tried(*rows[0]) if rows else None

    async def waiting(self) -> dict[str, tuple[int, int]]:
        """How many messages are on their way out by each channel, and since when the oldest is due."""
        return {channel: (count, due) for channel, count, due in await self._reader.rows(message_sql.WAITING)}

    async def states(self) -> list[str]:
        """The states of all messages that are kept, oldest first: for kits, whose messages are few."""
        return [row[0] for row in await self._reader.rows(message_sql.STATES)]

    def key(self, channel: str, msisdn: str) -> bytes:
        """By what `often` knows a number."""
        return self._hashing.often(channel, pack_number(msisdn))

    async def often(self, channel: str, since: int) -> dict[bytes, tuple[int, int]]:
        """Numbers that had many messages: how many, and when that was noted, which is after `since`."""
        rows = await self._reader.rows(message_sql.OFTEN_SINCE, (channel, since))
        return {bytes(key): (count, at) for key, count, at in rows}

    async def spent(self, channel: str, since: int) -> int:
        """What the channel's messages cost since then, in 1/10000 of the currency."""
        return int((await self._reader.rows(message_sql.SPENT, (channel, since)))[0][0])

    async def report(self, report: Report) -> None:
        """Take a delivery report; one that comes before the send returned is kept for it."""
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            await settling.report(database, report, now)

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
        await settling.leave(database, sending, "unknown")
        return len(claimed), len(sending)


async def _claimed(database: Database, channel: str, now: int, limit: int, *, spare: int) -> list[int]:
    rows = await database.rows(sql.CLAIM, (channel, spare, now, limit * _DEPTH, limit))
    return [row[0] for row in rows]


async def _move(database: Database, ids: Sequence[int], state: str, *, was: str) -> list[int]:
    if not ids:
        return []
    rows = await database.rows(sql.SET_QUEUE_STATE, (state, json.dumps(list(ids)), was))
    return sorted(row[0] for row in rows)
