"""The engine: open choices, help, what was sent before, failures, what the state keeps and what a text shows."""

from datetime import date

import pytest

from flows import engine
from flows.text.measure import USSD, Budget
from flows.turn import Known, Need, Note, Submit
from tests.flows.engine_kit import CHECK, MENU, NAME, SAID, SERVICES, Phone, sample, wide, world


class TestOpenChoices:
    def test_a_buddhist_year_is_converted_and_confirmed_back(self) -> None:
        phone = Phone(sample(CHECK))
        assert phone.press("Noi", "01022543") == "01/02/2543 = 01/02/2000, is that right?\n1 Yes\n2 No\n0 Back"
        assert phone.press(2) == "Born?\n0 Back"
        assert phone.press("01022543", 0) == "Born?\n0 Back"
        assert phone.press("01022543", "02022000") == "Note? (1 = none)\n0 Back", "another date may be typed at once"
        phone.press(0, "01022543", 1, 1, 1)
        assert phone.submitted.answers["born"] == "2000-02-01"

    def test_an_ambiguous_place_is_chosen_from_a_list(self) -> None:
        flow = sample("""
fields: {village: {type: ref, level: village, label: {en: Village}, why: x}}
steps:
  - ask: village
    text: {en: "Village?"}
  - submit: sample
  - end: {en: "{village}"}
""")
        phone = Phone(flow, **wide())
        listed = phone.press("ph")
        assert listed.startswith("Which one?\n1 ")
        assert phone.press(0) == "Village?\n0 Back"
        assert phone.press("ph", 77).startswith("Not found")
        second = next(line for line in phone.press("ph").splitlines() if line.startswith("2 "))
        assert phone.press(2) == second.removeprefix("2 ")
        assert phone.submitted.place == "LA0901"

    def test_a_kept_answer_is_offered_as_one_key(self) -> None:
        body = NAME.replace("type: name,", "type: name, profile: true,")
        phone = Phone(sample(body), profile={"name": "Kham La"})
        assert phone.screen == "Your name?\n1 Same: Kham La\n0 Back"
        phone.press(1, 30)
        assert phone.submitted.answers["name"] == "Kham La"
        other = Phone(sample(body), profile={"name": "Kham La"})
        other.press("Noi", 30)
        assert other.submitted.answers["name"] == "Noi"
        assert Phone(sample(body)).screen == "Your name?\n0 Back"

    @pytest.mark.parametrize("kept", ["Kham " * 40, "", 12.5, ["x"], {"a": 1}, "9", None])
    def test_a_kept_answer_that_does_not_fit_here_is_not_offered(self, kept: object) -> None:
        body = NAME.replace("type: name,", "type: date, profile: true,")
        assert Phone(sample(body), profile={"name": kept}).screen == "Your name?\n0 Back"


class TestHelpAndNone:
    FLOW = """
fields: {code: {type: code, pattern: "[A-Z][0-9]{3}", label: {en: Code}, why: x}}
steps:
  - ask: code
    text: {en: "Code?"}
    help: {en: "It stands on the card."}
    error: {en: "For example A123."}
    tries: 3
    none: officer
  - end: {en: "Thanks {code}."}
  - id: officer
    end: {en: "An officer calls."}
"""

    def test_the_second_refusal_brings_the_help(self) -> None:
        phone = Phone(sample(self.FLOW))
        assert phone.press("zzz") == "For example A123.\nCode?\n0 Back"
        assert phone.press("zzz") == "For example A123.\nIt stands on the card.\nCode?\n0 Back"
        assert phone.press("zzz") == "An officer calls."
        assert phone.step.left == "ended"

    def test_a_question_mark_asks_for_help(self) -> None:
        phone = Phone(sample(self.FLOW))
        assert phone.press("?") == "It stands on the card.\nCode?\n0 Back"


class TestOnce:
    def test_the_same_number_is_told_its_first_reference_and_nothing_is_sent(self) -> None:
        flow = sample(NAME.replace("receipt: receipt", "receipt: receipt\n    once: [name, age]"))
        phone = Phone(flow)
        phone.press("Kham La")
        asked = engine.press(flow, phone.run, "30", phone.world)
        assert asked == Need("once", ("sample", "khamla", "30"))
        phone.sent[asked] = Known("111222333", same_number=True)
        assert phone.press(30) == "You sent this before.\nReceived. Reference 111 222 333."
        assert phone.effects == []

    def test_another_number_gets_an_ordinary_answer(self) -> None:
        flow = sample(NAME.replace("receipt: receipt", "receipt: receipt\n    once: [name, age]"))
        phone = Phone(flow)
        phone.sent[Need("once", ("sample", "khamla", "30"))] = Known("111222333", same_number=False)
        assert phone.press("Kham La", 30) == "Received. Reference 482 109 337."
        assert phone.submitted.once == ("khamla", "30")


