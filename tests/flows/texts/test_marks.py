"""Marks of what was reviewed go out and come back, and hang on the words: whoever changes these, takes them off."""

import io
from collections.abc import Callable
from pathlib import Path

import polib
import pytest
from openpyxl import load_workbook

import flows.library
from flows.check import check
from flows.loader import load
from flows.texts import (
    Entry,
    Marks,
    TextsFault,
    apply,
    entries,
    latin,
    missing,
    read_marks,
    read_po,
    read_xlsx,
    ticked,
    unreviewed,
    write_marks,
    write_po,
    write_xlsx,
)
from tests.flows.test_check import GOOD

BIRTH = (Path(flows.library.__file__).parent / "birth.yaml").read_text("utf-8")
FLOW = load(BIRTH, "birth.yaml")
FOUND = entries(FLOW)
ALL = {(one.key, tag): True for one in FOUND for tag in FLOW.languages}
SIGNED = ticked(Marks(), FOUND, "lo", ALL, "2026-11-29 Kham La")
EVERY = sorted(Path(flows.library.__file__).parent.glob("*.yaml"))


def sheet(data: bytes, write: Callable[[dict[str, object], dict[str, int]], None]) -> bytes:
    """The workbook after a person went through its rows; `write` gets the cells by column, and the columns."""
    book = load_workbook(io.BytesIO(data))
    page = book["texts"]
    columns = {str(cell.value): number for number, cell in enumerate(page[1], 1)}
    for row in page.iter_rows(min_row=2):
        cells: dict[str, object] = {name: row[number - 1].value for name, number in columns.items()}
        write(cells, columns)
        for name, number in columns.items():
            row[number - 1].value = cells[name]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_nothing_is_reviewed_before_somebody_says_so() -> None:
    assert {tag: len(some) for tag, some in unreviewed(FOUND, FLOW.languages, Marks()).items()} == dict.fromkeys(
        FLOW.languages, len(FOUND)
    )
    assert not any(unreviewed(FOUND, FLOW.languages, SIGNED).values())


def test_marks_survive_their_file() -> None:
    assert read_marks(write_marks(SIGNED)) == SIGNED
    assert read_marks(write_marks(Marks())) == Marks()
    for bad in ("[lo", "lo = 3", "[lo]\nx = 3"):
        with pytest.raises(TextsFault):
            read_marks(bad)


def test_a_changed_text_loses_its_mark_and_no_other_does() -> None:
    made = BIRTH.replace('en: "Boy or girl?"', 'en: "A boy or a girl?"')
    open_ = unreviewed(entries(load(made, "b")), FLOW.languages, SIGNED)
    assert {tag: [one.key for one in some] for tag, some in open_.items()} == {
        "lo": [],
        "lo-Latn": [],
        "en": ["steps.2.text"],
    }


def test_a_changed_original_takes_the_marks_of_its_translations() -> None:
    made = BIRTH.replace('lo: "ເພດລູກ?"', 'lo: "ລູກເພດໃດ?"')
    open_ = unreviewed(entries(load(made, "b")), FLOW.languages, SIGNED)
    assert {tag: len(some) for tag, some in open_.items()} == {"lo": 1, "lo-Latn": 1, "en": 1}


def test_a_step_put_before_takes_no_marks() -> None:
    made = BIRTH.replace("steps:\n", 'steps:\n  - say: {lo: "ກ", lo-Latn: "K", en: "A"}\n')
    open_ = unreviewed(entries(load(made, "b")), FLOW.languages, SIGNED)
    assert {tag: [one.key for one in some] for tag, some in open_.items()} == {
        tag: ["steps.0.say"] for tag in FLOW.languages
    }


def test_marks_go_through_a_workbook_both_ways() -> None:
    data = write_xlsx(FOUND, FLOW.languages, marks=SIGNED)
    back = read_xlsx(data, FOUND, FLOW.languages)
    assert back.changes == {}
    assert set(back.ticks.values()) == {True}

    def one_off_and_one_anew(cells: dict[str, object], _: dict[str, int]) -> None:
        if cells["key"] == "title":
            cells["en reviewed"] = "no"
        if cells["key"] == "steps.2.text":
            cells["en"], cells["en reviewed"] = "A boy or a girl?", "x"

    back = read_xlsx(sheet(data, one_off_and_one_anew), FOUND, FLOW.languages)
    now = entries(load(apply(BIRTH, "b", back.changes, back.rows), "b"))
    marks = ticked(SIGNED, now, "lo", back.ticks, "2026-11-30 Bounmy")
    assert [one.key for one in unreviewed(now, ("lo", "en"), marks)["en"]] == ["title"]
    whos = list(marks.by["en"].values())
    assert (whos.count("2026-11-30 Bounmy"), whos.count("2026-11-29 Kham La")) == (1, len(set(whos_of("en"))) - 2)


def whos_of(tag: str) -> list[str]:
    return list(SIGNED.by[tag])


