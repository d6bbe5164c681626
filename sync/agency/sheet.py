"""The worklist as a table for a spreadsheet: CSV and XLSX, in which nothing that a citizen wrote can be a formula."""

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sync.agency.desk import Request

COLUMNS: Final = (
    "reference",
    "number",
    "service",
    "state",
    "reason",
    "received",
    "changed",
    "node",
    "place",
    "revision",
    "phone",
)
"""The columns before the answers; keys of the page's words."""

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"

MOST: Final = 100_000
"""Rows of one XLSX file; a spreadsheet takes a million, and an old computer much less."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDTH: Final = 18
_LONGEST: Final = 32_000  # a cell holds 32,767 characters


def cell(text: str) -> str:
    """Keep a spreadsheet that reads CSV from taking text for a formula, and a phone number for a sum."""
    return "'" + text if text.startswith(_FORMULA) else text


def row_of(one: Request, names: Iterable[str], words: Mapping[str, str]) -> list[str]:
    """The cells of one request: the fixed columns, then the answers of these names."""
    answers = {answer.name: answer.value for answer in one.answers}
    return [
        one.reference,
        one.agency_ref,
        one.title,
        words[one.status],
        words.get(one.reason, one.reason),
        one.at,
        one.changed,
        one.node,
        one.place,
        str(one.revision),
        one.phone,
        *(answers.get(name, "") for name in names),
    ]


def line(cells: Iterable[str]) -> bytes:
    """One line of CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([cell(text) for text in cells])
    return buffer.getvalue().encode("utf-8", "replace")


class Workbook:
    """An XLSX file under construction; every cell is text, so a phone number keeps its plus and its zeros."""

    def __init__(self, title: str, head: Iterable[str]) -> None:
        """Begin with the row of heads, which stays in view."""
        import openpyxl  # noqa: PLC0415 - 40 MB of a library that only an export needs
        from openpyxl.utils import get_column_letter  # noqa: PLC0415

        self._book = openpyxl.Workbook(write_only=True)
        self._sheet = self._book.create_sheet(_sheet_name(title))
        self._sheet.freeze_panes = "B2"
        heads = list(head)
        for column in range(1, len(heads) + 1):
            self._sheet.column_dimensions[get_column_letter(column)].width = _WIDTH
        self.add(heads, bold=True)

    def add(self, cells: Iterable[str], *, bold: bool = False) -> None:
        """Add one row."""
        self._sheet.append([self._text(one, bold=bold) for one in cells])

    def saved(self) -> bytes:
        """The finished file."""
        with tempfile.TemporaryFile() as file:
            self._book.save(file)
            file.seek(0)
            return file.read()

    def _text(self, text: str, *, bold: bool) -> Any:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415
        from openpyxl.styles import Font  # noqa: PLC0415

        clean = ILLEGAL_CHARACTERS_RE.sub("", text.encode("utf-8", "replace").decode())[:_LONGEST]
        one = WriteOnlyCell(self._sheet, value=clean)
        # Text by type, whatever it begins with: openpyxl would make a formula of "=...".
        one.data_type = "s"
        one.number_format = "@"
        one.quotePrefix = text.startswith(_FORMULA)
        if bold:
            one.font = Font(bold=True)
        return one


def _sheet_name(title: str) -> str:
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in title)[:31] or "Sala"
