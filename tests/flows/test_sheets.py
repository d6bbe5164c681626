"""Tables and phrases go to a spreadsheet and come back the same; a row that does not fit is named."""

import io
import tomllib
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook

from flows import sheets
from flows.errors import TableFault
from flows.phrases import load
from flows.tables import read_csv
from flows.workbook import WorkbookFault

FEES = 'key,amount,name_lo\nlate,030000,"ຊ້າ, ""ຫຼາຍ"""\n=1+1,2,\n'
PHRASES = load()


def book(*rows: tuple[object, ...], merge: str = "") -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    if merge:
        made.active.merge_cells(merge)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_table_comes_back_from_both_forms_as_it_was() -> None:
    table = read_csv("fees", FEES)
    assert read_csv("fees", sheets.table_csv(table)) == table
    assert read_csv("fees", sheets.read_table("fees", sheets.table_xlsx(table))) == table


def test_a_cell_that_looks_like_a_formula_is_a_text_in_the_workbook() -> None:
    sheet = load_workbook(io.BytesIO(sheets.table_xlsx(read_csv("fees", FEES))))["fees"]
    assert [sheet.cell(3, 1).data_type, sheet.cell(2, 2).value] == ["s", "030000"]


def test_numbers_of_a_spreadsheet_are_read_as_they_show() -> None:
    text = sheets.read_table("fees", book(("key", "amount"), ("late", 30000), ("soon", 2.5)))
    assert text == "key,amount\nlate,30000\nsoon,2.5\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (book(("key", "amount"), ("late", "=1+1")), "row 2 holds a formula"),
        (book(("key", "amount"), ("late", 1, "more")), "row 2 has more cells"),
        (book(("key", "amount"), ("late", 1), ("late", 2)), "late stands twice"),
        (book(("key", "amount"), ("late", 1), merge="A1:B1"), "merged"),
        (book(), "needs one sheet"),
    ],
    ids=["formula", "wide", "twice", "merged", "empty"],
)
def test_what_is_no_table_is_named(data: bytes, said: str) -> None:
    with pytest.raises(TableFault, match=said):
        sheets.read_table("fees", data)


def test_what_is_no_workbook_is_refused() -> None:
    with pytest.raises(WorkbookFault):
        sheets.read_table("fees", b"key,amount\n")


def test_a_table_that_could_not_come_back_does_not_go_out() -> None:
    rows = "".join(f"{n},x\n" for n in range(20_000))
    with pytest.raises(TableFault, match="may bring back"):
        sheets.table_xlsx(read_csv("places", f"key,name\n{rows}"))


@pytest.mark.parametrize("language", sorted(PHRASES.texts))
def test_phrases_come_back_from_both_forms_as_they_were(language: str) -> None:
    text = sheets.phrases_toml(PHRASES, language)
    content = tomllib.loads(text)
    assert content.pop("name") == PHRASES.names[language]
    signed = content.pop("signed")
    assert signed == (language not in PHRASES.unsigned)
    assert {f"{group}.{key}": said for group, some in content.items() for key, said in some.items()} == dict(
        PHRASES.texts[language]
    )
    data = sheets.phrases_xlsx(PHRASES, language, ("lo", "en"))
    assert sheets.read_phrases(language, data, PHRASES, signed=signed) == text


def test_only_the_phrases_that_were_changed_change() -> None:
    data = book(("key", "lo"), ("front.help", "ຊ່ວຍ"), ("front.language", ""))
    changed = tomllib.loads(sheets.read_phrases("lo", data, PHRASES, signed=True))
    assert changed["front"]["help"] == "ຊ່ວຍ"
    assert changed["front"]["language"] == PHRASES.texts["lo"]["front.language"]
    assert changed["signed"] is True
    once = replace(PHRASES, unsigned=frozenset())
    assert tomllib.loads(sheets.read_phrases("lo", data, once, signed=False))["signed"] is False


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((("key", "lo"), ("front.nothing", "ຊ່ວຍ")), "row 2: no phrase is called front.nothing"),
        ((("key", "lo"), ("front.paused", "ປິດ")), r"row 2 front.paused: it must show title"),
        ((("key", "lo"), ("front.help", "{name}")), "row 2 front.help: it must show no value"),
        ((("key", "en"), ("front.help", "Help")), "none for lo"),
    ],
)
def test_a_phrase_that_does_not_fit_refuses_all(rows: tuple[tuple[object, ...], ...], said: str) -> None:
    with pytest.raises(TableFault, match=said):
        sheets.read_phrases("lo", book(*rows), PHRASES, signed=False)
