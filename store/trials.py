"""Drafts on the real code: a revision that was not published, for listed numbers and for a time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows.errors import ConfigFault
from store import audit
from store import library_sql as sql
from store.clock import Clock
from store.database import Database
from store.draft_values import DraftFault
from store.hashing import Hashing
from store.numbers import pack_number
from store.writer import Writer

MOST_NUMBERS: Final = 50
"""Numbers that may try one flow: a village meeting, not a quiet launch."""

MOST_DAYS: Final = 30
"""Days that a trial may last."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One number that gets a draft; the number itself is not kept, `label` is what the admin called it."""

    flow: str
    label: str
    digest: str
    by: str
    at: int
    until: int


class Trials:
    """The rows `trial`. What is submitted under a revision that was never published goes to no agency."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, hashing: Hashing) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._hashing = hashing

    async def start(
        self, flow: str, digest: str, files: Mapping[str, str], numbers: Mapping[str, str], by: str, until: int
    ) -> None:
        """Give a revision to these numbers from their next dial on.

        Args:
            flow: its id.
            digest: of the revision.
            files: its texts, its own first.
            numbers: E.164 -> what to call it in lists.
            by: who.
            until: epoch seconds at which they get again what everybody gets.

        Raises:
            DraftFault: too many numbers, or too long. CallFault: one is not in E.164 form.
        """
        now = self._clock.steady()
        if not numbers or len(numbers) > MOST_NUMBERS:
            raise DraftFault(f"a trial is for 1 to {MOST_NUMBERS} numbers")
        if not now < until <= now + MOST_DAYS * 86_400:
            raise DraftFault(f"a trial lasts at most {MOST_DAYS} days")
        rows = [
            (flow, self._hashing.number(pack_number(number)), label[:40], digest, by, now, until)
            for number, label in numbers.items()
        ]
        texts = json.dumps(dict(files), ensure_ascii=False)

        async def run(database: Database) -> None:
            await database.begin()
            await database.rows(sql.ADD_REVISION, (digest, flow, texts, now))
            await database.many(sql.SET_TRIAL, rows)
            have = sum(row[0] == flow for row in await database.rows(sql.TRIALS))
            if have > MOST_NUMBERS:
                raise DraftFault(f"{have} numbers would try {flow}: at most {MOST_NUMBERS}")
            details = {"digest": digest, "numbers": len(rows), "until": until}
            await audit.note(database, now, by, "trial_started", flow, details)

        await self._writer.do(run)

    async def stop(self, flow: str, *, by: str) -> int:
        """Everybody gets what is live; what is begun may be finished. Returns how many numbers were listed.

        Raises:
            ConfigFault: nobody was.
        """
        now = self._clock.steady()

        async def run(database: Database) -> int:
            await database.begin()
            ended = len(await database.rows(sql.END_TRIAL, (flow,)))
            if ended:
                await audit.note(database, now, by, "trial_stopped", flow, {"numbers": ended})
            return ended

        ended = await self._writer.do(run)
        if not ended:
            raise ConfigFault(f"nobody tries {flow}", hint="see: sala flow trials")
        return ended

    async def list(self) -> Sequence[Trial]:
        """Every number that is listed."""
        return [
            Trial(flow, label, digest, by, at, until)
            for flow, _, label, digest, by, at, until in await self._reader.rows(sql.TRIALS)
        ]
