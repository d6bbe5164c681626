"""Putting an SMS into the queue: within the transaction of whatever caused it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flows.text.measure import segments
from store import sql
from store.clock import Clock
from store.database import Database

DAYTIME: Final = frozenset({"reminder", "broadcast"})
"""Kinds that nobody waits for: they keep the quiet hours."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One SMS to be. `reference` is packed (None: about no request); `useless_at` in epoch seconds."""

    channel: str
    number: int
    kind: str
    language: str
    text: str
    useless_at: int
    reference: int | None = None
    link_id: str = ""


class Post:
    """Writes letters as rows."""

    def __init__(self, clock: Clock, quiet: tuple[int, int]) -> None:
        self._clock = clock
        self._quiet = quiet

    async def enqueue(self, database: Database, letters: Sequence[Letter]) -> None:
        """Write the letters and their places in the queue; the caller commits."""
        if not letters:
            return
        await database.begin()
        for reference in {letter.reference for letter in letters if letter.kind == "status"}:
            await _replace(database, reference)
        last = (await database.rows(sql.LAST_NUMBERS))[0][1]
        now = self._clock.steady()
        numbered = list(enumerate(letters, last + 1))
        await database.many(sql.ADD_MESSAGE, [_row(id_, letter, now) for id_, letter in numbered])
        await database.many(sql.ADD_QUEUED, [(id_, self._due(letter, now)) for id_, letter in numbered])

    def _due(self, letter: Letter, now: int) -> int:
        return self._clock.after_quiet(now, self._quiet) if letter.kind in DAYTIME else now


async def _replace(database: Database, reference: int | None) -> None:
    if reference is None:
        return
    overtaken = await database.rows(sql.REPLACE_STATUS, (reference,))
    if overtaken:
        await database.rows(sql.UNQUEUE, (json.dumps([row[0] for row in overtaken]),))


def _row(id_: int, letter: Letter, now: int) -> tuple[object, ...]:
    return (
        id_,
        letter.channel,
        letter.number,
        letter.kind,
        letter.language,
        letter.text,
        segments(letter.text),
        letter.reference,
        letter.link_id,
        now,
        letter.useless_at,
    )
