"""Who did what at the desk: a chain of rows, each hashed over the one before, so that a change shows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from store import desk_sql
from store.clock import Clock
from store.database import Database, Row
from store.writer import Writer

START: Final = bytes(32)
"""What stands before the first row."""

CHUNK: Final = 2_000

STALE: Final = 3_600
"""Seconds after which a look reads the whole chain again."""

SINCE: Final = 10
"""The schema that has it first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `object` is what it was done to (a reference, a user, a service), never an answer of a citizen."""

    n: int
    at: int
    actor: str
    act: str
    object: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking the chain: how many rows are good, and the number of the first that is not (0: none).

    `head` is the hash of the newest good row in hexadecimal: written down elsewhere, it also shows a chain that was cut
    short or made anew. `whole_at` is when all of it was read (epoch seconds), and `whole` how many rows it had then.
    """

    good: int
    broken_at: int
    head: str
    whole_at: int = 0
    whole: int = 0


def digest(before: bytes, at: int, actor: str, act: str, subject: str, details: str) -> bytes:
    """SHA-256 over the hash before and the fields as a JSON array, so that no two rows have the same bytes."""
    content = json.dumps([at, actor, act, subject, details], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before + content.encode()).digest()


async def note(
    database: Database, at: int, actor: str, act: str, subject: str = "", details: Mapping[str, Any] | None = None
) -> None:
    """Write one row inside a transaction of the caller's."""
    await database.begin()
    rows = await database.rows(desk_sql.LAST_AUDIT)
    n, before = (rows[0][0] + 1, bytes(rows[0][1])) if rows else (1, START)
    told = json.dumps(dict(details or {}), ensure_ascii=False, sort_keys=True)
    written = digest(before, at, actor, act, subject, told)
    await database.rows(desk_sql.ADD_AUDIT, (n, at, actor, act, subject, told, written))


class Audit:
    """The chain."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._seen: Verdict | None = None

    async def note(self, actor: str, act: str, subject: str = "", **details: Any) -> None:
        """Write one row."""
        at = self._clock.steady()
        await self._writer.do(lambda database: note(database, at, actor, act, subject, details))

    async def entries(self, *, subject: str = "", before: int = 0, limit: int = 50) -> list[Entry]:
        """The newest rows first, of one subject or of all; `before` is a number to go on from."""
        most = before or 2**62
        if subject:
            rows = await self._reader.rows(desk_sql.AUDIT_OF, (subject, most, limit))
        else:
            rows = await self._reader.rows(desk_sql.AUDIT, (most, limit))
        return [_entry(row) for row in rows]

    async def verify(self) -> Verdict:
        """Hash the whole chain again, in pieces; one to three seconds for a hundred thousand rows."""
        found = await verify(self._reader)
        self._seen = replace(found, whole_at=self._clock.now(), whole=found.good)
        return self._seen

    async def look(self) -> Verdict:
        """Hash what is newer than at the last look, over the row that it ended with.

        The whole chain is hashed at the first look of a run, when that was `STALE` seconds ago, and when it was broken.
        """
        seen = self._seen
        if seen is None or seen.broken_at or self._clock.now() - seen.whole_at > STALE:
            return await self.verify()
        found = await verify(self._reader, seen)
        self._seen = replace(found, whole_at=seen.whole_at, whole=seen.whole)
        return self._seen


async def verify(database: Database, seen: Verdict | None = None) -> Verdict:
    """Hash the whole chain of this database again, or what is newer than was `seen`."""
    before, expected = (bytes.fromhex(seen.head), seen.good + 1) if seen is not None else (START, 1)
    if expected > 1:
        kept = await database.rows(desk_sql.AUDIT_UP, (expected - 2, 1))
        if not kept or kept[0][0] != expected - 1 or bytes(kept[0][6]) != before:
            return Verdict(expected - 2, expected - 1, before.hex())
    while True:
        rows = await database.rows(desk_sql.AUDIT_UP, (expected - 1, CHUNK))
        for n, at, actor, act, subject, details, kept_hash in rows:
            if n != expected or digest(before, at, actor, act, subject, details) != bytes(kept_hash):
                return Verdict(expected - 1, expected, before.hex())
            before, expected = bytes(kept_hash), expected + 1
        if len(rows) < CHUNK:
            return Verdict(expected - 1, 0, before.hex())


def _entry(row: Row) -> Entry:
    n, at, actor, act, subject, details, _ = row
    return Entry(n, at, actor, act, subject, json.loads(details))
