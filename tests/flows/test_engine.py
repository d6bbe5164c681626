"""The engine: answers and keys, texts that wait to be read, menus."""

import pytest

from flows import engine
from flows.session import Step
from flows.turn import Screen, Submit, Text
from tests.flows.engine_kit import MENU, NAME, SAID, SERVICES, Phone, sample, world


class TestAnswers:
    def test_a_walk_from_the_first_question_to_the_reference(self) -> None:
        phone = Phone(sample(NAME))
        assert phone.screen == "Your name?\n0 Back"
        assert phone.press("Kham La") == "Age?\n0 Back"
        assert phone.press("໓໐") == "Received. Reference 482 109 337."
        assert phone.step.left == "ended"
        assert phone.step.screen.end
        assert phone.step.run is None

    def test_a_submission_says_all_that_the_road_needs(self) -> None:
        phone = Phone(sample(NAME), consent={"basis": "legal_task", "shown": "sha256:00"}, clock="doubtful")
        phone.press("Kham La", 30)
        submit, receipt = phone.effects
        assert submit == Submit(
            service="sample",
            kind="sample",
            revision=phone.revision.digest,
            agencies=("office",),
            reference="482109337",
            submission_id=world().ids[0],
            case_id=world().ids[1],
            case_revision=1,
            language="en",
            channel="ussd",
            answers={"name": "Kham La", "age": 30},
            consent={"basis": "legal_task", "shown": "sha256:00"},
            place="LA0901",
            sensitive=False,
            anonymous=False,
            keep_days=30,
            clock="doubtful",
        )
        assert receipt == Text("receipt", "Received 482 109 337. Ask *999# or 1999. Never a PIN.", "en", "482109337")

    def test_by_sms_the_receipt_takes_the_place_of_the_end(self) -> None:
        phone = Phone(sample(NAME), channel="sms")
        phone.press("Kham La", 30)
        assert phone.step.told
        assert phone.step.screen == Screen("Received 482 109 337. Ask *999# or 1999. Never a PIN.", end=True)

    def test_a_refusal_keeps_what_was_typed_before(self) -> None:
        phone = Phone(sample(NAME))
        phone.press("Kham La")
        assert phone.press("old") == "Please type a number.\nAge?\n0 Back"
        assert phone.step.refused
        assert phone.press("9").endswith("Age?\n0 Back")
        phone.press("30")
        assert phone.submitted.answers == {"name": "Kham La", "age": 30}

    def test_an_answer_out_of_its_bounds_is_told_the_bound_and_not_how_to_write_one(self) -> None:
        flow = sample(NAME.replace('text: {en: "Age?"}', 'text: {en: "Age?"}\n    error: {en: "For example 24"}'))
        phone = Phone(flow)
        phone.press("Noi")
        assert phone.press("x").startswith("For example 24")
        assert phone.press("100").startswith("At most 99.")

    def test_after_the_last_try_it_stops_politely_and_keeps_everything(self) -> None:
        phone = Phone(sample(NAME))
        phone.press("Kham La", "x", "x")
        assert "1503" in phone.press("x")
        assert phone.step.left == "parked"
        assert phone.step.screen.end
        again = engine.show(phone.revision, phone.run, phone.world)
        assert isinstance(again, Step)
        assert again.screen == Screen("Age?\n0 Back")

    def test_an_empty_input_is_no_try(self) -> None:
        phone = Phone(sample(NAME))
        for nothing in ("", " ", "\u200b", "\n\t", ""):
            assert phone.press(nothing).endswith("Your name?\n0 Back")
        assert phone.step.left == ""

    def test_showing_twice_gives_the_same_screen_refusal_and_page_included(self) -> None:
        phone = Phone(SERVICES["birth"], "lo")
        phone.press(1, "02112026", 2, 1, 1, 1, "0901005", "ນາງ ຄຳຫຼ້າ", 24, 9)
        step = engine.show(phone.revision, phone.run, phone.world)
        assert isinstance(step, Step)
        assert step.screen == phone.step.screen


