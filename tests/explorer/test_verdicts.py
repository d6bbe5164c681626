"""Every kind of mistake, planted on a known line, is found on that line; the same flow without it is clean."""

import pytest

from flows.explorer.measures import orphan
from tests.explorer.kit import SERVICES, explored, found, planted

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