def test_a_sheet_without_marks_changes_none() -> None:
    book = load_workbook(io.BytesIO(write_xlsx(FOUND, FLOW.languages, marks=SIGNED)))
    page = book["texts"]
    for number in [cell.column for cell in page[1] if str(cell.value).endswith("reviewed")][::-1]:
        page.delete_cols(number)
    out = io.BytesIO()
    book.save(out)
    back = read_xlsx(out.getvalue(), FOUND, FLOW.languages)
    assert back.ticks == {}
    assert ticked(SIGNED, FOUND, "lo", back.ticks, "x") == SIGNED


def test_in_po_what_is_not_reviewed_is_fuzzy_and_both_ways() -> None:
    text = write_po(FOUND, "lo", "en", SIGNED)
    assert not any(entry.fuzzy for entry in polib.pofile(text))
    assert set(read_po(text, FOUND, "lo", "en").ticks.values()) == {True}
    drafts = write_po(FOUND, "lo", "en")
    po = polib.pofile(drafts)
    assert all(entry.fuzzy for entry in po)
    entry = next(one for one in po if one.msgctxt == "title")
    entry.flags.remove("fuzzy")
    entry.msgstr = "Report a birth"
    back = read_po(str(po), FOUND, "lo", "en")
    assert back.changes == {("title", "en"): "Report a birth"}
    assert [place for place, tick in back.ticks.items() if tick] == [("title", "en")]


def test_an_accepted_draft_in_latin_letters_is_read_back_and_no_other() -> None:
    found = tuple(Entry(one.key, one.step, {"lo": one.words["lo"], "en": one.words["en"]}) for one in FOUND)
    data = write_xlsx(found, ("lo", "lo-Latn", "en"), latin())

    def accept_the_title(cells: dict[str, object], _: dict[str, int]) -> None:
        assert cells["suggestion"]
        if cells["key"] == "title":
            cells["lo-Latn reviewed"] = "yes"
        if cells["key"] == "steps.2.text":
            cells["lo-Latn"] = "Phet luk?"

    back = read_xlsx(sheet(data, accept_the_title), found, ("lo", "lo-Latn", "en"))
    assert back.changes == {
        ("title", "lo-Latn"): latin()("ແຈ້ງເກີດ"),
        ("steps.2.text", "lo-Latn"): "Phet luk?",
    }
    assert back.ticks["title", "lo-Latn"]


@pytest.mark.parametrize("file", EVERY, ids=lambda file: file.stem)
def test_a_wholly_new_language_is_taken_in(file: Path) -> None:
    source = file.read_text("utf-8")
    flow = load(source, file.name)
    found = entries(flow)
    changes = {(one.key, "mww"): f"Hmoob {one.words['en']}" for one in found}
    made = apply(source, file.name, changes, dict.fromkeys(changes, "row 2"), "mww")
    now = load(made, file.name)
    assert now.languages == (*flow.languages, "mww")
    assert missing(entries(now), now.languages) == dict.fromkeys(now.languages, 0)
    assert made.count("#") == source.count("#") + sum(words.count("#") for words in changes.values())


def test_a_new_language_is_taken_whole_or_not_at_all() -> None:
    changes = {("title", "mww"): "Sau npe"}
    with pytest.raises(TextsFault, match=r"mww: .* texts are missing, so nothing is taken"):
        apply(BIRTH, "b", changes, dict.fromkeys(changes, "row 2"), "mww")


def test_a_new_language_in_every_manner_of_writing() -> None:
    source = (
        "sala: 1\nid: part\ntitle: {lo: ກ, en: A}\nlanguages:\n  - lo\n  - en\nsteps:\n"
        "  - say:\n      lo: |\n        ຍາວ\n      en: >\n        Long\n        text\n"
        "  # a comment\n"
        "  - say: {lo: {ussd: ກ, sms: ຂ}, en: {ussd: A, sms: B}}\n"
        "  - say:\n      lo: {ussd: ກ, sms: ຂ}\n      en:\n        ussd: A\n        sms: B\n"
    )
    found = entries(load(source, "p"))
    changes = {(one.key, "kjg"): f"x {one.key}" for one in found}
    made = apply(source, "p", changes, dict.fromkeys(changes, "row 2"), "kjg")
    now = load(made, "p")
    assert now.languages == ("lo", "en", "kjg")
    assert {(one.key, one.words["kjg"]) for one in entries(now)} == {(one.key, f"x {one.key}") for one in found}
    assert "# a comment" in made


def test_a_flow_with_a_new_language_passes_the_check() -> None:
    flow = load(GOOD, "water.yaml")
    changes = {(one.key, "lo-Latn"): one.words["en"] for one in entries(flow)}
    made = load(apply(GOOD, "water.yaml", changes, dict.fromkeys(changes, "r"), "lo-Latn"), "water.yaml")
    assert [one for one in check(made, prove=False) if one.severity == "error"] == []
