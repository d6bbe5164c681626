"""Notes what each transaction writes, on its way to the engine, so that the same can be done again to another file.

Statements are noted, not pages: a plain key press is a few hundred bytes, where the pages it touches are tens of
thousands, and a stick wears out by what is written to it. Doing them again gives the same rows because one writer does
all of them in one order, and no statement of the store draws by chance or reads the time.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from store.database import Database, Row

_READS: Final = ("SELECT", "PRAGMA", "BEGIN")

Line = tuple[str, Sequence[Sequence[Any]]]


class Commit(NamedTuple):
    """What one commit wrote.

    Attributes:
        position: counts the commits since the node started to copy.
        at: wall time, epoch seconds.
        changes: rows that the engine says were changed; doing it again must change as many.
        lines: statements with their rows, in order.
    """

    position: int
    at: int
    changes: int
    lines: Sequence[Line]


class Engine(Database, Protocol):
    """What the recorder must know of the engine beyond the protocol."""

    @property
    def seen(self) -> int:
        """What `changed` returns, without its hop to another thread: for the owner, while no call is under way."""


class Recorder:
    """`Database` over an engine. Until `begin_copy` it only passes everything on."""

    def __init__(
        self, engine: Engine, put: Callable[[Commit], bool], strange: Callable[[int], None], now: Callable[[], int]
    ) -> None:
        """Pass each commit to `put`, and stop when it says no.

        `strange` is called when another process has written to the database, with the position before that.
        """
        self._engine = engine
        self._put = put
        self._strange = strange
        self._now = now
        self._lines: list[Line] = []
        self._mark = 0
        self._version = -1
        self.on = False
        self.position = 0

    @property
    def changes(self) -> int:
        """Rows changed through the engine since it was opened."""
        return self._engine.changes

    async def begin_copy(self) -> int:
        """Record from here on; returns the last position that a snapshot taken now has in it.

        Called with the writing transaction open, so that nobody else can commit before the snapshot is taken.
        """
        self._version = await self.changed()
        self.on = True
        return self.position

    async def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return all its rows."""
        found = await self._engine.rows(sql, args)
        if not sql.startswith(_READS):
            self._lines.append((sql, (args,)))
        return found

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one writing statement for each row."""
        await self._engine.many(sql, rows)
        if rows:
            self._lines.append((sql, rows))

    async def together(self, writes: Sequence[Line]) -> None:
        """Run several of these in their order, in one hop."""
        await self._engine.together(writes)
        self._lines += [(sql, rows) for sql, rows in writes if rows]

    async def begin(self) -> None:
        """Begin a writing transaction, unless one is open."""
        await self._engine.begin()

    async def commit(self) -> None:
        """Make it durable, and hand what it wrote to the copy."""
        lines, self._lines = self._lines, []
        if not lines or not self.on:
            await self._engine.commit()
            self._mark = self._engine.changes
            return
        version = self._engine.seen
        await self._engine.commit()
        changes = self._engine.changes - self._mark
        self._mark += changes
        if version != self._version:
            self._lost()
        elif changes:
            self.position += 1
            self.on = self._put(Commit(self.position, self._now(), changes, lines))

    async def rollback(self) -> None:
        """Forget it."""
        self._lines = []
        await self._engine.rollback()
        self._mark = self._engine.changes

    async def changed(self) -> int:
        """Return a number that differs from the last one when another process has written."""
        version = await self._engine.changed()
        if self.on and version != self._version:
            self._lost()
        return version

    async def close(self) -> None:
        """Give the connection back."""
        await self._engine.close()

    def _lost(self) -> None:
        self.on = False
        self._strange(self.position)
