"""The base of a copy: every row of one moment, read from a connection whose view does not move, table by table."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from flows.errors import StoreFault
from store.sqlite import Error, open_keyed

ROWS: Final = 500
"""Rows in one frame: small enough that a commit waiting behind it waits a few milliseconds."""

_TABLES: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
_OTHERS: Final = "SELECT sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL ORDER BY name"
COUNTERS: Final = "sqlite_sequence"


class Snapshot:
    """A view of the database at the moment of its making, until it is closed."""

    def __init__(self, file: Path, key: bytes) -> None:
        """Fix the view; takes a few milliseconds."""
        self._link = open_keyed(file, key, reader=True)
        self._link.isolation_level = None
        self._link.execute("BEGIN")
        # A deferred transaction has no view before its first read.
        self._link.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def schema(self) -> tuple[list[str], list[str]]:
        """Return what makes the tables, and what makes the rest once they are filled."""
        tables = [str(sql) for _, sql in self._link.execute(_TABLES)]
        return tables, [str(row[0]) for row in self._link.execute(_OTHERS)]

    def parts(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Yield (statement, rows) until everything was told.

        Raises:
            StoreFault: the database cannot be read.
        """
        names = [str(row[0]) for row in self._link.execute(_TABLES)]
        try:
            for name in [*names, *self._counters()]:
                statement, columns = self._filling(name)
                cursor = self._link.execute(f'SELECT {columns} FROM "{name}"')  # noqa: S608 - names from the schema itself
                while rows := cursor.fetchmany(ROWS):
                    yield statement, [tuple(row) for row in rows]
        except Error as fault:
            raise StoreFault(f"the database cannot be read for a copy: {fault}") from fault

    def close(self) -> None:
        """Let the view go, so that the log of the database can shrink again."""
        with contextlib.suppress(Error):
            self._link.close()

    def _counters(self) -> list[str]:
        found = self._link.execute("SELECT name FROM sqlite_master WHERE name = ?", (COUNTERS,))
        return [str(row[0]) for row in found]

    def _filling(self, name: str) -> tuple[str, str]:
        columns = [str(row[1]) for row in self._link.execute(f'PRAGMA table_info("{name}")')]
        if self._hidden_number(name):
            columns.insert(0, "rowid")
        listed = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        return f'INSERT INTO "{name}" ({listed}) VALUES ({marks})', listed  # noqa: S608 - names from the schema itself

    def _hidden_number(self, name: str) -> bool:
        """Whether rows have a number that no column shows: later rows are numbered after it."""
        if name == COUNTERS:
            return False
        keys = [str(row[2]).upper() for row in self._link.execute(f'PRAGMA table_info("{name}")') if row[5]]
        made = str(self._link.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0])
        return keys != ["INTEGER"] and "WITHOUT ROWID" not in made.upper()
