"""Every kind of mistake, planted on a known line, is found on that line; the same flow without it is clean."""

import dataclasses
import re

import pytest

from flows.captions import captions
from flows.explorer import Report, explore
from flows.explorer.measures import orphan
from flows.explorer.telling import Verdict
from flows.tables import Tables, read_csv
from tests.explorer.kit import SERVICES, explored, found, planted, settings

AGE = """
fields:
  age: {type: int, min: 0, max: 120, label: {lo: ອາຍຸ, en: Age}, why: test}
  sure: {type: yesno, label: {lo: ແນ່, en: Sure}, why: test}
steps:
"""
ASK = '  - {ask: age, text: {lo: "ອາຍຸ?", en: "Age?"}}\n'
SURE = '  - {ask: sure, text: {lo: "ແນ່ບໍ?", en: "Sure?"}}\n'
SEND = "  - confirm: [age]\n  - {submit: sample, receipt: receipt}\n"
END = '  - end: {lo: "ແລ້ວ {ref}", en: "Done {ref}"}\n'

CASES = {
    "condition-never": AGE + ASK + "  - {when: age > 120, say: {lo: ກ, en: Old}}   # HERE\n" + SEND + END,
    "condition-always": AGE + ASK + "  - {when: age >= 0, say: {lo: ກ, en: Any}}   # HERE\n" + SEND + END,
    "unchecked": AGE + ASK + "  - submit: sample   # HERE\n" + END,
    "loop": AGE + '  - {id: a, ask: age, text: {lo: "ອາຍຸ?", en: "Age?"}}   # HERE\n'
    + '  - {ask: sure, text: {lo: "ແນ່ບໍ?", en: "Sure?"}, goto: a}\n' + END,
    "unused": AGE
    + ASK
    + '  - {ask: sure, text: {lo: "ແນ່ບໍ?", en: "Sure?"}}   # HERE\n'
    + '  - end: {lo: "ອາຍຸ {age}", en: "Age {age}"}\n',
    "unreached": AGE + ASK + '  - {when: age > 200, ask: sure, text: {lo: "ແນ່?", en: "Sure?"}}\n'
    + "  - {end: {lo: ແລ້ວ, en: Done}}\n  - {id: z, end: {lo: ຈົບ, en: Never}}   # HERE\n",
    "exposed": AGE + ASK + SEND + '  - end: {lo: "ແລ້ວ", en: "Your HIV test is booked {ref}"}   # HERE\n',
}  # fmt: skip
"""Code -> a flow with that mistake."""


@pytest.mark.parametrize("code", CASES)
def test_a_planted_mistake_is_found_on_its_line(code: str) -> None:
    revision, line = planted(CASES[code])
    assert {one.line for one in found(revision, code)} == {line}


@pytest.mark.parametrize("code", CASES)
def test_a_finding_is_said_in_the_language_of_its_reader(code: str) -> None:
    for one in found(planted(CASES[code])[0], code):
        assert isinstance(one, Verdict)
        assert one.sentence == one.told.in_words(captions("en"))
        assert re.search(r"[\u0e80-\u0eff]", one.told.in_words(captions("lo")))
        assert all(value in one.told.in_words(captions("lo")) for _, value in one.told.values)


def test_a_flow_without_mistakes_has_none() -> None:
    revision, _ = planted(AGE + ASK + SURE.replace("{ask", "{when: age > 17, ask") + SEND + END)
    assert explored(revision).findings == ()
    assert explored(revision).whole


def test_steps_that_run_out_on_one_way() -> None:
    revision, line = planted(AGE + ASK + SEND + "  - {when: age > 17, end: {lo: ແລ້ວ, en: Done}}   # HERE\n")
    assert [one.line for one in found(revision, "dead-end")] == [line]


def test_a_question_that_nothing_answers() -> None:
    body = """
fields:
  shop: {type: ref, table: shops, label: {lo: ຮ້ານ, en: Shop}, why: test}
steps:
  - {ask: shop, text: {lo: "ຮ້ານ?", en: "Shop?"}}
  - end: {lo: ແລ້ວ, en: Done}
"""
    revision, _ = planted(body)
    report = explored(revision)
    assert report.unanswered == ("1:ask:shop",)
    assert "dead-end" not in {one.code for one in report.findings}, "what could not be walked is not said to be dead"


PLACES = """pcode,parent,level,name_lo,name_en,name_latin,aliases,sort
LA01,,province,ກ,One,One,,1
LA0101,LA01,district,ຂ,Near,Near,,1
LA0102,LA01,district,ຄ,Empty,Empty,,2
0101001,LA0101,village,ງ,Nong,Nong,,1
"""
PLACED = """
fields:
  town: {type: ref, table: places, level: district, label: {lo: ກ, en: Town}, why: test}
  village: {type: ref, table: places, level: village, within: town, label: {lo: ກ, en: Village}, why: test}
steps:
  - {ask: town, text: {lo: "ເມືອງ?", en: "Which town?"}}
  - {ask: village, text: {lo: "ບ້ານ?", en: "Which village?"}}   # HERE
  - confirm: [town, village]
  - {submit: sample, receipt: receipt}
"""


