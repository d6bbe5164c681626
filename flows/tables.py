"""Tables of codes: fees, offices, places. Read once from CSV, handed to the engine, never asked over a wire."""

import csv
import io
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from flows.errors import TableFault
from flows.text.lao import clean, match_key

_NAME_COLUMNS: Final = {"lo-Latn": "name_latin"}
_MAX_CELL: Final = 500


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


def read_csv(name: str, text: str) -> Table:
    """Read a table of this name from CSV with a header line.

    Raises:
        TableFault: with `name:line` and a sentence; a row too long or short, a key empty or given twice.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    columns: tuple[str, ...] = ()
    rows: dict[str, tuple[str, ...]] = {}
    try:
        for cells in reader:
            row = tuple(clean(cell) for cell in cells)
            if not any(row):
                continue
            if columns:
                _add_row(rows, columns, row, f"{name}:{reader.line_num}")
            else:
                columns = _header(row, f"{name}:{reader.line_num}")
    except csv.Error as error:
        raise TableFault(f"{name}:{reader.line_num} this is not CSV: {error}") from None
    if not columns:
        raise TableFault(f"{name}:1 the table is empty: its first line names the columns")
    return Table(name, columns, rows)


def table_of(name: str, rows: Mapping[str, Mapping[str, str]]) -> Table:
    """A table from plain mappings, key -> column -> cell, as a flow's tests write them."""
    columns = tuple(dict.fromkeys(column for row in rows.values() for column in row))
    return Table(name, ("key", *columns), {key: (key, *(row.get(c, "") for c in columns)) for key, row in rows.items()})


def _header(row: tuple[str, ...], place: str) -> tuple[str, ...]:
    if "" in row or len(set(row)) < len(row):
        raise TableFault(f"{place} every column needs a name of its own")
    return row


def _add_row(rows: dict[str, tuple[str, ...]], columns: tuple[str, ...], row: tuple[str, ...], place: str) -> None:
    if len(row) != len(columns):
        raise TableFault(f"{place} {len(row)} cells where the header has {len(columns)}: look for a comma or a quote")
    if not row[0]:
        raise TableFault(f"{place} the first column is the key and may not be empty")
    if row[0] in rows:
        raise TableFault(f"{place} the key {row[0]} stands twice")
    if max(map(len, row)) > _MAX_CELL:
        raise TableFault(f"{place} a cell has more than {_MAX_CELL} characters")
    rows[row[0]] = row


def column_of(language: str) -> str:
    """The column that holds names in this language."""
    return _NAME_COLUMNS.get(language, f"name_{language}")


@dataclass(frozen=True, slots=True)
class Place:
    """A row that a citizen can name: a village, a school, an office.

    Attributes:
        code: the key. parent: the code of the place around it ("" none). names: column -> name.
    """

    code: str
    parent: str
    level: str
    names: Mapping[str, str]
    aliases: tuple[str, ...]
    order: tuple[int, str]

    def name(self, language: str) -> str:
        """Its name in this language, else the first that the table has, else its code."""
        return self.names.get(column_of(language)) or next((name for name in self.names.values() if name), self.code)


@dataclass(frozen=True, slots=True)
class _Spelling:
    key: str
    code: str
    columns: frozenset[str]


