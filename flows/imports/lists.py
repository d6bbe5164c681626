"""Lists of choices: short ones become the options of a field, long and cascading ones a table that is searched."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flows.imports.form import Line
from flows.imports.names import choice_key, field_name
from flows.imports.report import Report
from flows.tables import column_of

MOST: Final = 8
"""Options of one question."""
MOST_OF_MANY: Final = 30
"""Options that a field of several choices can hold at all."""


@dataclass(frozen=True, slots=True)
class Options:
    """A list as the choices of a field.

    Attributes:
        choices: our key -> texts. keys: the form's value -> our keys.
        code: our key -> the form's value, where they differ.
    """

    choices: dict[str, dict[str, str]]
    keys: dict[str, tuple[str, ...]]
    code: dict[str, str]


@dataclass(slots=True)
class TableRows:
    """A table in the making: key -> (level, parent, names)."""

    name: str
    rows: dict[str, tuple[str, str, Mapping[str, str]]] = field(default_factory=dict)

    def csv(self, languages: Sequence[str]) -> str:
        """The table as `sala.toml` takes it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["key", "parent", "level", *(column_of(tag) for tag in languages)])
        for key, (level, parent, names) in self.rows.items():
            writer.writerow([key, parent, level, *(names.get(tag, "") for tag in languages)])
        return out.getvalue()


def words_of(line: Line, languages: Sequence[str]) -> dict[str, str]:
    """A choice's label in the languages that it has; its value when it has none."""
    label = {tag: _plain(words) for tag, words in line.texts.get("label", {}).items() if _plain(words)}
    return label or {languages[0]: line.get("name")}


def _plain(words: str) -> str:
    return " ".join(words.replace("{", "(").replace("}", ")").split())[:120]


def options_of(lines: Sequence[Line], languages: Sequence[str], report: Report) -> Options:
    """The list as options."""
    choices: dict[str, dict[str, str]] = {}
    keys: dict[str, tuple[str, ...]] = {}
    code: dict[str, str] = {}
    for line in lines:
        value = line.get("name")
        if value in keys:
            continue
        key = choice_key(value, choices)
        choices[key] = words_of(line, languages)
        keys[value] = (key,)
        if key != value:
            code[key] = value
            report.changed(line.place, "name", f"its key is `{key}`; connectors still send `{value}`")
    return Options(choices, keys, code)


class Tables:
    """The tables that a form needs, each list put in once."""

    def __init__(self, choices: Mapping[str, tuple[Line, ...]], languages: Sequence[str], report: Report) -> None:
        """Begin with no table."""
        self._choices = choices
        self._languages = languages
        self._report = report
        self._tables: dict[str, TableRows] = {}
        self._keys: dict[str, dict[str, tuple[str, ...]]] = {}
        self._table_of: dict[str, str] = {}

    def plain(self, list_name: str) -> tuple[str, Mapping[str, tuple[str, ...]]]:
        """The table that holds this list, and its keys."""
        if list_name not in self._table_of:
            table = self._new(list_name)
            self._put(list_name, table, "")
        return self._table_of[list_name], self._keys[list_name]

    def level(self, list_name: str) -> str:
        """How the rows of this list are told from the others of its table."""
        return field_name(list_name)

    def below(self, list_name: str, column: str, parent: str) -> tuple[str, Mapping[str, tuple[str, ...]]]:
        """The same for a list whose `column` names a row of the list `parent`."""
        if list_name not in self._table_of:
            name, _ = self.plain(parent)
            self._put(list_name, self._tables[name], column, parent)
        return self._table_of[list_name], self._keys[list_name]

    def files(self) -> dict[str, str]:
        """Every table as CSV, by name."""
        return {name: table.csv(self._languages) for name, table in self._tables.items()}

    def _new(self, list_name: str) -> TableRows:
        name = field_name(list_name, self._tables, "list")
        self._tables[name] = TableRows(name)
        return self._tables[name]

    def _put(self, list_name: str, table: TableRows, column: str, parent: str = "") -> None:
        self._table_of[list_name] = table.name
        keys: dict[str, tuple[str, ...]] = {}
        above = self._keys.get(parent, {})
        folded = {key.casefold() for key in table.rows}
        for line in self._choices[list_name]:
            value, of = line.get("name"), line.get(column) if column else ""
            parents = above.get(of, ("",)) if column else ("",)
            if column and of not in above:
                self._report.left(
                    line.place, column, f"`{of}` is no choice of the list `{parent}`: it is found under none"
                )
            for one in parents:
                key = value
                while key.casefold() in folded:
                    key = f"{one or list_name}-{key}"
                if key != value:
                    self._report.changed(
                        line.place, "name", f"its key in the table is `{key}`, since another row is `{value}`"
                    )
                folded.add(key.casefold())
                table.rows[key] = (self.level(list_name), one, words_of(line, self._languages))
                keys[value] = (*keys.get(value, ()), key)
        self._keys[list_name] = keys
