"""Texts go out and come back: unchanged ones change nothing, changed ones only themselves."""

import difflib
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

import flows.library
from flows.loader import load
from flows.texts import TextsFault, apply, entries, missing, read_po, read_xlsx, write_po, write_xlsx

FILES = sorted(Path(flows.library.__file__).parent.glob("*.yaml"))
BIRTH = next(file for file in FILES if file.stem == "birth").read_text("utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_comes_back_unchanged_changes_nothing(file: Path) -> None:
    source = file.read_text("utf-8")
    flow = load(source, file.name)
    found = entries(flow)
    assert set(missing(found, flow.languages).values()) == {0}
    back = read_xlsx(write_xlsx(found, flow.languages), found, flow.languages)
    assert (back.changes, back.rows, set(back.ticks.values())) == ({}, {}, {False})
    assert apply(source, file.name, back.changes, back.rows) == source
    for tag in flow.languages[1:]:
        po = read_po(write_po(found, flow.languages[0], tag), found, flow.languages[0], tag)
        assert (po.changes, set(po.ticks.values())) == ({}, {False})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_text_can_be_changed_and_nothing_else_is(file: Path) -> None:
    source = file.read_text("utf-8")
    flow = load(source, file.name)
    changes = {(one.key, "en"): f"=New {words}" for one in entries(flow) if (words := one.words["en"])}
    made = apply(source, file.name, changes, dict.fromkeys(changes, "row 1"))
    now = {one.key: one.words for one in entries(load(made, file.name))}
    assert all(now[key]["en"] == words for (key, _), words in changes.items())
    assert made.count("#") == source.count("#")


def test_one_changed_cell_is_one_changed_line() -> None:
    flow = load(BIRTH, "birth.yaml")
    book = load_workbook(io.BytesIO(write_xlsx(entries(flow), flow.languages)))
    sheet = book["texts"]
    column = next(cell.column for cell in sheet[1] if cell.value == "en")
    row = next(cell.row for cell in sheet["A"] if cell.value == "title")
    sheet.cell(row, column).value = "Report a birth"
    out = io.BytesIO()
    book.save(out)
    back = read_xlsx(out.getvalue(), entries(flow), flow.languages)
    assert back.changes == {("title", "en"): "Report a birth"}
    made = apply(BIRTH, "birth.yaml", back.changes, back.rows)
    lines = [line for line in difflib.ndiff(BIRTH.splitlines(), made.splitlines()) if line[0] in "+-"]
    assert len(lines) == 2


@pytest.mark.parametrize("words", ["Received.", "Received {reff}.", "Received {ref", "Received {ref} {name}"])
def test_a_broken_value_is_refused_with_its_row(words: str) -> None:
    key = next(one.key for one in entries(load(BIRTH, "b")) if one.values == {"ref"})
    with pytest.raises(TextsFault, match=f"row 7 {key} en"):
        apply(BIRTH, "b", {(key, "en"): words}, {(key, "en"): "row 7"})


def test_a_missing_language_is_put_in_where_it_belongs() -> None:
    head = "sala: 1\nid: part\nlanguages: [lo, en]\n"
    source = (
        head + 'title: {lo: ລາວ}  # short\nsteps:\n  - say:\n      lo: "ສະບາຍດີ"  # hello\n  - say: {lo: ກ, en: A}\n'
    )
    assert missing(entries(load(source, "p")), ("lo", "en")) == {"lo": 0, "en": 2}
    changes = {("title", "en"): "Lao", ("steps.0.say", "en"): "Hello"}
    made = apply(source, "p", changes, dict.fromkeys(changes, "row 2"))
    assert 'title: {lo: ລາວ, en: "Lao"}  # short' in made
    assert '      lo: "ສະບາຍດີ"  # hello\n      en: "Hello"\n' in made
