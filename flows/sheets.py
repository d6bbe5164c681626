"""Tables and phrases as text and as workbooks, both ways: what an office edits in a spreadsheet comes back the same."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Final

from flows.cells import book_of
from flows.errors import TableFault
from flows.phrases import Phrases, placeholders
from flows.tables import Table, read_csv
from flows.workbook import MAX_ROW, Row, read_workbook

MAX_CELLS: Final = 100_000
"""Of a table: the villages of a country in eight columns."""

_KEY: Final = "key"


def table_csv(table: Table) -> str:
    """The table as CSV; reading it gives the same table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows.values())
    return out.getvalue()


def table_xlsx(table: Table) -> bytes:
    """The table as a workbook with one sheet of its name; every cell is text, so codes keep their zeros.

    Raises:
        TableFault: it is larger than a workbook that would be taken back.
    """
    rows = list(table.rows.values())
    if len(rows) >= MAX_ROW or (len(rows) + 1) * len(table.columns) > MAX_CELLS:
        raise TableFault(f"{table.name}: {len(rows):,} rows are more than a workbook may bring back", hint="use CSV")
    return book_of(table.name, table.columns, rows)


def read_table(name: str, data: bytes) -> str:
    """The CSV of a workbook's only sheet, or of the one with the table's name.

    Raises:
        TableFault: it is no table; the sentence names the row. WorkbookFault: it is no workbook that can be read.
    """
    rows = _sheet(name, data)
    columns = max(rows[0].cells, default=-1) + 1
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        if max(row.cells, default=0) >= columns:
            raise TableFault(f"{name}: row {row.number} has more cells than the header has columns")
        writer.writerow(_texts(name, row, range(columns)))
    text = out.getvalue()
    read_csv(name, text)
    return text


def phrases_toml(phrases: Phrases, language: str) -> str:
    """The phrases of one language as their file; reading it gives the same phrases."""
    signed = "true" if language not in phrases.unsigned else "false"
    lines = [f"name = {_quoted(phrases.names.get(language, language))}", f"signed = {signed}"]
    group = ""
    for key, text in phrases.texts[language].items():
        of, _, word = key.partition(".")
        if of != group:
            lines += ["", f"[{of}]"]
            group = of
        lines.append(f"{word} = {_quoted(text)}")
    return "\n".join(lines) + "\n"


def phrases_xlsx(phrases: Phrases, language: str, beside: Sequence[str] = ()) -> bytes:
    """A workbook: key, the values that a phrase shows, the phrase, and the same in other languages to read along."""
    others = [tag for tag in beside if tag != language and tag in phrases.texts]
    head = (_KEY, "values", language, *others)
    rows = [
        (key, " ".join(sorted(placeholders(text))), text, *(phrases.texts[tag].get(key, "") for tag in others))
        for key, text in phrases.texts[language].items()
    ]
    return book_of("phrases", head, rows)


def read_phrases(language: str, data: bytes, before: Phrases, *, signed: bool) -> str:
    """The file of phrases with the words of a workbook; a row that is not there keeps its words.

    Args:
        language: whose column is read.
        data: the workbook.
        before: the phrases as they are.
        signed: whether a speaker has read all of them and says that they are good.

    Raises:
        TableFault: a key that no phrase has, or a value lost or made up; the sentence names the row.
    """
    head, *rows = _sheet("phrases", data)
    columns = {cell.text.strip(): at for at, cell in head.cells.items()}
    if _KEY not in columns or language not in columns:
        raise TableFault(f"the sheet has no column `{_KEY}`, or none for {language}: export it anew")
    texts = dict(before.texts[language])
    for row in rows:
        key, said = _texts(language, row, (columns[_KEY], columns[language]))
        if not said.strip():
            continue
        if key not in texts:
            raise TableFault(f"row {row.number}: no phrase is called {key}")
        if placeholders(said) != placeholders(texts[key]):
            named = ", ".join(sorted(placeholders(texts[key]))) or "no value"
            raise TableFault(f"row {row.number} {key}: it must show {named} in braces, as before")
        texts[key] = said
    unsigned = before.unsigned - {language} if signed else before.unsigned | {language}
    return phrases_toml(Phrases({**before.texts, language: texts}, before.names, unsigned), language)


def _sheet(name: str, data: bytes) -> tuple[Row, ...]:
    sheets = read_workbook(data, most_cells=MAX_CELLS)
    sheet = sheets.get(name.lower()) or (next(iter(sheets.values())) if len(sheets) == 1 else None)
    if sheet is None or not sheet.rows:
        raise TableFault(f"{name}: the workbook needs one sheet, or one that is called so")
    if sheet.merged:
        raise TableFault(f"{name}: the sheet has merged cells: undo them")
    return sheet.rows


def _texts(name: str, row: Row, columns: Iterable[int]) -> list[str]:
    found = [row.cells.get(column) for column in columns]
    if any(cell is not None and cell.formula for cell in found):
        raise TableFault(f"{name}: row {row.number} holds a formula: write the value")
    return [cell.text if cell is not None else "" for cell in found]


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False)
