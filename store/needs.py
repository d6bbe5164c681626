"""Answers to what only the store knows: earlier requests, `once`, and case keys, whose guesses are counted first."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from flows.turn import Asked, CaseKey, Known, Need, Request
from store import rating_sql, sql
from store.asks import Ask, Later
from store.callers import Callers
from store.clock import Clock
from store.database import Database, Row
from store.events import answers_of
from store.hashing import Hashing
from store.numbers import pack_id, pack_reference, unpack_id, unpack_reference

LADDER: Final = ((3, 900), (6, 86_400))
"""After so many wrong guesses, so many seconds of waiting."""

OFFICER_AFTER: Final = 10
"""Wrong guesses after which only an officer opens it again."""

AT_ONCE: Final = 2
"""Case keys hashed at the same time: each takes 16 MiB and a core."""


def request_of(row: Row) -> Request:
    """The value of one row of `sql._REQUEST`."""
    reference, service, revision, case_id, case_revision, status, reason, fields, at, sensitive, locked, event = row
    return Request(
        reference=unpack_reference(reference),
        service=service,
        revision=revision,
        case_id=unpack_id(case_id),
        case_revision=case_revision,
        status=status,
        reason=reason,
        fields=tuple(json.loads(fields)),
        at=at,
        sensitive=bool(sensitive),
        locked=bool(locked),
        answers=answers_of(event),
    )


def wait_after(wrong: int) -> int:
    """Seconds of waiting after this many wrong guesses."""
    return max((seconds for count, seconds in LADDER if wrong >= count), default=0)


class Needs:
    """Answers questions inside a batch's transaction, and hands slow hashing to threads outside of it."""

    def __init__(self, hashing: Hashing, clock: Clock, callers: Callers) -> None:
        self._hashing = hashing
        self._callers = callers
        self._clock = clock
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def answer(self, database: Database, questions: Sequence[tuple[Ask, Need]]) -> list[Later]:
        """Answer in `ask.known`; what must be hashed first comes back, to be worked on after the commit."""
        await self._once(database, [pair for pair in questions if pair[1].kind == "once"])
        later = []
        for ask, need in questions:
            match need.kind:
                case "once":
                    pass
                case "requests":
                    listed = json.dumps(await self._callers.requests(database, ask.caller))
                    rows = await database.rows(sql.REQUESTS_OF, (listed, ask.caller))
                    ask.known[need] = tuple(request_of(row) for row in rows)
                case "request":
                    found = await database.rows(sql.REQUEST_OF, (pack_reference(need.args[0]), ask.caller))
                    ask.known[need] = request_of(found[0]) if found else None
                case "asked":
                    found = await database.rows(rating_sql.OPEN, (ask.caller, self._clock.steady()))
                    ask.known[need] = Asked(unpack_reference(found[0][0]), *found[0][1:]) if found else None
                case "case_key" | "opened":
                    work = await self._guess(database, ask, need)
                    if work is not None:
                        later.append(Later(ask, work))
        return later

    async def _once(self, database: Database, questions: Sequence[tuple[Ask, Need]]) -> None:
        if not questions:
            return
        hashing = self._hashing
        asked = {id(ask): (hashing.once(need.args), hashing.once(need.args, ask.number)) for ask, need in questions}
        wanted = json.dumps([one.hex() for pair in asked.values() for one in pair])
        rows = await database.rows(sql.ONCE, (wanted, self._clock.steady()))
        found = {key: (reference, caller) for key, reference, caller in rows}
        for ask, need in questions:
            open_key, private_key = asked[id(ask)]
            ask.known[need] = _known(ask, found.get(open_key), found.get(private_key))

    async def _guess(self, database: Database, ask: Ask, need: Need) -> Callable[[], Awaitable[None]] | None:
        """Count the guess, in this transaction, and only then let it be checked: a crash gives no guess back."""
        await database.begin()
        rows, shown = await self._keyed(database, ask, need)
        if not rows or rows[0][1] is None:
            ask.known[need] = "wrong"
            return None
        request, salt, wanted, case_wrong, case_until, wrong, until = rows[0]
        now = self._clock.steady()
        refused = _refused(now, wrong, until) or _refused(now, case_wrong, case_until)
        if refused:
            ask.known[need] = refused
            return None
        await database.rows(sql.COUNT_GUESS, (ask.caller, now + wait_after(wrong + 1)))
        await database.rows(sql.COUNT_CASE_GUESS, (now + wait_after(case_wrong + 1), request))

        async def check() -> None:
            right = secrets.compare_digest(await self._hash(need.args[1], salt), wanted)
            ask.known[need] = shown if right else "wrong"
            ask.guessed = request if right else 0

        return check

    async def _keyed(self, database: Database, ask: Ask, need: Need) -> tuple[list[Row], Request | str]:
        """The key of the case that is meant, and what a right guess is answered with."""
        if need.kind == "case_key":
            return await database.rows(sql.CASE_KEY, (ask.caller, _packed(need.args[0]))), "right"
        found = await database.rows(sql.REQUEST, (pack_reference(need.args[0]),))
        if not found:
            return [], ""
        request = request_of(found[0])
        return await database.rows(sql.CASE_KEY, (ask.caller, pack_id(request.case_id))), request

    def hash_first(self, ask: Ask, keys: Sequence[CaseKey]) -> Later:
        """Hash the keys that this turn wants to set, outside the transaction."""

        async def work() -> None:
            for key in keys:
                salt = secrets.token_bytes(16)
                ask.hashes[key] = (salt, await self._hash(key.digits, salt))

        return Later(ask, work)

    async def _hash(self, digits: str, salt: bytes) -> bytes:
        async with self._slots:
            return await asyncio.to_thread(self._hashing.case_key, digits, salt)


def _known(ask: Ask, shared: tuple[Any, ...] | None, private: tuple[Any, ...] | None) -> Known | None:
    if private is not None:
        return Known(unpack_reference(private[0]), same_number=True)
    if shared is not None:
        return Known(unpack_reference(shared[0]), same_number=shared[1] == ask.caller)
    return None


def _refused(now: int, wrong: int, until: int) -> str:
    if wrong >= OFFICER_AFTER:
        return "officer"
    return "locked" if now < until else ""


def _packed(case_id: str) -> bytes:
    try:
        return pack_id(case_id)
    except ValueError:
        return b""
