"""Tables of codes: fees, offices, places. Read once from CSV, handed to the engine, never asked over a wire."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One table; every cell is text, the first column is the key."""

    name: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    def get(self, key: str, column: str) -> str | None:
        """The cell; None when there is no such row or column, or when it is empty."""
        row = self.rows.get(key)
        if row is None or column not in self.columns:
            return None
        return row[self.columns.index(column)] or None


class Tables(Mapping[str, Table]):
    """All tables of a node, by name."""

    def __init__(self, tables: Mapping[str, Table] | None = None) -> None:
        """Take the tables by name."""
        self._tables = dict(tables or {})

    def __getitem__(self, name: str) -> Table:
        """The table; raises KeyError."""
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._tables)

    def __len__(self) -> int:
        """How many."""
        return len(self._tables)
