"""Agencies and revisions as small numbers: each word is written once and known by heart."""

from collections.abc import Iterable

from store import sql
from store.database import Database


class Words:
    """The table `word`, kept in memory. Ask inside a writing transaction."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    async def load(self, database: Database) -> None:
        """Read all of them anew."""
        self._ids = dict(await database.rows(sql.WORDS))
        self._texts = {number: text for text, number in self._ids.items()}

    async def learn(self, database: Database, texts: Iterable[str]) -> None:
        """Write those that are new; their transaction may still fail: `load` again then."""
        new = [(text,) for text in sorted(set(texts) - self._ids.keys())]
        if new:
            await database.many(sql.ADD_WORD, new)
            await self.load(database)

    def number(self, text: str) -> int:
        """The number of a word; 0 when nobody has written it."""
        return self._ids.get(text, 0)

    def text(self, number: int) -> str:
        """The word of a number; "" when there is none."""
        return self._texts.get(number, "")
