"""A database whose writes wait for each other: all that nobody has to wait for goes to the engine in one hop.

A hop to the engine's thread and back costs more than the statement it carries. So writes are piled up, in their order,
and sent together before the next read, which must see them, and at the end.
"""

from collections.abc import Sequence
from typing import Any

from store.database import Database, Row


class Pile:
    """`Database` over another one, for one batch. Its owner calls `flush` at the end; an error shows there."""

    def __init__(self, database: Database) -> None:
        """Send what is piled up to `database`."""
        self._database = database
        self._writes: list[tuple[str, Sequence[Sequence[Any]]]] = []

    @property
    def changes(self) -> int:
        """Rows changed through the connection since it was opened; what is piled up is not among them."""
        return self._database.changes

    async def flush(self) -> None:
        """Send what is piled up."""
        if self._writes:
            writes, self._writes = self._writes, []
            await self._database.together(writes)

    async def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement, after all that is piled up, and return all its rows."""
        await self.flush()
        return await self._database.rows(sql, args)

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Pile up one writing statement for each row."""
        if rows:
            self._writes.append((sql, rows))

    async def together(self, writes: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> None:
        """Pile up several."""
        self._writes += [(sql, rows) for sql, rows in writes if rows]

    async def begin(self) -> None:
        """Begin a writing transaction, unless one is open; what is piled up will begin one."""
        if not self._writes:
            await self._database.begin()

    async def commit(self) -> None:
        """Make it durable."""
        await self.flush()
        await self._database.commit()

    async def rollback(self) -> None:
        """Forget it."""
        self._writes = []
        await self._database.rollback()

    async def changed(self) -> int:
        """Return a number that differs from the last one when another process has written."""
        return await self._database.changed()

    async def close(self) -> None:
        """Give the connection back."""
        await self._database.close()