class TestKeys:
    def test_back_takes_the_last_answer_away_and_past_the_beginning_leaves(self) -> None:
        phone = Phone(sample(NAME))
        phone.press("Kham La")
        assert phone.press("0") == "Your name?\n0 Back"
        assert phone.run.log == ()
        phone.press("0")
        assert phone.step.left == "back"

    def test_main_menu_keeps_the_session(self) -> None:
        phone = Phone(sample(NAME))
        phone.press("Kham La", "00")
        assert phone.step.left == "menu"
        assert phone.run.answered

    def test_an_int_that_takes_zero_wins_over_back(self) -> None:
        flow = sample("""
fields: {dead: {type: int, label: {en: Dead}, why: x}}
steps:
  - ask: dead
    text: {en: "How many died?"}
  - submit: sample
  - end: {en: "Done {dead}"}
""")
        phone = Phone(flow)
        assert phone.screen == "How many died?\n00 Menu", "the way out is shown all the same"
        assert phone.press("0") == "Done 0"

    def test_nine_turns_a_page_and_numbers_skip_it(self) -> None:
        names = "\n".join(f"      k{n}: {{en: The choice number {n}}}" for n in range(1, 9))
        flow = sample(f"""
fields:
  one:
    type: choice
    label: {{en: One}}
    why: x
    choices:
{names}
      last: {{en: The last one}}
steps:
  - ask: one
    text: {{en: "Which?"}}
  - submit: sample
  - end: {{en: "{{one}}"}}
""")
        phone = Phone(flow)
        seen = phone.screen
        assert seen.endswith("9 Next 0 Back")
        seen += phone.press("9")
        assert "9 The" not in seen
        assert "8 The choice number 8\n10 The last one" in seen
        assert phone.press("0").startswith("Which?"), "0 turns back a page before it takes an answer back"
        assert phone.press("10") == "The last one"

    def test_an_empty_field_is_skipped_by_its_key_or_a_dash(self) -> None:
        body = NAME.replace("type: name,", "type: name, optional: true,").replace(
            '"Your name?"}', '"Your name? (1 = none)"}\n    skip: "1"'
        )
        for key in ("1", "-"):
            phone = Phone(sample(body))
            phone.press(key, 30)
            assert phone.submitted.answers == {"name": None, "age": 30}


class TestSay:
    def test_a_short_text_joins_the_question(self) -> None:
        phone = Phone(sample(SAID % "Two minutes."))
        assert phone.screen == "Two minutes.\nYour name?\n0 Back"
        assert phone.press("") == "Please type an answer.\nYour name?\n0 Back"
        assert phone.press("Noi") == "Done."

    @pytest.mark.parametrize("key", ["1", "", "x", "9", "hello"])
    def test_a_long_one_waits_for_any_key(self, key: str) -> None:
        long = "This text is so long that the question does not fit below it any more. " * 2 + "Yes."
        phone = Phone(sample(SAID % long.strip()))
        assert phone.screen.endswith("9 Next 0 Back")
        assert engine.reading(phone.revision, phone.run, phone.world)
        assert phone.press(key) == "Your name?\n0 Back"
        assert not engine.reading(phone.revision, phone.run, phone.world)
        assert phone.press("0").startswith("This text")
        assert phone.press("0")
        assert phone.step.left == "back"

    def test_a_very_long_one_turns_its_pages_first(self) -> None:
        phone = Phone(sample(SAID % ("Word by word it goes on. " * 14).strip()))
        pages = [phone.screen, phone.press(1), phone.press(1)]
        assert all(page.startswith("Word") for page in pages)
        assert phone.press(1) == "Your name?\n0 Back"

    def test_two_texts_join_each_other_but_not_a_question_without_room(self) -> None:
        body = SAID.replace("  - ask:", '  - say: {en: "Second."}\n  - ask:') % "First."
        phone = Phone(sample(body.replace("Your name?", "A long question " * 9 + "of many words?")))
        assert phone.screen == "First.\nSecond.\n9 Next 0 Back"
        assert phone.press(1).startswith("A long question")
        assert phone.press("0") == "Second.\n9 Next 0 Back"


class TestMenu:
    def test_it_branches_and_loops_and_goes_back(self) -> None:
        phone = Phone(sample(MENU))
        assert phone.screen == "What?\n1 Ask\n2 Read\n0 Back"
        assert phone.press(2) == "Read this.\nWhat?\n1 Ask\n2 Read\n0 Back"
        assert phone.press(2, 1) == "Name?\n0 Back"
        assert phone.press(0).startswith("Read this.")
        assert phone.press(0, 0) == "What?\n1 Ask\n2 Read\n0 Back"
        assert phone.press(1, "Noi") == "Bye Noi."

    def test_a_wrong_key_never_parks(self) -> None:
        phone = Phone(sample(MENU))
        for _ in range(9):
            assert phone.press(7) == "Please press one of the numbers shown.\nWhat?\n1 Ask\n2 Read\n0 Back"