class TestFailures:
    FLOW = """
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - ask: name
    text: {en: "Name?"}
  - when: int(table("fees", name, "amount")) > 0
    say: {en: "There is a fee."}
  - submit: sample
  - end: {en: "Done."}
"""

    def test_an_expression_that_fails_stops_at_a_safe_screen_and_is_noted(self) -> None:
        phone = Phone(sample(self.FLOW))
        before = phone.run
        assert phone.press("Noi") == phone.world.phrases.say("en", "later.try_later")
        assert phone.step.left == "parked"
        assert phone.step.screen.end
        assert phone.step.run == before
        (note,) = phone.effects
        assert isinstance(note, Note)
        assert note.kind == "failed"
        assert note.text.startswith("sample: ")
        assert "Noi" not in note.text

    def test_steps_that_run_in_a_ring_stop_too(self) -> None:
        flow = sample("""
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - id: top
    say: {en: "Round"}
    goto: top
  - end: {en: "Done."}
""")
        assert Phone(flow).step.left == "parked"

    def test_two_submissions_in_one_turn_send_nothing(self) -> None:
        flow = sample(NAME.replace("  - end:", "  - submit: second\n  - end:"))
        phone = Phone(flow)
        phone.press("Kham La", 30)
        assert phone.step.left == "parked"
        assert [type(effect) for effect in phone.effects] == [Note]


class TestPrivacy:
    def test_a_condition_on_answers_keeps_the_number_out_and_sends_no_receipt(self) -> None:
        phone = Phone(SERVICES["feedback"], "en")
        phone.press(4, 5, "0901005", 1, "Money was asked for a stamp")
        while phone.step.run is not None:
            phone.press(1)
        assert phone.submitted.anonymous
        assert phone.submitted.sensitive
        assert [type(effect) for effect in phone.effects] == [Submit]

    def test_a_service_with_a_sensitive_field_is_sensitive(self) -> None:
        assert SERVICES["health"].sensitive
        assert not SERVICES["birth"].sensitive


class TestText:
    def test_a_value_is_never_read_again_for_placeholders(self) -> None:
        flow = sample("""
fields: {words: {type: text, label: {en: Words}, why: x}}
steps:
  - ask: words
    text: {en: "Words?"}
  - say: {en: "You said {words} on {today}."}
  - end: {en: "Bye {dial}{short}{ref}."}
""")
        phone = Phone(flow)
        assert phone.press("{dial} {ref}") == "You said {dial} {ref} on 05/11/2026.\nBye *999#1999."

    def test_let_counts_for_one_text(self) -> None:
        flow = sample("""
fields: {n: {type: int, label: {en: N}, why: x}}
steps:
  - ask: n
    text: {en: "N?"}
  - let: {twice: n * 2, more: twice + 1}
    say: {en: "{n} {twice} {more}"}
  - end: {en: "Bye {twice}."}
""")
        phone = Phone(flow)
        assert phone.press(4) == "4 8 9\nBye ."

    def test_an_end_of_several_pages_closes_on_the_last(self) -> None:
        flow = sample(SAID.replace('"Done."', '"' + ("Word by word it goes on. " * 12).strip() + '"') % "Hi.")
        phone = Phone(flow)
        assert phone.press("Noi").endswith("9 Next")
        first = phone.step
        phone.press(9)
        assert [first.screen.end, phone.step.screen.end] == [False, True]
        assert len(first.effects) == len(phone.effects) == 1, "turning the page sends nothing again"


def test_a_text_read_and_a_menu_are_no_answers() -> None:
    phone = Phone(sample(MENU))
    phone.press(2, 2, 1)
    assert not phone.run.answered
    flow = sample(SAID % ("Word by word it goes on. " * 7).strip())
    reader = Phone(flow)
    reader.press(1, 1)
    assert reader.screen.startswith("Your name?")
    assert not reader.run.answered


def test_the_state_of_nine_answers_is_small() -> None:
    phone = Phone(SERVICES["birth"], "lo")
    phone.press(1, "02112026", 2, 1, 1, 1, "0901005", "ນາງ ຄຳຫຼ້າ", 24)
    assert len(engine.encode(phone.run)) <= 140


def test_a_screen_is_kept_only_while_its_phrases_are() -> None:
    flow = SERVICES["birth"]
    first = Phone(flow, "en").screen
    phrases = world().phrases
    texts = {tag: {**group, "keys.back": "0 Zurück"} for tag, group in phrases.texts.items()}
    other = Phone(flow, "en", phrases=type(phrases)(texts, phrases.names))
    assert other.screen == first.replace("0 Back", "0 Zurück")


def test_another_budget_is_another_screen() -> None:
    narrow, wide_ = Phone(SERVICES["birth"], "lo", budget=Budget(60, 30)), Phone(SERVICES["birth"], "lo", budget=USSD)
    assert narrow.screen != wide_.screen


def test_today_comes_from_the_world() -> None:
    phone = Phone(SERVICES["birth"], "en", today=date(2026, 1, 1))
    assert phone.press(1, "02112026").startswith("Not after 01/01/2026.")
