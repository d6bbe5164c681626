"""From dial to END: the order of the screens, what is kept when a session breaks, and what is never shown."""

from dataclasses import replace
from hashlib import sha256

import pytest

from flows.dialogue import Node, full
from flows.dialogue.consent import SCREENS, notice_pages
from flows.phrases import load
from flows.text.measure import USSD, Budget
from tests.dialogue.flows import BIRTH, HEALTH, SAY, office, revision
from tests.dialogue.phone import DAY, HOUR, Phone

AGREE = ("1", "1")


@pytest.fixture
def phone() -> Phone:
    """A number that has chosen English."""
    phone = Phone(office())
    phone.dial()
    phone.press("1")
    return phone


def test_the_language_is_asked_once_with_names_in_latin_letters_first() -> None:
    phone = Phone(office())
    assert phone.dial() == "1 English\n2 Lao (abc)\n3 ລາວ"
    assert phone.press("nonsense") == "1 English\n2 Lao (abc)\n3 ລາວ"
    assert "ແຈ້ງເກີດ" in phone.press("໓")
    assert "ແຈ້ງເກີດ" in phone.dial()


def test_one_language_is_not_asked_for() -> None:
    assert "Register a birth" in Phone(office(languages=("en",))).dial()


def test_the_front_menu(phone: Phone) -> None:
    assert phone.dial().splitlines() == [
        "2 Emergency",
        "1 Register a birth",
        "3 Say it",
        "4 See a doctor",
        "5 My requests",
        "6 Language",
        "7 Help",
        "0 Exit",
    ]
    assert phone.press("0") == "Goodbye. Dial *999# any time."
    assert phone.ended


def test_a_long_front_menu_names_its_keys_on_the_first_page_and_has_no_option_nine() -> None:
    many = [
        BIRTH.replace("menu: 1", f"menu: {number}").replace("id: birth", f"id: birth{chr(97 + number)}")
        for number in (1, 2, 3, 5, 6, 7, 8)
    ]
    phone = Phone(office(*many, HEALTH, languages=("lo",)))
    first = phone.dial()
    assert first.startswith("10 ສຸກເສີນ\n1 ")
    assert first.endswith("9 ຕໍ່ໄປ 0 ອອກ")
    pages = [first]
    while pages[-1].splitlines()[-1].startswith("9 "):
        pages.append(phone.press("9"))
        assert "0 ອອກ" not in pages[-1]
    options = [line.split(" ")[0] for page in pages for line in page.splitlines()]
    assert options.count("9") == len(pages) - 1
    assert {"11", "12"} <= set(options)
    assert phone.press("0") == pages[-2]


def test_an_emergency_is_shown_before_any_notice_and_stores_nothing(phone: Phone) -> None:
    before = phone.person
    assert phone.press("2") == "Call 1195 now."
    assert phone.ended
    assert not phone.effects
    assert (phone.person, phone.talk) == (before, b"")


def test_a_long_emergency_text_loses_no_word() -> None:
    phone = Phone(office(HEALTH.replace("Call 1195 now.", "Go out. " * 30 + "Call 1195."), languages=("en",)))
    phone.dial()
    page = phone.press("1")
    while "9 Next" in page:
        page = phone.press("9")
    assert "Call 1195." in page


def test_a_whole_request(phone: Phone) -> None:
    assert phone.press("1").splitlines() == [
        "Used only to record this birth.",
        "Kept 30 days after sending.",
        "Correct or delete: 1503.",
        "1 Go on",
        "2 Stop",
    ]
    phone.press("1", "Kham La", "1", "02112026")
    assert phone.press("1").startswith("Received. Reference ")
    assert phone.ended
    (sent,) = phone.sent()
    assert sent.answers == {"mother_name": "Kham La", "child_sex": "f", "birth_date": "2026-11-02"}
    assert sent.consent["basis"] == "legal_task"
    assert sent.consent["shown"].startswith("sha256:")
    assert phone.texts() == ["receipt"]
    assert phone.talk == b""


def test_refusing_the_notice_keeps_nothing(phone: Phone) -> None:
    phone.press("1")
    assert phone.press("2").startswith("Stopped. Nothing was sent or kept.")
    assert (phone.ended, phone.talk, phone.who.seen) == (True, b"", {})


def test_the_whole_notice_comes_back_after_a_day_and_for_other_words(phone: Phone) -> None:
    phone.press("1", "1", "00")
    assert phone.press("1") == "Same rules as before. Sending is agreeing.\nMother's full name?\n0 Back"
    phone.now += DAY
    assert phone.dial("1").startswith("Used only to record this birth.")
    phone.press("1")
    phone.office = office(BIRTH.replace("Used only", "Only used"))
    assert phone.dial("1").startswith("Only used to record this birth.")


