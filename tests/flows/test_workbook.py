"""Bad workbooks: a sentence within a second, and never more memory than a form needs."""

import io
import resource
import time
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from flows.workbook import MAX_BYTES, WorkbookFault, read_workbook
from tests.flows.imports.books import book

GOOD = {"survey": [["type", "name"], ["text", "a"]]}


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in content.items():
            archive.writestr(name, body)
    return out.getvalue()


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    content = parts(book(GOOD))
    return packed(content | {name: change(content.get(name, b""))})


SHEET = "xl/worksheets/sheet1.xml"


def bomb() -> bytes:
    return changed(SHEET, lambda _: b"<worksheet>" + b"A" * 300_000_000)


def rows(number: int) -> bytes:
    row = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, number + 1))
    return changed(SHEET, lambda _: b"<worksheet><sheetData>" + row + b"</sheetData></worksheet>")


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "50 MB": (lambda: b"PK" + b"\0" * 50_000_000, "larger than 5 MiB"),
    "bomb": (bomb, "unpacks to more than"),
    "many parts": (lambda: packed({f"xl/{n}.bin": b"" for n in range(600)}), "more than 500 parts"),
    "a million rows": (lambda: rows(150_000), "unpacks to more than|goes down to row|cells"),
    "many rows": (lambda: rows(40_000), "goes down to row 40000"),
    "one far row": (
        lambda: changed(SHEET, lambda x: x.replace(b'r="2"', b'r="1048576"', 1)),
        "goes down to row 1048576",
    ),
    "many cells": (lambda: book({"survey": [["x"] * 90 for _ in range(700)]}), "more than 60000 cells"),
    "macros": (lambda: changed("xl/vbaProject.bin", lambda _: b"x"), "holds macros"),
    "entities": (
        lambda: changed(SHEET, lambda x: x.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)),
        "declares entities",
    ),
    "no archive": (lambda: b"type,name\ntext,a\n", "not an .xlsx file"),
    "another archive": (lambda: packed({"a.txt": b"hello"}), "not an .xlsx file"),
    "torn": (lambda: book(GOOD)[:-300], "not an .xlsx file"),
    "spoiled XML": (lambda: changed(SHEET, lambda x: x[: len(x) // 2]), "not an .xlsx file|damaged"),
    "old and torn": (lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 4000, "cannot be read"),
    "a huge cell": (lambda: book({"survey": [["a" * 30_000]]}), "more than 20000 characters"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_a_sentence_and_at_once(name: str) -> None:
    make, words = BAD[name]
    data = make()
    began = time.process_time()
    with pytest.raises(WorkbookFault, match=words):
        read_workbook(data)
    # Seconds of processor; tests/sala/test_bad_files.py looks at whole commands and their memory.
    assert time.process_time() - began < 10


def test_a_bomb_is_never_unpacked() -> None:
    data = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WorkbookFault):
        read_workbook(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_good_file_is_read_and_pictures_do_not_count() -> None:
    data = changed("xl/media/image1.png", lambda _: b"\x89PNG" + b"x" * 9_000_000)
    assert len(data) < MAX_BYTES
    sheet = read_workbook(data)["survey"]
    assert [row.number for row in sheet.rows] == [1, 2]
    assert sheet.rows[1].cells[1].text == "a"


def test_formulas_and_merged_cells_are_told_apart_and_numbers_are_shown_plainly() -> None:
    made = Workbook()
    made.active.title = "Survey "
    made.active.append(["=1+1", 3.0, True, 2.5, None, "x"])
    made.active.merge_cells("A3:B3")
    out = io.BytesIO()
    made.save(out)
    sheet = read_workbook(out.getvalue())["survey"]
    cells = sheet.rows[0].cells
    assert sheet.merged
    assert cells[0].formula
    assert [cells[at].text for at in (1, 2, 3, 5)] == ["3", "true", "2.5", "x"]
    assert not read_workbook(book(GOOD))["survey"].merged