def placed(rows: str) -> Report:
    revision, _ = planted(PLACED + END)
    tables = Tables({"places": read_csv("places", rows)})
    return explore(revision, dataclasses.replace(settings(), tables=tables, district=""))


def test_a_dead_end_where_no_input_fits() -> None:
    """Who lives in a district without villages is asked for hers, and nothing that she types is right."""
    _, line = planted(PLACED + END)
    dead = [one for one in placed(PLACES).findings if one.code == "dead-end"]
    assert [(one.line, one.severity) for one in dead] == [(line, "error")]
    assert "after LA0102" in dead[0].sentence
    healed = placed(PLACES + "0102001,LA0102,village,ຈ,Don,Don,,2\n")
    assert healed.findings == ()


def test_a_dead_end_for_everybody() -> None:
    no_villages = "".join(line for line in PLACES.splitlines(keepends=True) if "village" not in line)
    assert [one.code for one in placed(no_villages).findings] == ["dead-end"]


def test_an_expression_without_a_value() -> None:
    """A row that the table does not have: the citizen would read "try later"."""
    fee = '  - {when: age > 17, let: {fee: \'table("fees", "%s", "amount")\'}, '
    fee += 'say: {lo: "{fee}", en: "{fee}"}}   # HERE\n'
    revision, line = planted(AGE + ASK + fee % "nothing" + SEND + END)
    failed = found(revision, "failed")
    assert [(one.line, one.severity) for one in failed] == [(line, "error")]
    assert "the table fees has no amount for this row" in failed[0].sentence
    assert "'" in failed[0].sentence, "it says what was typed"
    revision, _ = planted(AGE + ASK + fee % "late_birth" + SEND + END)
    assert found(revision, "failed") == []


def test_an_answer_used_before_it_is_asked() -> None:
    late = AGE + SURE.replace("{ask", "{when: age > 17, ask").replace("}}\n", "}}   # HERE\n") + ASK + SEND + END
    revision, line = planted(late)
    assert [one.line for one in found(revision, "before-asked")] == [line]
    shown = AGE + '  - say: {lo: "ອາຍຸ {age}", en: "Age {age}"}   # HERE\n' + ASK + SEND + END
    revision, line = planted(shown)
    assert {one.line for one in found(revision, "before-asked")} == {line}


def test_a_text_that_only_one_way_can_fill() -> None:
    """Two ways that meet again are one state only where nothing ahead tells them apart."""
    body = AGE + SURE + '  - {when: sure, ask: age, text: {lo: "ອາຍຸ?", en: "Age?"}}\n'
    body += '  - end: {lo: "ອາຍຸ {age}", en: "Age {age}"}   # HERE\n'
    revision, line = planted(body)
    assert {one.line for one in found(revision, "before-asked")} == {line}


def test_no_notice() -> None:
    revision, _ = planted(AGE + ASK + SEND + END)
    without = revision.flow.model_copy(update={"notice": None})
    bare = type(revision)(without, {}, "sha256:" + "0" * 64, "")
    assert [one.severity for one in found(bare, "no-notice")] == ["error"]


def test_a_torn_syllable_is_named_with_its_language() -> None:
    text = '  - {ask: age, text: {lo: "ອາ ຍ ຸ?", en: "Age?"}}   # HERE\n'
    revision, line = planted(AGE + text + SEND + END)
    assert [(one.line, one.language) for one in found(revision, "torn")] == [(line, "lo")]


@pytest.mark.parametrize(
    ("text", "at"),
    [("ຊື່ແມ່", -1), ("ອື່ນ ໆ", -1), ("ເ\nກີດ", 0), ("ບ້ານ\n່", 5), ("ແຈ້ງ ເ", 5), ("12 ນາທີ", -1), ("", -1)],
)
def test_orphans(text: str, at: int) -> None:
    assert orphan(text) == at


def test_a_parts_useless_question_is_named_in_the_part() -> None:
    part = """
id: extra
fields:
  note: {type: text, label: {lo: ກ, en: Note}, why: test}
  shade: {type: text, label: {lo: ກ, en: Shade}, why: test}
steps:
  - {ask: note, text: {lo: "ກ?", en: "Note?"}}
  - {ask: shade, text: {lo: "ກ?", en: "Shade?"}}
"""
    body = AGE.replace("steps:", "  note: {type: text, label: {lo: ກ, en: Note}, why: test}\nsteps:")
    revision, _ = planted(body + ASK + "  - {run: extra, out: {note: note}}\n" + SEND + END, part)
    assert [(one.file, one.step) for one in found(revision, "unused")] == [("part.yaml", "2:ask:shade")]


def test_a_bound_is_told_and_nothing_is_said_of_never() -> None:
    revision, _ = planted(CASES["condition-never"])
    report = explored(revision, most=2)
    assert not report.whole
    assert sum(branch.left for branch in report.branches) > 0
    assert "condition-never" not in {one.code for one in report.findings}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_starter_services_have_no_error(service: str) -> None:
    report = explored(SERVICES[service], languages=("lo", "en"))
    assert [one for one in report.findings if one.severity == "error"] == []
    assert report.whole
    assert report.unanswered == ()
    assert all(branch.likeliest.ended and branch.longest.ended for branch in report.branches)
    assert all(page.left >= 0 for branch in report.branches for page in branch.pages)