def test_the_one_line_has_a_screen_of_its_own_where_it_does_not_fit() -> None:
    long = BIRTH.replace("en: Mother's full name?", f"en: {'What is the whole name of the mother? ' * 3}")
    phone = Phone(office(long, languages=("en",)))
    phone.dial("1")
    phone.press("1")
    assert phone.dial("1") == "Same rules as before. Sending is agreeing.\n1 Go on\n0 Back"
    assert phone.press("1").startswith("What is the whole name")


def test_the_consent_is_of_the_words_as_shown(phone: Phone) -> None:
    pages = [phone.press("1")]
    phone.press("1", "Kham La", "1", "02112026", "1")
    shown = sha256(("en\n" + "\n".join(pages)).encode()).hexdigest()
    assert phone.sent()[0].consent == {"basis": "legal_task", "shown": f"sha256:{shown}"}


def test_a_sensitive_service_leaves_no_trace_of_having_been_opened(phone: Phone) -> None:
    phone.press("4")
    phone.press("1")
    assert phone.who.seen == {}
    assert phone.dial("4").startswith("Used only to find you a doctor.")


@pytest.mark.parametrize("text", [BIRTH, HEALTH, SAY])
@pytest.mark.parametrize("language", ["lo", "lo-Latn", "en"])
@pytest.mark.parametrize("budget", [USSD, Budget(182, 80)])
def test_a_notice_takes_two_screens_at_most(text: str, language: str, budget: Budget) -> None:
    pages = notice_pages(revision(text), language, load(), budget)
    assert len(pages) <= SCREENS
    assert all(budget.fits(page) for page in pages)


def test_digits_that_came_with_the_dial_string_wait_for_the_first_question() -> None:
    phone = Phone(office())
    assert phone.dial("1", "Kham La", "2").startswith("1 English")
    assert phone.press("1").startswith("Used only to record this birth.")
    assert phone.press("1") == "Date of birth?\n0 Back"
    assert phone.press("0").startswith("Girl or boy?")


def test_they_pass_a_text_that_only_waits_to_be_read(phone: Phone) -> None:
    phone.dial("3", "The road is broken")
    assert phone.press("1").startswith("Thank you.")
    assert phone.sent()[0].answers == {"words": "The road is broken"}


def test_a_digit_that_is_refused_stops_them(phone: Phone) -> None:
    phone.dial("1", "Kham La", "7", "02112026")
    assert "Girl or boy?" in phone.press("1")


def test_digits_of_no_service_are_pressed_on_the_front_menu(phone: Phone) -> None:
    assert phone.dial("7").startswith("Press a number, then send.")
    assert phone.dial("77").startswith("2 Emergency")
    assert phone.dial("2") == "Call 1195 now."


def test_a_broken_session_is_offered_without_its_answers(phone: Phone) -> None:
    phone.press("1", "1", "Kham La", "1")
    assert phone.last is not None
    assert phone.last.dropped == "Not finished. Dial *999#."
    offer = phone.dial()
    assert offer == "Register a birth: go on where you stopped?\n1 Continue\n2 Start again\n0 Back"
    assert phone.press("1") == "Date of birth?\n0 Back"
    phone.dial()
    assert phone.press("2").startswith("Same rules as before.")
    assert "Mother's full name?" in phone.press("9")


def test_it_is_offered_when_its_service_is_chosen_or_dialled(phone: Phone) -> None:
    phone.press("1", "1", "Kham La", "00")
    assert phone.press("1").startswith("Register a birth: go on")
    assert phone.dial("1", "Boun Mi").startswith("Register a birth: go on")
    assert "Girl or boy?" in phone.press("2")
    assert phone.dial("4").startswith("Used only to find you a doctor.")


def test_nothing_is_offered_after_its_time_or_without_an_answer(phone: Phone) -> None:
    phone.press("1", "1")
    assert phone.dial().startswith("2 Emergency")
    phone.press("1", "Kham La")
    phone.now += 25 * HOUR
    assert phone.dial().startswith("2 Emergency")


def test_a_sensitive_service_is_never_offered(phone: Phone) -> None:
    phone.press("4", "1", "a cough")
    assert phone.last is not None
    assert (phone.last.dropped, phone.last.keep_until) == ("", 0)
    assert phone.dial().startswith("2 Emergency")
    phone.press("1", "1", "Kham La", "00", "4", "1", "a cough")
    offer = phone.dial()
    assert offer.startswith("Register a birth: go on")
    assert all(not draft.sensitive for draft in phone.state.drafts)


def test_the_main_menu_keeps_what_was_begun_but_not_what_is_sensitive(phone: Phone) -> None:
    phone.press("4", "1", "a cough")
    assert phone.press("00").startswith("2 Emergency")
    assert not phone.state.drafts
    phone.press("1", "1", "Kham La", "00")
    assert [draft.service for draft in phone.state.drafts] == ["birth"]


