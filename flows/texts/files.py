"""The table of texts as a workbook and as PO files: context, room and words; read back as the cells that changed."""

import io
from collections.abc import Callable, Mapping, Sequence

import polib
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from flows.texts.catalogue import Entry
from flows.texts.edit import TextsFault
from flows.workbook import read_workbook

Changes = dict[tuple[str, str], str]
"""(key, language) -> the new words."""
Rows = dict[tuple[str, str], str]
"""(key, language) -> where a reader finds it."""


def write_xlsx(found: Sequence[Entry], languages: Sequence[str], draft: Callable[[str], str] | None = None) -> bytes:
    """A workbook: key, step, values, and for each language its words and the room that they take.

    With `draft`, a last column suggests Lao in Latin letters where these are missing; it is never read back: a person
    who accepts a suggestion writes it into the language's own column.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("texts")
    head = ["key", "step", "values", *(column for tag in languages for column in (tag, f"{tag} room"))]
    rows = [_row(one, languages) for one in found]
    if draft is not None:
        head.append("suggestion")
        for one, row in zip(found, rows, strict=True):
            row.append("" if "lo-Latn" in one.words else draft(one.words.get("lo", "")))
    for row in [head, *rows]:
        cells = []
        for value in row:
            # A text that begins with = is a text, never a formula.
            cell = WriteOnlyCell(sheet, value=value)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _row(one: Entry, languages: Sequence[str]) -> list[str]:
    words = [cell for tag in languages for cell in (one.words.get(tag, ""), one.room(tag))]
    return [one.key, one.step, " ".join(sorted(one.values)), *words]


def read_xlsx(data: bytes, found: Sequence[Entry], languages: Sequence[str]) -> tuple[Changes, Rows]:
    """The cells that differ from the flow, and each one's row; raises `TextsFault`, `WorkbookFault`."""
    sheet = read_workbook(data, frozenset({"texts"})).get("texts")
    if sheet is None or not sheet.rows or sheet.merged:
        raise TextsFault("the workbook needs a sheet `texts` without merged cells: export it anew")
    header = {cell.text.strip(): at for at, cell in sheet.rows[0].cells.items()}
    if "key" not in header:
        raise TextsFault("the sheet `texts` has no column `key`: export it anew")
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    for row in sheet.rows[1:]:
        for tag in languages:
            cell = row.cells.get(header.get(tag, -1))
            key = row.cells.get(header["key"])
            if cell is not None and key is not None:
                if cell.formula:
                    raise TextsFault(f"row {row.number} {key.text} {tag}: it holds a formula, write the text")
                cells[key.text, tag] = (cell.text, f"row {row.number}")
    return _changed(cells, found)


def write_po(found: Sequence[Entry], source: str, tag: str) -> str:
    """A PO file of one language; the words of `source` are what is translated."""
    po = polib.POFile()
    po.metadata = {"Language": tag, "Content-Type": "text/plain; charset=UTF-8"}
    for one in found:
        words = one.words.get(source)
        if words is None:
            continue
        note = f"{one.step} {one.room(tag)}".strip()
        po.append(polib.POEntry(msgctxt=one.key, msgid=words, msgstr=one.words.get(tag, ""), comment=note))
    return str(po)


def read_po(text: str, found: Sequence[Entry], source: str, tag: str) -> tuple[Changes, Rows]:
    """The translations that differ from the flow, and each one's line; raises `TextsFault`."""
    try:
        po = polib.pofile(text)
    except (OSError, ValueError) as error:
        raise TextsFault(f"this is not a PO file: {error}") from None
    known = {one.key: one for one in found}
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    for entry in po:
        row = f"line {entry.linenum}"
        if not entry.msgstr or entry.obsolete or entry.fuzzy:
            continue
        one = known.get(str(entry.msgctxt))
        if one is not None and one.words.get(source) != entry.msgid:
            raise TextsFault(f"{row} {entry.msgctxt} {source}: the text was changed since the export")
        cells[str(entry.msgctxt), tag] = (entry.msgstr, row)
    return _changed(cells, found)


def _changed(cells: Mapping[tuple[str, str], tuple[str, str]], found: Sequence[Entry]) -> tuple[Changes, Rows]:
    now = {(one.key, tag): words for one in found for tag, words in one.words.items()}
    new = {place: cell for place, cell in cells.items() if now.get(place) != cell[0]}
    return {place: words for place, (words, _) in new.items()}, {place: row for place, (_, row) in new.items()}
