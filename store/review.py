"""The officer's side: deliveries that an agency refused, requests to look up, keys to unlock, the inbox."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
import uuid_utils.compat as uuid
from msgspec.structs import replace

from flows.errors import StoreFault
from flows.turn import Request, Submit
from store import road_sql, sql
from store.asks import Ask, Cause, Writes
from store.audit import note as add_audit
from store.clock import Clock
from store.database import Database, Row
from store.hashing import Hashing
from store.needs import request_of
from store.numbers import pack_number, pack_reference, unpack_id, unpack_number, unpack_reference
from store.road import NUMBER
from store.scope import EVERYTHING, Scope
from store.scribe import Scribe
from store.statuses import Statuses
from store.values import Memo, Task
from store.words import Words
from store.writer import Writer


class Review:
    """What an officer may see and settle. Who may see what is the desk's to decide."""

    def __init__(
        self,
        writer: Writer,
        reader: Database,
        clock: Clock,
        words: Words,
        scribe: Scribe,
        hashing: Hashing,
        statuses: Statuses,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._words = words
        self._scribe = scribe
        self._hashing = hashing
        self._statuses = statuses

    async def tasks(self, agency: str, *, after: int = 0, limit: int = 50) -> list[Task]:
        """Deliveries to this agency that wait for an officer, oldest first."""
        rows = await self._reader.rows(road_sql.TASKS, (self._words.number(agency), after, limit))
        return [_task(row) for row in rows]

    async def waiting(self, reference: str, scope: Scope = EVERYTHING) -> list[Task]:
        """What of one request waits for an officer: one task for each agency that refused it, within a scope."""
        condition, values = scope.condition()
        statement = road_sql.WAITING_REVIEW.format(scope=condition)
        rows = await self._reader.rows(statement, (pack_reference(reference), *values))
        rows = [row for row in rows if scope.serves(row[1])]
        found = [await self.tasks(agency, after=seq - 1, limit=1) for seq, agency in rows]
        return [task for tasks in found for task in tasks]

    async def withdraw(
        self, seq: int, agency: str, *, actor: str = "", note: str = "", scope: Scope = EVERYTHING
    ) -> None:
        """End the case here, and tell the citizen; the same values may be sent again.

        Raises:
            StoreFault: no such task waits within the scope.
        """
        number, now = self._words.number(agency), self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            task = await _open_task(database, seq, agency, number, scope)
            await database.rows(road_sql.MOVE, (NUMBER["withdrawn"], 0, seq, number))
            moved = [(number, NUMBER["officer_review"], -1), (number, NUMBER["withdrawn"], 1)]
            await database.many(sql.TALLY, moved)
            await database.rows(road_sql.SET_REQUEST_STATUS, ("withdrawn", now, task[0]))
            await database.rows(road_sql.FREE_ONCE, (task[0],))
            await database.rows(road_sql.ADD_ACT, (task[0], seq, number, now, "withdraw", actor, note))
            await self._statuses.tell(database, task[0], agency, now)
            await _chain(database, now, actor, "withdraw", task[0], agency)

        await self._writer.do(run)

    async def amend(
        self,
        seq: int,
        agency: str,
        answers: Mapping[str, Any],
        *,
        opened: Mapping[str, Any] | None = None,
        actor: str = "",
        note: str = "",
        scope: Scope = EVERYTHING,
    ) -> int:
        """Send the case on as its next revision, under a new id, with these answers put right; returns its number.

        `opened` are the data of a sealed body, from an officer who has a key to it.

        Raises:
            StoreFault: no such task waits, the case has gone on already, or its body is sealed or no longer kept.
        """
        number = self._words.number(agency)

        async def run(database: Database) -> int:
            await database.begin()
            task = await _open_task(database, seq, agency, number, scope)
            agencies = [row[0] for row in await database.rows(road_sql.AGENCIES_OF, (seq,))]
            submit = replace(_amended(task, seq, agencies, answers, opened), clock=self._clock.quality)
            request_number = task[1] or 0
            channel = task[3]
            ask = Ask("end", None, b"", request_number, task[2] or b"")
            cause = Cause(submit, channel, request_number, ask.caller, "", ask)
            await self._scribe.write(database, Writes(causes=[cause]))
            act = (task[0], seq, number, self._clock.steady(), "amend", actor, note)
            await database.rows(road_sql.ADD_ACT, act)
            await _chain(database, act[3], actor, "amend", task[0], agency)
            return int((await database.rows(sql.LAST_NUMBERS))[0][0])

        return await self._writer.do(run)

    async def find(self, reference: str) -> Request | None:
        """One request, whoever's it is."""
        rows = await self._reader.rows(sql.REQUEST, (pack_reference(reference),))
        return request_of(rows[0]) if rows else None

    async def unlock(self, reference: str) -> None:
        """Take back the wrong guesses against a case."""

        async def run(database: Database) -> None:
            await database.rows(sql.UNLOCK, (pack_reference(reference),))

        await self._writer.do(run)

    async def unlock_number(self, msisdn: str) -> None:
        """Take back the wrong guesses of a number."""
        caller = self._hashing.number(pack_number(msisdn))

        async def run(database: Database) -> None:
            await database.rows(sql.RIGHT_GUESS, (caller,))

        await self._writer.do(run)

    async def memos(self, *, after: int = 0, limit: int = 50) -> list[Memo]:
        """The officer's inbox, oldest first."""
        rows = await self._reader.rows(road_sql.MEMOS, (after, limit))
        return [
            Memo(id_, kind, text, "" if number is None else unpack_number(number), at)
            for id_, kind, text, number, at in rows
        ]

    async def tell(self, kind: str, text: str) -> None:
        """Write a line into the officer's inbox, unless an open one says the same."""
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.rows(sql.ADD_NOTE_ONCE, (kind, text, now, kind, text))

        await self._writer.do(run)

    async def memo_done(self, id_: int) -> None:
        """A line of the inbox is dealt with; whose it was is forgotten."""

        async def run(database: Database) -> None:
            await database.rows(road_sql.MEMO_DONE, (id_,))

        await self._writer.do(run)


def _task(row: Row) -> Task:
    seq, agency, reference, service, case_id, case_revision, code, reason, fields, at, event = row
    return Task(
        seq=seq,
        agency=agency,
        reference=unpack_reference(reference),
        service=service,
        case_id=unpack_id(case_id),
        case_revision=case_revision,
        code=code,
        reason=reason,
        fields=tuple(json.loads(fields)),
        at=at,
        event=event or b"",
    )


async def _open_task(database: Database, seq: int, agency: str, number: int, scope: Scope) -> Row:
    condition, values = scope.condition()
    rows = await database.rows(road_sql.TASK.format(scope=condition), (seq, number, *values))
    if not rows or not scope.serves(agency):
        raise StoreFault("no such task waits for an officer", hint="somebody else may have settled it")
    return rows[0]


async def _chain(database: Database, now: int, actor: str, act: str, request: int, agency: str) -> None:
    """Write it into the audit chain as well, in the same transaction."""
    (row,) = await database.rows(road_sql.REFERENCE_OF, (request,))
    await add_audit(database, now, actor, act, unpack_reference(row[0]), {"agency": agency})


def _amended(
    task: Row, seq: int, agencies: list[str], answers: Mapping[str, Any], opened: Mapping[str, Any] | None
) -> Submit:
    _, _, caller, _, sensitive, keep_days, place, event, latest, case_revision = task
    if latest != seq:
        raise StoreFault("the case has gone on as a later revision")
    data = opened or (orjson.loads(event).get("data") if event else None)
    if data is None:
        hint = "with an officer's key to it, give --key FILE; else ask the citizen to correct it"
        raise StoreFault("the body of this submission is sealed or no longer kept", hint=hint)
    return Submit(
        service=data["service"],
        kind=data["submission"],
        revision=data["revision"],
        agencies=tuple(agencies),
        reference=data["reference"],
        submission_id=str(uuid.uuid7()),
        case_id=data["case"]["id"],
        case_revision=case_revision + 1,
        language=data["language"],
        channel=data["channel"],
        answers={**data["answers"], **answers},
        consent=data["consent"],
        place=place,
        sensitive=bool(sensitive),
        anonymous=caller is None,
        keep_days=keep_days,
        corrects=data["case"]["id"],
        partial=bool(data["case"].get("partial")),
        flags=tuple(data.get("flags", ())),
    )
