"""How a decided request went: whose answer a number is, what is asked after it, and what is never disturbed by it."""

import pytest

from flows.dialogue import Talk, awaits, question
from flows.dialogue.rating import DECIDED, MARKS, REASONS
from flows.dialogue.state import Spot
from flows.phrases import load
from flows.text.measure import USSD, segments
from flows.turn import Asked, Need
from tests.dialogue.flows import office
from tests.dialogue.phone import DAY, HOUR, Phone

FORM = 'BIRTH F 02/11/2026 "Kham La"'
OFFICE = office()
PHRASES = load()
LONGEST = "888888888"
"""Every reference has nine digits; none is longer."""


@pytest.fixture
def phone() -> Phone:
    """A number that speaks English, whose birth was approved yesterday, and that was asked an hour ago."""
    phone = Phone(OFFICE)
    phone.dial()
    phone.press("1")
    phone.hang_up()
    phone.send(FORM)
    decided(phone)
    return phone


def decided(phone: Phone, status: str = "approved") -> None:
    phone.now += 2 * DAY
    one = phone.requests[0]
    phone.change(one.case_id, status=status)
    phone.question = Asked(one.reference, phone.now - HOUR, language="en")
    phone.effects.clear()


# --- the SMS ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["lo", "lo-Latn", "en"])
def test_the_question_is_one_message_and_tells_the_reference_alone(language: str) -> None:
    text = question(OFFICE, OFFICE.live["birth"], language, LONGEST, locked=False)
    assert "888 888 888" in text
    assert segments(text) == 1
    assert segments(text * 4) > 1, "the control"
    title = OFFICE.live["birth"].flow.title
    assert title.say(title.languages[0]) not in text
    for status in DECIDED:
        assert PHRASES.say(language, f"word.{status}") not in text


def test_of_private_services_and_locked_cases_nothing_is_asked() -> None:
    for private in ("health", "say"):
        assert question(OFFICE, OFFICE.live[private], "en", LONGEST, locked=False) == ""
    assert question(OFFICE, OFFICE.live["birth"], "en", LONGEST, locked=True) == ""
    assert question(OFFICE, None, "en", LONGEST, locked=False) == ""
    assert question(OFFICE, OFFICE.live["birth"], "en", LONGEST, locked=False), "the control"


@pytest.mark.parametrize("language", ["lo", "lo-Latn", "en"])
def test_each_of_its_texts_is_one_message_or_one_screen(language: str) -> None:
    for key in ("why", "hint", "hint_why", "thanks"):
        assert segments(PHRASES.say(language, f"rate.{key}")) == 1, key
    reasons = [f"{key} {PHRASES.say(language, f'rate.{word}')}" for key, word in zip(MARKS, REASONS, strict=True)]
    screen = "\n".join([PHRASES.say(language, "rate.why"), *reasons])
    assert segments(screen) == 1
    assert USSD.fits(f"{screen}\n{PHRASES.say(language, 'keys.back')}")
    asked = PHRASES.say(language, "rate.ask", ref="888 888 888")
    assert USSD.fits(f"{asked}\n{PHRASES.say(language, 'keys.back')}")


@pytest.mark.parametrize(
    ("text", "mark"), [("5", 5), (" 4 ", 4), ("໕", 5), ("5.", 5), ("4 .", 4), ("(5)", 5), ("５", 5)]
)
def test_a_good_mark_in_any_digits_ends_it(phone: Phone, text: str, mark: int) -> None:
    assert phone.send(text).startswith("Thank you.")
    assert phone.rates() == [(mark, 0)]


@pytest.mark.parametrize("text", ["1", "2", "3", "໓", "3."])
def test_a_low_mark_is_asked_why(phone: Phone, text: str) -> None:
    assert phone.send(text).splitlines()[0] == "What was not good?"
    assert phone.send("2").startswith("Thank you.")
    assert phone.rates()[1:] == [(0, 2)]
    assert not awaits(phone.state, phone.now)


def test_whoever_says_nothing_of_why_has_said_enough(phone: Phone) -> None:
    phone.send("2")
    assert phone.send("HELP").startswith("Send one word")
    phone.now += DAY
    assert phone.send("5").startswith("Thank you.")
    assert phone.rates() == [(2, 0)], "the first mark counts"


def test_a_second_mark_changes_nothing(phone: Phone) -> None:
    phone.send("5")
    assert phone.send("1").startswith("Thank you.")
    assert phone.rates() == [(5, 0)]


def test_what_is_no_mark_is_explained_once_and_then_read_like_any_message(phone: Phone) -> None:
    assert phone.send("7") == "Please answer with a number from 1 (bad) to 5 (very good)."
    assert phone.notes() == []
    assert phone.send("0").startswith("Sorry")
    assert [note.kind for note in phone.notes()] == ["unmatched"]
    assert phone.send("4").startswith("Thank you.")
    phone.question = Asked(phone.requests[0].reference, phone.now, language="en")
    assert phone.send("9").startswith("Please answer"), "another question is explained anew"