class Places:
    """A table whose rows have names, searched by code or by the first letters in any of its languages.

    Columns: the key, `name_<language>` (`name_latin` for lo-Latn) or `name`, and as wanted `parent`, `level`,
    `aliases` (split at `;`), `sort`.
    """

    def __init__(self, table: Table) -> None:
        """Index the table; 10,000 rows take well under a second."""
        self.table = table
        self._places = {code: _place(table, code) for code in table.rows}
        self._folded = {code.casefold(): code for code in self._places}
        self._spellings = sorted(_spellings(self._places.values()), key=lambda one: one.key)
        self._keys = [one.key for one in self._spellings]

    def at(self, code: str) -> Place | None:
        """The place of this code, in upper or lower case."""
        return self._places.get(self._folded.get(code.casefold(), ""))

    def every(self, level: str = "") -> list[Place]:
        """All places of a level, or all, in the table's order."""
        return [place for place in self._places.values() if level in ("", place.level)]

    def find(self, text: str, level: str = "", within: str = "", language: str = "", limit: int = 9) -> list[Place]:
        """Places whose name begins with these letters, at most `limit`; names that are just so come before longer ones.

        Args:
            text: compared by match key, so tones, spelling variants and blanks do not count.
            level: only of this level; empty for all.
            within: only below this code; empty for all.
            language: names of this language are preferred when two come at the same rank; empty for none.
            limit: how many at most.
        """
        wanted = match_key(text)
        if not wanted:
            return []
        best: dict[str, tuple[bool, bool]] = {}
        for index in range(bisect_left(self._keys, wanted), len(self._keys)):
            spelling = self._spellings[index]
            if not spelling.key.startswith(wanted):
                break
            place = self._places[spelling.code]
            if level in ("", place.level) and self.is_within(place.code, within):
                rank = (spelling.key != wanted, column_of(language) not in spelling.columns)
                best[place.code] = min(rank, best.get(place.code, rank))
        found = sorted(best, key=lambda code: (*best[code], self._places[code].order))
        return [self._places[code] for code in found[:limit]]

    def exact(self, text: str, place: Place) -> bool:
        """Whether the text is one of the place's own names, and not only its beginning."""
        return match_key(text) in {match_key(name) for name in (*place.names.values(), *place.aliases)}

    def is_within(self, code: str, within: str) -> bool:
        """Whether the place lies below `within` (or is it); everything lies within ""."""
        return not within or within in self.path(code)

    def path(self, code: str) -> tuple[str, ...]:
        """The code and those of the places around it, outwards; a ring in the table ends it."""
        path: list[str] = []
        while code in self._places and code not in path:
            path.append(code)
            code = self._places[code].parent
        return tuple(path)

    def district_of(self, code: str) -> str:
        """The code of the district that the place lies in (or is); "" when it lies in none."""
        return next((one for one in self.path(code) if self._places[one].level == "district"), "")

    def path_name(self, code: str, language: str) -> str:
        """`village, district, province` in this language; the code itself when there is no such place."""
        return ", ".join(self._places[one].name(language) for one in self.path(code)) or code


def _place(table: Table, code: str) -> Place:
    names = {
        column: name for column in table.columns if column.startswith("name") and (name := table.get(code, column))
    }
    aliases = tuple(part.strip() for part in (table.get(code, "aliases") or "").split(";") if part.strip())
    sort = table.get(code, "sort") or ""
    order = (int(sort) if sort.isascii() and sort.isdigit() else 10**9, code)
    return Place(code, table.get(code, "parent") or "", table.get(code, "level") or "", names, aliases, order)


def _spellings(places: Iterable[Place]) -> Iterator[_Spelling]:
    for place in places:
        columns: dict[str, set[str]] = {}
        for column, name in (*place.names.items(), *(("", alias) for alias in place.aliases)):
            columns.setdefault(match_key(name), set()).add(column)
        for key, named in columns.items():
            if key:
                yield _Spelling(key, place.code, frozenset(named))


@dataclass(frozen=True)
class Tables(Mapping[str, Table]):
    """All tables of a node, by name; a change makes a new one."""

    tables: Mapping[str, Table] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Table:
        """The table; raises KeyError."""
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self.tables)

    def __len__(self) -> int:
        """How many."""
        return len(self.tables)

    def __hash__(self) -> int:
        """By identity: tables are changed only as a whole."""
        return id(self)

    @property
    def places(self) -> Places:
        """The table `places`; empty when the node has none."""
        return self.named("places")

    @cached_property
    def _named(self) -> dict[str, Places]:
        return {}

    def named(self, name: str) -> Places:
        """A table as places that can be searched by name, indexed at its first use; empty when there is none."""
        if name not in self._named:
            self._named[name] = Places(self.tables.get(name) or Table(name, ("key",), {}))
        return self._named[name]

    def over(self, others: Mapping[str, Table]) -> "Tables":
        """These tables, with others standing in for those of the same name."""
        return Tables({**self.tables, **others})
