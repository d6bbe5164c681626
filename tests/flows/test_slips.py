"""Slips that the check warns of, and what looks like one and is none."""

import pytest

from flows.check import check
from tests.flows.test_check import FLOWS, TABLES, Edits, made

ASK_PEOPLE = '  - ask: people\n    text: {lo: "ຈັກຄົນໃຊ້?", en: "How many people use it?"}\n    none: helper\n'
CONFIRM = "  - confirm: [kind, day, people, village]\n"
SHORT = "  - confirm: [kind, day, village]\n"
EXTRA = "    max: 9999\n    label: {lo: ຄົນ, en: People}\n"


def codes(*edits: tuple[str, str]) -> list[str]:
    chosen: Edits = edits
    return [one.code for one in check(made(*chosen)[0], FLOWS, TABLES, prove=False)]


def test_a_good_flow_has_none() -> None:
    assert codes() == []


def test_an_answer_that_is_sent_unseen_is_told() -> None:
    assert codes((CONFIRM, SHORT)) == ["unconfirmed"]


def test_a_check_page_before_the_question_does_not_show_its_answer() -> None:
    moved = ((ASK_PEOPLE, ""), ("  - submit: water\n", ASK_PEOPLE + "  - submit: water\n"))
    condition = ("  - when: many\n", '  - when: kind == "pump"\n')
    said = (" {people} ຄົນ".strip(), "ຄົນ"), ('"{people} people', '"people')
    assert "unconfirmed" in codes(*moved, condition, *said)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param((EXTRA, EXTRA + "    sensitivity: sensitive\n"), id="a check page by SMS stays on the phone"),
        pytest.param(
            ("  - confirm:", '  - when: many\n    end: {lo: "ໂທ.", en: "Call us."}\n  - confirm:'),
            id="whoever came here has answered 100 or less",
        ),
        pytest.param(
            ("  - confirm:", "  - when: many\n    confirm: [people]\n  - confirm:"),
            id="a check page before this one shows it",
        ),
    ],
)
def test_what_need_not_be_shown_is_not_told(edit: tuple[str, str]) -> None:
    assert "unconfirmed" not in codes(edit, (CONFIRM, SHORT))


def test_an_end_after_the_sending_excuses_nothing() -> None:
    late = ('  - end: {lo: "ໄດ້ຮັບແລ້ວ', '  - when: many\n    end: {lo: "ດ່ວນ.", en: "Urgent."}\n  - end: {lo: "ໄດ້ຮັບແລ້ວ')
    assert "unconfirmed" in codes(late, (CONFIRM, SHORT))


def test_an_answer_that_was_given_up_is_not_sent() -> None:
    """To `helper` come those whom no answer fitted; she sees a check page without it."""
    helped = ("  - id: helper\n    submit", "  - id: helper\n    confirm: [kind, day]\n  - submit")
    assert codes(helped) == []


def test_a_text_before_the_check_page_is_in_time() -> None:
    assert codes((CONFIRM, '  - say: {lo: "ດ່ວນ.", en: "It is urgent."}\n' + CONFIRM)) == []


def test_one_word_may_be_long_in_another_language() -> None:
    assert codes(("en: Well}", "en: A well with a pump}")) == []