def test_a_reason_that_is_none_is_explained_once(phone: Phone) -> None:
    phone.send("1")
    assert phone.send("8").startswith("Please answer with a number from 1 to 5")
    assert phone.send("8").startswith("Sorry")
    assert phone.rates() == [(1, 0)]


@pytest.mark.parametrize("text", ["482109333", "1503", "good", "5 pigs", "45 46"])
def test_what_is_not_meant_as_a_mark_asks_the_store_nothing(phone: Phone, text: str) -> None:
    phone.asked.clear()
    phone.send(text)
    assert Need("asked") not in phone.asked
    assert phone.rates() == []


# --- whose answer it is ----------------------------------------------------------------------------------------------


def test_a_services_question_is_never_robbed_of_its_answer(phone: Phone) -> None:
    """Also when the service was begun before she was asked."""
    phone.question = None
    phone.send("BIRTH")
    phone.send("1")
    assert phone.send("Noy").startswith("Girl or boy?")
    phone.question = Asked(phone.requests[0].reference, phone.now + 60, language="en")
    phone.now += 120
    assert "Date of birth" in phone.send("1") or phone.rates() == []
    assert phone.rates() == []
    phone.now += 2 * DAY
    assert phone.send("4").startswith("Thank you."), "the control: the service waits no more"
    assert phone.rates() == [(4, 0)]


def test_of_the_channels_own_questions_the_newer_one_is_answered(phone: Phone) -> None:
    assert phone.send("LANGUAGE").startswith("1 English")
    phone.send("1")
    assert phone.rates() == [], "asked after the question how it went"
    phone.send("LANGUAGE")
    phone.question = Asked(phone.requests[0].reference, phone.now + 60, language="en")
    phone.now += 120
    phone.send("4")
    assert phone.rates() == [(4, 0)], "asked before it"


def test_reserved_words_and_keywords_mean_what_they_always_mean(phone: Phone) -> None:
    assert phone.send("STATUS").endswith("approved")
    assert phone.send("STOP").startswith("Stopped")
    assert phone.send("2") == "You still get answers on your own requests. START undoes it all."
    assert phone.send("4").startswith("Thank you."), "who has said STOP may answer what she was asked before"
    assert phone.rates() == [(4, 0)]


def test_a_number_that_chose_no_language_is_answered_in_the_requests(phone: Phone) -> None:
    phone.person = b""
    phone.talk = b""
    phone.question = Asked(phone.requests[0].reference, phone.now - HOUR, language="lo")
    assert phone.send("໔").startswith("ຂອບໃຈ.")


def test_without_a_question_a_number_is_any_message(phone: Phone) -> None:
    phone.question = None
    assert phone.send("4").startswith("Sorry")


# --- by dialling -----------------------------------------------------------------------------------------------------


def opened(phone: Phone) -> str:
    phone.dial()
    phone.press("5")
    return phone.press("1")


def test_the_page_of_the_request_offers_the_same_two_questions(phone: Phone) -> None:
    assert "1 Say how it went" in opened(phone)
    assert phone.press("1").startswith("Service")
    assert phone.press("7").startswith("Please press one of the numbers shown.")
    assert phone.press("2").startswith("What was not good?")
    assert phone.press("5").startswith("Thank you.")
    assert phone.rates() == [(2, 0), (0, 5)]
    assert "Say how it went" not in opened(phone)


def test_a_screen_that_was_open_too_long_changes_nothing(phone: Phone) -> None:
    opened(phone)
    phone.press("1")
    phone.question = None
    assert "Say how it went" not in phone.press("5")
    assert phone.rates() == []


@pytest.mark.parametrize("status", ["received", "in_review", "needs_correction", "withdrawn", "transferred"])
def test_before_a_decision_nothing_is_offered_nor_asked_of_the_store(phone: Phone, status: str) -> None:
    decided(phone, status)
    phone.asked.clear()
    assert "Say how it went" not in opened(phone)
    assert Need("asked") not in phone.asked


def test_another_request_is_not_marked(phone: Phone) -> None:
    phone.question = Asked(LONGEST, phone.now, language="en")
    assert "Say how it went" not in opened(phone)


def test_a_case_with_a_key_shows_nothing_before_it_was_given(phone: Phone) -> None:
    phone.change(phone.requests[0].case_id, locked=True)
    assert "Say how it went" not in opened(phone)


def test_an_open_question_is_seen_in_the_talk() -> None:
    assert awaits(Talk(sms=Spot("flow", until=10)), 9)
    assert not awaits(Talk(sms=Spot("flow", until=10)), 10)
    assert not awaits(Talk(), 9)
    assert not awaits(None, 9)
