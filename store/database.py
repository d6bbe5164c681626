"""The small protocol behind which a storage engine stands: rows, statements, one transaction."""

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Database(Protocol):
    """One connection. Only its owner calls it, one call at a time; every call is one hop to the engine's thread."""

    @property
    def changes(self) -> int:
        """Rows changed through this connection since it was opened."""

    async def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return all its rows (also those of RETURNING)."""

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one writing statement for each row of `rows`."""

    async def together(self, writes: Sequence[tuple[str, Sequence[Sequence[Any]]]]) -> None:
        """Run several of these in their order, in one hop."""

    async def begin(self) -> None:
        """Begin a writing transaction, unless one is open."""

    async def commit(self) -> None:
        """Make everything since `begin` durable; returns only when it is on the disk."""

    async def rollback(self) -> None:
        """Forget everything since `begin`."""

    async def changed(self) -> int:
        """Return a number that differs from the last one when another process has written."""

    async def close(self) -> None:
        """Give the connection back."""
