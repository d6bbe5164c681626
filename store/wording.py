"""Which words were reviewed, by whom, and which were let through without it, for how long."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flows.gate import Waiver
from flows.texts.marks import Marks
from store import audit
from store import library_sql as sql
from store.clock import Clock
from store.database import Database
from store.draft_values import DraftFault
from store.writer import Writer

MOST_DAYS: Final = 90
"""Days that a waiver may last: time to find a reviewer, not a way to do without one."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The last review of one place of a service in one language: the mark's digest, the words, by whom and when."""

    digest: str
    words: str
    by: str
    at: int


class Wording:
    """The rows `reviewed`, `reviewed_place` and `waiver`."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def marks(self) -> Marks:
        """Everything that was reviewed, of all services: a mark names words, not places."""
        by: dict[str, dict[str, str]] = {}
        for language, digest, who in await self._reader.rows(sql.REVIEWED):
            by.setdefault(language, {})[digest] = who
        return Marks(by)

    async def mark(self, marks: Mapping[str, Mapping[str, str]]) -> None:
        """Keep marks: language -> digest -> who and when. One that is there keeps its name."""
        have = (await self.marks()).by
        rows = [
            (language, digest, who)
            for language, some in marks.items()
            for digest, who in some.items()
            if digest not in have.get(language, {})
        ]
        if not rows:
            return

        async def run(database: Database) -> None:
            await database.begin()
            await database.many(sql.ADD_REVIEWED, rows)

        await self._writer.do(run)

    async def unmark(self, language: str, digests: Sequence[str]) -> None:
        """Take marks back."""

        async def run(database: Database) -> None:
            await database.begin()
            await database.many(sql.DROP_REVIEWED, [(language, digest) for digest in digests])

        await self._writer.do(run)

    async def accept(self, flow: str, seen: Mapping[tuple[str, str], tuple[str, str]], by: str, day: str) -> None:
        """Mark words as reviewed, each where somebody read it; one audit line for all of them.

        Args:
            flow: the service.
            seen: (place, language) -> (digest of the mark, the words).
            by: who stands for them.
            day: as it is told beside the mark, `2026-11-29`.
        """
        now = self._clock.steady()
        marks = [(language, digest, f"{day} {by}") for (_, language), (digest, _) in seen.items()]
        places = [(flow, place, tag, digest, words, by, now) for (place, tag), (digest, words) in seen.items()]

        async def run(database: Database) -> None:
            await database.begin()
            await database.many(sql.ADD_REVIEWED, marks)
            await database.many(sql.SET_REVIEWED_PLACE, places)
            await audit.note(database, now, by, "words_reviewed", flow, _counted(tag for _, tag in seen))

        if seen:
            await self._writer.do(run)

    async def withdraw(self, flow: str, marks: Collection[tuple[str, str]], by: str) -> None:
        """Take marks back, (language, digest); the words are unreviewed wherever they stand."""
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            await database.many(sql.DROP_REVIEWED, list(marks))
            await audit.note(database, now, by, "words_unreviewed", flow, _counted(tag for tag, _ in marks))

        if marks:
            await self._writer.do(run)

    async def places(self, flow: str) -> Mapping[tuple[str, str], Reviewed]:
        """(place, language) -> its last review at the desk, whatever stands there now."""
        rows = await self._reader.rows(sql.REVIEWED_PLACES, (flow,))
        return {(place, language): Reviewed(*rest) for place, language, *rest in rows}

    async def waive(self, by: str, note: str, until: int, *, flow: str = "", language: str = "") -> int:
        """Let words that nobody has reviewed go live; returns the waiver's number.

        Args:
            by: the person who answers for it.
            note: why it cannot wait.
            until: epoch seconds at which it ends.
            flow: one service; "" all of them.
            language: one language; "" all of them.

        Raises:
            DraftFault: nobody or no reason is named, or it would last too long.
        """
        now = self._clock.steady()
        if not by.strip() or not note.strip():
            raise DraftFault("a waiver names the person who answers for it, and why it cannot wait")
        if not now < until <= now + MOST_DAYS * 86_400:
            raise DraftFault(f"a waiver lasts at most {MOST_DAYS} days")
        row = (flow, language, note.strip(), by.strip(), now, until)

        async def run(database: Database) -> int:
            await database.begin()
            number = int((await database.rows(sql.ADD_WAIVER, row))[0][0])
            details = {"waiver": number, "language": language, "until": until, "note": note.strip()}
            await audit.note(database, now, by.strip(), "words_waived", flow, details)
            return number

        return await self._writer.do(run)

    async def end(self, waiver: int, by: str) -> None:
        """End a waiver before its time.

        Raises:
            DraftFault: there is no such waiver in force.
        """
        now = self._clock.steady()

        async def run(database: Database) -> None:
            await database.begin()
            if not await database.rows(sql.END_WAIVER, (by, now, waiver)):
                raise DraftFault(f"there is no waiver {waiver} in force", hint="see: sala flow waivers")
            await audit.note(database, now, by, "waiver_ended", "", {"waiver": waiver})

        await self._writer.do(run)

    async def waivers(self) -> Sequence[Waiver]:
        """All of them, oldest first, also those that are over."""
        return [Waiver(*row) for row in await self._reader.rows(sql.WAIVERS)]


def _counted(tags: Iterable[str]) -> dict[str, int]:
    """How many in each language."""
    return dict(Counter(tags))
