"""The table of texts as a workbook and as PO files: context, room and words; read back as the cells that changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polib

from flows.cells import book_of
from flows.texts.catalogue import Entry
from flows.texts.edit import TextsFault
from flows.texts.marks import Marks
from flows.workbook import Cell, Row, read_workbook

Changes = dict[tuple[str, str], str]
"""(key, language) -> the new words."""
Rows = dict[tuple[str, str], str]
"""(key, language) -> where a reader finds it."""
LATIN: Final = "lo-Latn"
REVIEWED: Final = "yes"
_NO: Final = frozenset({"", "no", "0", "false"})


@dataclass(frozen=True, slots=True)
class Back:
    """What came back from translators.

    Attributes:
        changes: (key, language) -> the new words. rows: likewise, where a reader finds it.
        ticks: likewise, whether the words are marked as reviewed; a file without marks has none.
    """

    changes: Changes = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)
    ticks: dict[tuple[str, str], bool] = field(default_factory=dict)


def write_xlsx(
    found: Sequence[Entry],
    languages: Sequence[str],
    draft: Callable[[str], str] | None = None,
    marks: Marks | None = None,
) -> bytes:
    """A workbook: key, step, values, and for each language its words, the room that they take and whether reviewed.

    With `draft`, a last column suggests Lao in Latin letters where these are missing. A person accepts a suggestion by
    marking the empty text as reviewed, or writes her own words.
    """
    head = ["key", "step", "values", *(column for tag in languages for column in (tag, f"{tag} room", _mark(tag)))]
    rows = [_row(one, languages, marks or Marks()) for one in found]
    if draft is not None:
        head.append("suggestion")
        for one, row in zip(found, rows, strict=True):
            row.append("" if LATIN in one.words else draft(one.words.get("lo", "")))
    return book_of("texts", head, rows)


def _mark(tag: str) -> str:
    return f"{tag} reviewed"


def _row(one: Entry, languages: Sequence[str], marks: Marks) -> list[str]:
    words = []
    for tag in languages:
        reviewed = marks.has(one, tag, languages[0])
        words += [one.words.get(tag, ""), one.room(tag), REVIEWED if reviewed else ""]
    return [one.key, one.step, " ".join(sorted(one.values)), *words]


def read_xlsx(data: bytes, found: Sequence[Entry], languages: Sequence[str]) -> Back:
    """The cells that differ from the flow, each one's row, and the marks; raises `TextsFault`, `WorkbookFault`."""
    sheet = read_workbook(data, frozenset({"texts"})).get("texts")
    if sheet is None or not sheet.rows or sheet.merged:
        raise TextsFault("the workbook needs a sheet `texts` without merged cells: export it anew")
    header = {cell.text.strip(): at for at, cell in sheet.rows[0].cells.items()}
    if "key" not in header:
        raise TextsFault("the sheet `texts` has no column `key`: export it anew")
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    ticks: dict[tuple[str, str], bool] = {}
    for row in sheet.rows[1:]:
        key = row.cells.get(header["key"], Cell(""))
        for tag in languages if key.text else ():
            cell, tick = _cell(row, header, key.text, tag), _tick(row, header, tag)
            if cell is not None:
                cells[key.text, tag] = (cell, f"row {row.number}")
            if tick is not None:
                ticks[key.text, tag] = tick
    return _back(cells, found, ticks)


def _cell(row: Row, header: Mapping[str, int], key: str, tag: str) -> str | None:
    """The words of one language; for Lao in Latin letters an accepted suggestion, where there are none."""
    cell: Cell | None = row.cells.get(header.get(tag, -1))
    if cell is None and tag == LATIN and _tick(row, header, tag):
        cell = row.cells.get(header.get("suggestion", -1))
    if cell is not None and cell.formula:
        raise TextsFault(f"row {row.number} {key} {tag}: it holds a formula, write the text")
    return cell.text if cell is not None else None


def _tick(row: Row, header: Mapping[str, int], tag: str) -> bool | None:
    """Whether the mark is set; None in a sheet without marks."""
    if _mark(tag) not in header:
        return None
    cell = row.cells.get(header[_mark(tag)])
    return cell is not None and cell.text.strip().lower() not in _NO


def write_po(found: Sequence[Entry], source: str, tag: str, marks: Marks | None = None) -> str:
    """A PO file of one language; the words of `source` are what is translated, and what nobody reviewed is fuzzy."""
    po = polib.POFile()
    po.metadata = {"Language": tag, "Content-Type": "text/plain; charset=UTF-8"}
    for one in found:
        words = one.words.get(source)
        if words is None:
            continue
        note = f"{one.step} {one.room(tag)}".strip()
        fuzzy = tag in one.words and not (marks or Marks()).has(one, tag, source)
        flags = ["fuzzy"] if fuzzy else []
        po.append(polib.POEntry(msgctxt=one.key, msgid=words, msgstr=one.words.get(tag, ""), comment=note, flags=flags))
    return str(po)


def read_po(text: str, found: Sequence[Entry], source: str, tag: str) -> Back:
    """The translations that differ from the flow, each one's line, and as reviewed what is not fuzzy.

    What is fuzzy is not taken: in a PO file that word says that a person has still to look at it.

    Raises:
        TextsFault: it is no PO file, or an original was changed since the export.
    """
    try:
        po = polib.pofile(text)
    except (OSError, ValueError) as error:
        raise TextsFault(f"this is not a PO file: {error}") from None
    known = {one.key: one for one in found}
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    ticks: dict[tuple[str, str], bool] = {}
    for entry in po:
        row, place = f"line {entry.linenum}", (str(entry.msgctxt), tag)
        if not entry.msgstr or entry.obsolete:
            continue
        ticks[place] = not entry.fuzzy
        if entry.fuzzy:
            continue
        one = known.get(place[0])
        if one is not None and one.words.get(source) != entry.msgid:
            raise TextsFault(f"{row} {entry.msgctxt} {source}: the text was changed since the export")
        cells[place] = (entry.msgstr, row)
    return _back(cells, found, ticks)


def _back(
    cells: Mapping[tuple[str, str], tuple[str, str]], found: Sequence[Entry], ticks: dict[tuple[str, str], bool]
) -> Back:
    now = {(one.key, tag): words for one in found for tag, words in one.words.items()}
    new = {place: cell for place, cell in cells.items() if now.get(place) != cell[0]}
    changes = {place: words for place, (words, _) in new.items()}
    return Back(changes, {place: row for place, (_, row) in new.items()}, ticks)
