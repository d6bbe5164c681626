"""Reads a workbook that somebody sent: only cells, only as many as a form has, and a sentence for every other file.

A workbook is an archive that may unpack to anything, so it is measured before a library opens it. openpyxl reads it in
its streaming mode, which never looks at drawings, links or comments. `.xls` is read where `xlrd` is installed.
"""

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

from flows.errors import Fault

MAX_BYTES: Final = 5 * 1024 * 1024
"""Of the file."""
MAX_UNPACKED: Final = 8 * 1024 * 1024
"""Of its XML, unpacked; pictures do not count, because they are never unpacked."""
MAX_PARTS: Final = 500
MAX_CELLS: Final = 60_000
MAX_ROW: Final = 20_000
MAX_COLUMNS: Final = 100
MAX_TEXT: Final = 20_000
"""Characters of one cell."""

_OLD: Final = b"\xd0\xcf\x11\xe0"
_NAMES: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


class WorkbookFault(Fault):
    """The workbook cannot be used."""

    code = "workbook"
    ours = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that is not empty.

    Attributes:
        text: what it shows; whole numbers without a decimal point. formula: whether it is one, and was not worked out.
    """

    text: str
    formula: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as the program shows it (from 1), and its cells by column (from 0)."""

    number: int
    cells: Mapping[int, Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its rows, the empty ones left out, and whether any of its cells are merged."""

    name: str
    rows: tuple[Row, ...]
    merged: bool = False


def read_workbook(data: bytes, wanted: frozenset[str] | None = None, most_cells: int = MAX_CELLS) -> dict[str, Sheet]:
    """The sheets of an .xlsx or .xls file by lower-case name; only those in `wanted` when it is given.

    Raises:
        WorkbookFault: it is too large, holds macros, or is no workbook; the sentence says what to do.
    """
    if len(data) > MAX_BYTES:
        raise WorkbookFault(f"the file is larger than {MAX_BYTES // 1024**2} MiB: a form is far smaller")
    if data.startswith(_OLD):
        return _read_old(data, wanted)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            texts = _measure(archive)
        merged = _look(texts, most_cells)
        return _read(_packed(texts), wanted, merged)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ET.ParseError, NotImplementedError):
        raise WorkbookFault("this is not an .xlsx file: save it as .xlsx anew") from None
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError, struct.error) as error:
        # openpyxl trusts a workbook's parts to hang together; whatever breaks inside it is the file's fault.
        raise WorkbookFault(f"this .xlsx file is damaged ({type(error).__name__}): save it anew") from None


def _measure(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Refuse what is too large or could do something; the parts that are text, as far as their headers promised."""
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise WorkbookFault(f"the file has more than {MAX_PARTS} parts: a form has a dozen")
    names = {part.filename for part in parts}
    if any("vbaproject" in name.lower() or name.lower().startswith("xl/macrosheets") for name in names):
        raise WorkbookFault("the file holds macros: save it as .xlsx without them")
    if "xl/workbook.xml" not in names:
        raise WorkbookFault("this is not an .xlsx file: save it as .xlsx anew")
    texts = [part for part in parts if part.filename.lower().endswith((".xml", ".rels", ".vml"))]
    if sum(part.file_size for part in texts) > MAX_UNPACKED:
        raise WorkbookFault(f"the file unpacks to more than {MAX_UNPACKED // 1024**2} MiB: keep only the form's sheets")
    return {part.filename: _part(archive, part) for part in texts}


def _part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """A part, as far as its header says; a header that lies ends in a damaged part.

    `ZipFile.read` would unpack all that is there, and only then look at the header.
    """
    with archive.open(part) as opened:
        return opened.read(part.file_size)


def _packed(texts: Mapping[str, bytes]) -> bytes:
    """The same parts anew: what a library unpacks has then been measured, whatever the old headers said."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in texts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _look(texts: Mapping[str, bytes], most_cells: int) -> frozenset[str]:
    """Refuse entities, and more cells or rows than a form has; the names of sheets with merged cells."""
    merged, cells = set(), 0
    for name, content in texts.items():
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise WorkbookFault("the file declares entities, which no workbook does: save it as .xlsx anew")
        if name.startswith("xl/worksheets/"):
            cells += len(re.findall(rb"<(?:\w+:)?(?:v|is|f)[ >]", content))
            _measure_rows(content)
            if re.search(rb"<(?:\w+:)?mergeCell ", content):
                merged.add(name)
    if cells > most_cells:
        raise WorkbookFault(f"the file has more than {most_cells} cells: put long lists into a table (CSV)")
    return _named(texts, merged)


def _measure_rows(content: bytes) -> None:
    last = max((int(number) for number in re.findall(rb'<(?:\w+:)?row [^>]*?\br="(\d{1,9})"', content)), default=0)
    if last > MAX_ROW:
        raise WorkbookFault(f"a sheet goes down to row {last}: at most {MAX_ROW} are read; delete the empty rows")


def _named(texts: Mapping[str, bytes], merged: set[str]) -> frozenset[str]:
    if not merged:
        return frozenset()
    links = ET.fromstring(texts["xl/_rels/workbook.xml.rels"])  # noqa: S314 - measured, and without entities
    targets = {link.get("Id"): str(link.get("Target")) for link in links}
    book = ET.fromstring(texts["xl/workbook.xml"])  # noqa: S314 - likewise
    return frozenset(
        str(sheet.get("name"))
        for sheet in book.iter(f"{_NAMES}sheet")
        if any(part.endswith(targets.get(sheet.get(f"{_LINKS}id"), "?").removeprefix("/")) for part in merged)
    )


def _read(data: bytes, wanted: frozenset[str] | None, merged: frozenset[str]) -> dict[str, Sheet]:
    # A quarter of a second that a refused file, and a node that reads no workbook, do not need.
    from openpyxl import load_workbook  # noqa: PLC0415 - half of what a start takes; for workbooks only
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - half of what a start takes; for workbooks only

    found: dict[str, Sheet] = {}
    with warnings.catch_warnings():
        # openpyxl warns of styles and extensions that it drops; only cells are read here.
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        except InvalidFileException:
            raise WorkbookFault("this is not an .xlsx file: save it as .xlsx anew") from None
        for sheet in book.worksheets:
            name = sheet.title.strip().lower()
            if wanted is None or name in wanted:
                found[name] = Sheet(sheet.title, tuple(_rows(sheet)), sheet.title in merged)
        book.close()
    return found


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(max_row=MAX_ROW, max_col=MAX_COLUMNS), 1):
        found = {at: cell for at, one in enumerate(cells) if (cell := _cell(one)) is not None}
        if found:
            yield Row(number, found)


def _cell(cell: Any) -> Cell | None:
    if cell.value is None or cell.data_type == "e":
        return None
    formula = cell.data_type == "f"
    text = "" if formula else text_of(cell.value)
    return Cell(text, formula) if text.strip() or formula else None


def text_of(value: Any) -> str:
    """What a cell shows: 3 and not 3.0, true and not True; line ends as LF.

    Raises:
        WorkbookFault: more than `MAX_TEXT` characters.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        raise WorkbookFault(f"a cell has more than {MAX_TEXT} characters")
    return text


def _read_old(data: bytes, wanted: frozenset[str] | None) -> dict[str, Sheet]:
    try:
        import xlrd  # noqa: PLC0415 - an extra: without it only the new format is read
    except ImportError:
        raise WorkbookFault("this is an old .xls file: save it as .xlsx", hint="or install the extra `xls`") from None
    try:
        book = xlrd.open_workbook(file_contents=data, on_demand=True, logfile=io.StringIO())
        sheets = [book.sheet_by_name(name) for name in book.sheet_names() if _is_wanted(name, wanted)]
        return {sheet.name.strip().lower(): Sheet(sheet.name, tuple(_old_rows(xlrd, sheet))) for sheet in sheets}
    except (xlrd.XLRDError, ValueError, LookupError, AssertionError, TypeError, AttributeError, struct.error) as error:
        # A damaged .xls breaks xlrd wherever it happens to stand.
        raise WorkbookFault(f"this .xls file cannot be read ({type(error).__name__}): save it as .xlsx") from None


def _is_wanted(name: str, wanted: frozenset[str] | None) -> bool:
    return wanted is None or name.strip().lower() in wanted


def _old_rows(xlrd: Any, sheet: Any) -> Iterator[Row]:
    if sheet.nrows > MAX_ROW or sheet.nrows * min(sheet.ncols, MAX_COLUMNS) > MAX_CELLS * 10:
        raise WorkbookFault(f"the sheet {sheet.name} has {sheet.nrows} rows: at most {MAX_ROW} are read")
    for number in range(sheet.nrows):
        found: dict[int, Cell] = {}
        for at, cell in enumerate(sheet.row(number)[:MAX_COLUMNS]):
            if cell.ctype in (xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_BOOLEAN):
                value = bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value
                if text := text_of(value).strip():
                    found[at] = Cell(text)
        if found:
            yield Row(number + 1, found)
