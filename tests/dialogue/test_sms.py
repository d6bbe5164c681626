"""A text message: reserved words, keywords, forms, the one open question, and what nobody can place."""

from datetime import timedelta

import pytest

from flows.dialogue import may_text
from flows.dialogue.reserved import COMMANDS, RESERVED, Command, is_reserved, said
from flows.turn import Note
from tests.dialogue.flows import HEALTH, TODAY, office
from tests.dialogue.phone import DAY, HOUR, Phone


@pytest.fixture
def phone() -> Phone:
    return Phone(office())


def test_a_request_by_sms_alone(phone: Phone) -> None:
    assert phone.send("birth").splitlines()[-2:] == ["1 Go on", "2 Stop"]
    assert phone.send("1").startswith("Mother's full name?")
    assert phone.send("Kham La").startswith("Girl or boy?")
    phone.send("girl")
    phone.send("2/11/26")
    assert phone.send("1") == "Received 000 000 068. Ask: *999#."
    assert phone.texts()[-1] == "receipt"
    (sent,) = phone.sent()
    assert (sent.channel, sent.language) == ("sms", "en")


def test_the_notice_is_one_message(phone: Phone) -> None:
    assert phone.send("ເກີດ").splitlines()[0] == "ໃຊ້ເພື່ອແຈ້ງເກີດເທົ່ານັ້ນ."
    assert phone.send("2").startswith("ຢຸດແລ້ວ.")
    assert phone.talk == b"" or not phone.state.drafts


@pytest.mark.parametrize(("keyword", "language"), [("BIRTH", "en"), ("ເກີດ", "lo"), ("birth,", "en"), ("SAY", "en")])
def test_the_language_of_a_new_number_is_its_keywords_script(phone: Phone, keyword: str, language: str) -> None:
    phone.send(keyword)
    assert phone.state.language == language
    assert phone.who.language == ""
    assert phone.dial().startswith("1 English")


def test_a_chosen_language_stands_above_the_script(phone: Phone) -> None:
    phone.dial()
    phone.press("3")
    assert phone.send("BIRTH").startswith("ໃຊ້ເພື່ອ")


def test_a_whole_form_is_sent_at_once_and_repeats_its_values(phone: Phone) -> None:
    answer = phone.send('BIRTH F 02/11/2026 "Kham La"')
    assert answer.splitlines() == [
        "Sex: Girl",
        "Born: 02/11/2026",
        "Mother: Kham La",
        "Received 000 000 013. Ask: *999#.",
    ]
    assert phone.sent()[0].consent == {"basis": "legal_task", "shown": ""}


def test_a_form_of_a_sensitive_service_repeats_nothing(phone: Phone) -> None:
    answer = phone.send("HEALTH a bad cough")
    assert "cough" not in answer
    assert phone.sent()[0].answers == {"need": "a bad cough"}


def test_an_incomplete_form_keeps_its_good_values_and_shows_the_notice_first(phone: Phone) -> None:
    assert phone.send("BIRTH F 31/02/2026").startswith("Used only to record this birth.")
    asked = phone.send("1")
    assert asked.startswith("Mother's full name?")
    phone.send("Kham La")
    phone.send("02112026")
    phone.send("1")
    (sent,) = phone.sent()
    assert sent.answers == {"mother_name": "Kham La", "child_sex": "f", "birth_date": "2026-11-02"}
    assert sent.consent["shown"].startswith("sha256:")


def test_an_answer_that_begins_like_a_keyword_is_an_answer(phone: Phone) -> None:
    phone.send("BIRTH")
    phone.send("1")
    assert phone.send("Say Kham La").startswith("Girl or boy?")


def test_what_ussd_began_sms_can_finish_and_the_other_way_round(phone: Phone) -> None:
    phone.dial("1", "Kham La")
    phone.press("1")
    phone.press("1")
    assert phone.send("hello").startswith("Sorry")
    assert phone.send("CONTINUE").startswith("Girl or boy?")
    assert phone.send("1").startswith("Date of birth?")
    phone.dial()
    assert phone.press("1").startswith("Date of birth?")
    assert "Sorry" not in phone.send("02112026")
    phone.press("02112026")
    phone.press("1")
    assert phone.sent()[0].channel == "ussd"


def test_a_keyword_offers_what_was_begun(phone: Phone) -> None:
    phone.dial("1", "Kham La")
    phone.press("1", "1")
    assert phone.send("BIRTH").startswith("Register a birth: go on where you stopped?")
    assert phone.send("continue").startswith("Girl or boy?")


def test_a_sensitive_question_of_ussd_never_comes_by_sms(phone: Phone) -> None:
    phone.dial("4", "a cough")
    phone.press("1")
    phone.press("1")
    assert "cough" not in phone.send("CONTINUE")
    assert phone.send("CONTINUE").startswith("There is nothing to continue.")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("language", ["en", "lo", "lo-Latn"])
