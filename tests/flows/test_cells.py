"""Cells of files that spreadsheets open: nothing that anybody wrote becomes a formula, a number or half a letter."""

import csv
import io

import openpyxl
import pytest
from openpyxl import load_workbook

from flows.cells import MARK, Workbook, book_of, line, tame

EVIL = '=HYPERLINK("http://x")'


def test_the_control_a_workbook_without_care_has_a_formula() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append([EVIL])
    assert book.active["A1"].data_type == "f"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "  =", "\u00a0@"])
def test_each_beginning_of_a_formula_is_tamed(begin: str) -> None:
    assert tame(f"{begin}1").startswith("'")
    assert tame("Kham La") == "Kham La"
    assert tame("ຄຳ =") == "ຄຳ ="


def test_a_line_is_text_in_utf_8_and_its_numbers_stay_numbers() -> None:
    written = MARK + line(["ຄຳ", EVIL, "+8562055512345", -3, None, "half \ud800"])
    row = next(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert row == ["ຄຳ", f"'{EVIL}", "'+8562055512345", "-3", "", "half ?"]


def test_a_workbook_keeps_texts_as_texts_and_numbers_as_numbers() -> None:
    book = Workbook()
    book.sheet("a: b/c", ["one", "two"]).add([EVIL, 7])
    book.sheet("", ["x"]).add(["tab\x00 \ud800" + "y" * 40_000])
    read = load_workbook(io.BytesIO(book.saved()))
    first, second = read.worksheets
    assert (first.title, second.title) == ("a  b c", "Sala")
    assert (first["A2"].value, first["A2"].data_type, first["A2"].quotePrefix) == (EVIL, "s", True)
    assert (first["B2"].value, first["B2"].data_type) == (7, "n")
    assert (first["A1"].font.b, first.freeze_panes) == (True, "B2")
    assert str(second["A2"].value).startswith("tab ?yyy")


def test_codes_keep_their_zeros() -> None:
    read = load_workbook(io.BytesIO(book_of("codes", ["code"], [["0012"]])))
    assert read["codes"]["A2"].value == "0012"
