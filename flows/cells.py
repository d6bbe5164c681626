"""Cells of files that spreadsheets open, CSV and workbooks: what somebody wrote is text there and nothing else."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from typing import Any, Final

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MARK: Final = b"\xef\xbb\xbf"
"""At the beginning of a CSV file: with it a spreadsheet reads the letters as UTF-8."""

_BEGIN: Final = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
"""What a formula, or a call of another program, may begin with, in full width as well."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What no XML holds."""

_LONGEST: Final = 32_000
"""Characters of a cell; a workbook holds 32,767 (ECMA-376, part 1, annex F)."""

_TITLE: Final = 31
"""Characters of a sheet's name (the same annex)."""

_WIDTH: Final = 18

Value = str | int | float | None


def tame(text: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula (OWASP: CSV injection), and no number for a sum."""
    return f"'{text}" if _is_formula(text) else text


def line(cells: Iterable[Value]) -> bytes:
    """One line of a CSV file in UTF-8, in which every text is tame."""
    out = io.StringIO()
    csv.writer(out).writerow([tame(one) if isinstance(one, str) else one for one in cells])
    return out.getvalue().encode("utf-8", "replace")


class Sheet:
    """A sheet of a workbook under construction."""

    def __init__(self, sheet: Any) -> None:
        """`sheet` is openpyxl's."""
        self._sheet = sheet

    def add(self, row: Iterable[Value], *, bold: bool = False) -> None:
        """Add one row: texts as texts, so that a phone number keeps its plus and its zeros, and numbers as numbers."""
        self._sheet.append([self._text(one, bold=bold) if isinstance(one, str) else one for one in row])

    def _text(self, text: str, *, bold: bool) -> Any:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - half of what a start takes; for workbooks only
        from openpyxl.styles import Font  # noqa: PLC0415 - half of what a start takes; for workbooks only

        clean = _CONTROL.sub("", text.encode("utf-8", "replace").decode())[:_LONGEST]
        cell = WriteOnlyCell(self._sheet, value=clean)
        # By type, whatever it begins with: openpyxl would make a formula of "=...".
        cell.data_type = "s"
        # And whoever corrects it in the spreadsheet makes neither a formula nor a number of it.
        cell.number_format = "@"
        cell.quotePrefix = _is_formula(text)
        if bold:
            cell.font = Font(bold=True)
        return cell


class Workbook:
    """A workbook under construction, written row by row, so that a long one takes no more memory than a short one."""

    def __init__(self) -> None:
        """Begin without a sheet; a workbook has at least one."""
        import openpyxl  # noqa: PLC0415 - half of what a start takes; for workbooks only

        self._book = openpyxl.Workbook(write_only=True)

    def sheet(self, title: str, heads: Sequence[str]) -> Sheet:
        """Begin a sheet with the row of heads, which stays in view with the first column."""
        from openpyxl.utils import get_column_letter  # noqa: PLC0415 - half of what a start takes; for workbooks only

        made = self._book.create_sheet(_sheet_title(title))
        made.freeze_panes = "B2"
        for column in range(1, len(heads) + 1):
            made.column_dimensions[get_column_letter(column)].width = _WIDTH
        sheet = Sheet(made)
        sheet.add(heads, bold=True)
        return sheet

    def saved(self) -> bytes:
        """The finished file; nothing can be added afterwards."""
        with tempfile.TemporaryFile() as file:
            self._book.save(file)
            file.seek(0)
            return file.read()


def book_of(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    sheet = book.sheet(title, heads)
    for row in rows:
        sheet.add(row)
    return book.saved()


def _is_formula(text: str) -> bool:
    return text[:1] in _BEGIN or text.lstrip(" \u00a0")[:1] in _BEGIN


def _sheet_title(title: str) -> str:
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in title)[:_TITLE] or "Sala"