def test_every_reserved_word_is_understood_in_every_language(command: Command, language: str) -> None:
    for word in RESERVED[command][language]:
        for text in (word, word.lower()):
            found = said(text)
            assert found is not None
            assert (found.command, found.language) == (command, language)
        assert is_reserved(word)


def test_stop_silences_and_asks_apart_about_ones_own_requests(phone: Phone) -> None:
    asked = phone.send("stop!")
    assert asked.splitlines()[1:] == ["1 Yes, all", "2 No"]
    assert [may_text(phone.who, kind) for kind in ("broadcast", "dropped", "status", "answer", "receipt")] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert phone.send("1").startswith("Stopped.")
    assert [may_text(phone.who, kind) for kind in ("status", "answer", "receipt")] == [False, True, True]
    assert phone.send('BIRTH F 02/11/2026 "Kham La"').endswith("Ask: *999#.")
    phone.send("ເລີ່ມ")
    assert may_text(phone.who, "broadcast")
    assert may_text(phone.who, "status")


def test_stop_means_no_dropped_text_either(phone: Phone) -> None:
    phone.dial()
    phone.press("1", "1", "1")
    phone.send("STOP")
    phone.press("Kham La")
    assert phone.last is not None
    assert phone.last.dropped == ""


def test_help_names_the_keywords_in_the_persons_script(phone: Phone) -> None:
    assert "BIRTH SAY HEALTH" in phone.send("HELP")
    assert "ເກີດ SAY ໝໍ" in phone.send("ຊ່ວຍ")


def test_what_nobody_can_place_is_answered_once_a_day_and_noted() -> None:
    phone = Phone(office(languages=("lo", "en")))
    assert phone.send("good morning").startswith("Sorry")
    assert phone.send("good morning") == ""
    assert phone.notes() == [Note("unmatched", "good morning")] * 2


def test_it_is_answered_in_the_script_it_came_in(phone: Phone) -> None:
    assert phone.send("ສະບາຍດີ").startswith("ຂໍອະໄພ")


def test_a_question_waits_for_a_day(phone: Phone) -> None:
    phone.send("HEALTH")
    phone.now += 25 * HOUR
    assert phone.send("1").startswith("Sorry")


def test_the_language_by_sms(phone: Phone) -> None:
    assert phone.send("LANGUAGE") == "1 English\n2 Lao (abc)\n3 ລາວ"
    assert phone.send("3").startswith("ສົ່ງຄຳດຽວ")
    assert phone.who.language == "lo"


def test_a_full_disk_takes_no_form(phone: Phone) -> None:
    phone.full = True
    assert phone.send('BIRTH F 02/11/2026 "Kham La"').startswith("Sorry, no new requests")
    assert phone.send("BIRTH").startswith("Sorry, no new requests")
    assert not phone.sent()


def test_a_paused_service_says_so(phone: Phone) -> None:
    phone.office = office(HEALTH, paused=frozenset({"health"}))
    assert phone.send("HEALTH") == "See a doctor: closed for now. Please try again later."
    assert phone.send("HEALTH a cough") == "See a doctor: closed for now. Please try again later."


def test_forget_deletes_the_kept_answers(phone: Phone) -> None:
    phone.send('BIRTH F 02/11/2026 "Kham La"')
    assert phone.who.waiting
    phone.send("FORGET")
    assert not phone.who.waiting
    assert b"Kham La" not in phone.person


def test_an_unanswered_yes_and_a_kept_answer_age(phone: Phone) -> None:
    phone.send('BIRTH F 02/11/2026 "Kham La"')
    phone.dial()
    phone.press("1")
    assert phone.press("5").splitlines()[1] == "2 Keep my answers for next time"
    assert phone.press("2").startswith("Keep your answers for next time (Mother)?")
    phone.press("1")
    phone.dial("1")
    assert "1 Same: Kham La" in phone.press("1")
    assert phone.press("1").startswith("Girl or boy?")
    phone.now += 365 * DAY
    phone.dial("1")
    assert "Kham La" not in phone.press("1")
    assert b"Kham La" not in phone.person


def test_continue_asks_again_without_the_refusal_of_yesterday() -> None:
    phone = Phone(office(languages=("en",)))
    phone.send("BIRTH")
    phone.send("1")
    phone.send("Kham La")
    assert not phone.send("neither").startswith("Girl or boy?")
    assert phone.send("CONTINUE").startswith("Girl or boy?")


def test_who_wants_to_be_called_is_noted_once_a_day(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert phone.send("Call me").startswith("An officer will call")
    assert phone.send("ໂທຫາ").startswith("ເຈົ້າໜ້າທີ່")
    assert phone.notes() == [Note("call_me")]
    monkeypatch.setattr("tests.dialogue.phone.TODAY", TODAY + timedelta(days=1))
    phone.send("THOHA")
    assert phone.notes() == [Note("call_me")] * 2
    phone.send("call the office please")
    assert phone.notes()[-1] == Note("unmatched", "call the office please"), "the control: no other words are"