def test_going_back_from_the_first_question_leads_to_the_front_menu(phone: Phone) -> None:
    phone.press("1", "1")
    assert phone.press("0").startswith("2 Emergency")


def test_a_paused_service_says_so_and_what_is_begun_goes_on(phone: Phone) -> None:
    phone.press("1", "1", "Kham La")
    phone.office = replace(phone.office, paused=frozenset({"birth"}))
    assert "Girl or boy?" in (phone.dial(), phone.press("1"))[1]
    phone.press("00")
    phone.press("1")
    assert phone.press("2") == "Register a birth: closed for now. Please try again later.\n0 Back"
    assert phone.press("0").startswith("2 Emergency")
    assert phone.dial().startswith("Register a birth: go on")


def test_a_paused_service_says_why_in_the_words_it_was_paused_with(phone: Phone) -> None:
    said = {"birth": {"en": "The registry moves. Open again on Monday."}}
    phone.office = replace(phone.office, paused=frozenset({"birth"}), said=said)
    assert phone.dial().startswith("2 Emergency")
    assert phone.press("1") == "The registry moves. Open again on Monday.\n0 Back"
    phone.office = replace(phone.office, said={"birth": {"lo": "ຍ້າຍ"}})
    phone.dial()
    assert phone.press("1") == "Register a birth: closed for now. Please try again later.\n0 Back"


def test_a_full_disk_refuses_new_dialogues_and_lets_running_ones_end(phone: Phone) -> None:
    phone.press("1", "1", "Kham La")
    phone.full = True
    assert phone.press("1") == "Date of birth?\n0 Back"
    assert phone.dial().startswith("Register a birth: go on")
    phone.press("1", "02112026")
    assert phone.press("1").startswith("Received.")
    assert phone.dial() == full("en")
    assert phone.ended
    stranger = Phone(phone.office, full=True)
    stranger.dial()
    assert stranger.ended


def test_tries_that_run_out_end_politely_and_keep_the_session(phone: Phone) -> None:
    phone.press("1", "1", "Kham La", "x", "y")
    phone.press("z")
    assert phone.ended
    assert phone.dial().startswith("Register a birth: go on")


def test_tries_that_run_out_in_a_sensitive_service_do_not_say_that_anything_is_kept(phone: Phone) -> None:
    assert phone.press("4", "1").startswith("What is wrong?")
    ended = phone.press("9", "9", "9")
    assert ended == "That did not fit. Nothing was sent or kept. An officer can help: 166"
    assert "go on" not in phone.dial()


def test_a_key_that_is_not_shown_is_said_so_where_there_is_room(phone: Phone) -> None:
    said = "Please press one of the numbers shown.\n"
    phone.press("1")
    notice = phone.press("7").removeprefix(said)
    assert phone.press("*") == said + notice
    assert phone.press("x" * 10_000) == said + notice
    assert "Mother's full name?" in phone.press("1")


def test_an_anonymous_submission_is_to_be_forgotten(phone: Phone) -> None:
    phone.press("3", "1", "9", "9", "The road is broken")
    assert phone.ended
    assert phone.last is not None
    assert phone.last.forget
    assert phone.sent()[0].anonymous
    assert phone.who.seen == {}
    assert not phone.who.offer_key


def test_a_running_session_stays_on_its_revision(phone: Phone) -> None:
    phone.press("1", "1", "Kham La")
    old = phone.office
    new = office(BIRTH.replace("Girl or boy?", "Boy or girl?"), HEALTH, SAY)
    phone.office = replace(new, known={**old.known, **new.known})
    assert phone.dial().startswith("Register a birth")
    assert phone.press("1").startswith("Girl or boy?")
    phone.office = new
    assert phone.dial().startswith("2 Emergency")


def test_the_language_can_be_changed_in_the_middle(phone: Phone) -> None:
    phone.press("1", "1", "Kham La", "00")
    assert phone.press("6") == "1 English\n2 Lao (abc)\n3 ລາວ\n0 Back"
    phone.press("3")
    phone.dial()
    assert phone.press("1").startswith("ເພດ?")


def test_help_names_the_keys_the_codes_and_a_person(phone: Phone) -> None:
    page = phone.press("7")
    pages = [page]
    while "9 Next" in pages[-1].splitlines()[-1]:
        pages.append(phone.press("9"))
    text = "\n".join(pages)
    assert "00 main menu" in text
    assert "*999*1# Register a birth" in text
    assert "1500" in text


def test_another_service_code_reaches_the_same_service() -> None:
    phone = Phone(office(languages=("en",), node=Node(dial="*123#")))
    assert phone.dial("1").startswith("Used only to record this birth.")


def test_a_state_of_no_version_of_ours_starts_anew(phone: Phone) -> None:
    phone.talk, phone.person = b"\xc1nonsense", b"\x01"
    assert phone.press("1").startswith("1 English")
