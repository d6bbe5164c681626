from datetime import date

import pytest

from flows import engine
from flows.session import Step
from flows.text.measure import USSD, Budget
from flows.turn import Known, Need, Note, Screen, Submit, Text
from tests.flows.engine_kit import SERVICES, Phone, part, sample, wide, world

NAME = """
fields:
  name: {type: name, label: {en: Name}, why: x}
  age: {type: int, min: 10, max: 99, label: {en: Age}, why: x}
steps:
  - ask: name
    text: {en: "Your name?"}
  - ask: age
    text: {en: "Age?"}
  - submit: sample
    receipt: receipt
  - end: {en: "Received. Reference {ref}."}
messages:
  receipt: {en: "Received {ref}. Ask {dial} or {short}. Never a PIN."}
"""


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
    FLOW = """
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - say: {en: "%s"}
  - ask: name
    text: {en: "Your name?"}
  - submit: sample
  - end: {en: "Done."}
"""

    def test_a_short_text_joins_the_question(self) -> None:
        phone = Phone(sample(self.FLOW % "Two minutes."))
        assert phone.screen == "Two minutes.\nYour name?\n0 Back"
        assert phone.press("") == "Please type an answer.\nYour name?\n0 Back"
        assert phone.press("Noi") == "Done."

    @pytest.mark.parametrize("key", ["1", "", "x", "9", "hello"])
    def test_a_long_one_waits_for_any_key(self, key: str) -> None:
        long = "This text is so long that the question does not fit below it any more. " * 2 + "Yes."
        phone = Phone(sample(self.FLOW % long.strip()))
        assert phone.screen.endswith("9 Next 0 Back")
        assert engine.reading(phone.revision, phone.run, phone.world)
        assert phone.press(key) == "Your name?\n0 Back"
        assert not engine.reading(phone.revision, phone.run, phone.world)
        assert phone.press("0").startswith("This text")
        assert phone.press("0")
        assert phone.step.left == "back"

    def test_a_very_long_one_turns_its_pages_first(self) -> None:
        phone = Phone(sample(self.FLOW % ("Word by word it goes on. " * 14).strip()))
        pages = [phone.screen, phone.press(1), phone.press(1)]
        assert all(page.startswith("Word") for page in pages)
        assert phone.press(1) == "Your name?\n0 Back"

    def test_two_texts_join_each_other_but_not_a_question_without_room(self) -> None:
        body = self.FLOW.replace("  - ask:", '  - say: {en: "Second."}\n  - ask:') % "First."
        phone = Phone(sample(body.replace("Your name?", "A long question " * 9 + "of many words?")))
        assert phone.screen == "First.\nSecond.\n9 Next 0 Back"
        assert phone.press(1).startswith("A long question")
        assert phone.press("0") == "Second.\n9 Next 0 Back"


MENU = """
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - id: start
    menu: {en: "What?"}
    options: {1: {label: {en: Ask}, goto: ask}, 2: {label: {en: Read}, goto: read}}
  - id: read
    say: {en: "Read this."}
    goto: start
  - id: ask
    ask: name
    text: {en: "Name?"}
  - submit: sample
  - end: {en: "Bye {name}."}
"""


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


CHECK = """
fields:
  name: {type: name, label: {en: Name}, why: x}
  born: {type: date, max: today, label: {en: Born}, why: x}
  child: {type: name, label: {en: Guardian}, why: x}
  note: {type: text, optional: true, label: {en: Note}, why: x}
computed:
  minor: years_since(born) < 18
steps:
  - ask: name
    text: {en: "Name?"}
  - ask: born
    text: {en: "Born?"}
  - when: minor
    say: {en: "A minor needs a guardian."}
  - when: minor
    ask: child
    text: {en: "Guardian?"}
  - ask: note
    text: {en: "Note? (1 = none)"}
    skip: "1"
  - confirm: [name, born, minor, child, note]
  - submit: sample
  - end: {en: "Received {ref}."}
"""


class TestConfirm:
    def test_it_lists_what_was_asked_and_sends(self) -> None:
        phone = Phone(sample(CHECK))
        shown = phone.press("Noi", "01022000", 1)
        assert shown == "Name: Noi\nBorn: 01/02/2000\nminor: No\nNote: -\n1 Send\n2 Change\n0 Back"
        assert phone.press(1) == "Received 482 109 337."
        assert phone.submitted.answers == {"name": "Noi", "born": "2000-02-01", "note": None, "minor": False}

    def test_consent_is_given_by_sending(self) -> None:
        phone = Phone(sample(CHECK), consent={"basis": "consent", "shown": "sha256:00"})
        assert "1 Agree and send" in phone.press("Noi", "01022000", 1)

    def test_change_asks_one_question_again_and_returns(self) -> None:
        phone = Phone(sample(CHECK))
        phone.press("Noi", "01022000", 1)
        assert phone.press(2) == "Change which answer?\n1 Name\n2 Born\n3 Note\n0 Back"
        assert phone.press(1) == "Name?\n0 Back"
        assert phone.press("Kham La").startswith("Name: Kham La\nBorn: 01/02/2000")

    def test_a_change_brings_up_what_newly_becomes_due_and_nothing_else(self) -> None:
        phone = Phone(sample(CHECK))
        phone.press("Noi", "01022000", 1)
        assert phone.press(2, 2, "01022020") == "A minor needs a guardian.\nGuardian?\n0 Back"
        assert phone.press("Kham La").startswith("Name: Noi\nBorn: 01/02/2020\nminor: Yes\nGuardian: Kham La\nNote: -")
        phone.press(2, 2, "01022000", 1)
        assert "child" not in phone.submitted.answers, "an answer that is no longer due is not sent"

    def test_a_text_that_a_change_makes_due_is_shown_though_all_answers_stand(self) -> None:
        flow = sample("""
fields:
  born: {type: date, max: today, label: {en: Born}, why: x}
  name: {type: name, label: {en: Name}, why: x}
computed: {late: days_since(born) > 30}
steps:
  - ask: born
    text: {en: "Born?"}
  - when: late
    say: {en: "Late: there is a fee."}
  - ask: name
    text: {en: "Name?"}
  - confirm: [born, name]
  - submit: sample
  - end: {en: "Received."}
""")
        phone = Phone(flow)
        phone.press("today", "Noi")
        assert phone.press(2, 1, "01022020") == "Late: there is a fee.\n9 Next 0 Back"
        assert phone.press(1).startswith("Born: 01/02/2020\nName: Noi")
        assert phone.press(1) == "Received."

    def test_zero_leaves_a_change_and_then_the_check_page(self) -> None:
        phone = Phone(sample(CHECK))
        check = phone.press("Noi", "01022000", 1)
        assert phone.press(2, 0) == check
        assert phone.press(2, 1, 0) == check
        assert phone.press(2, 1, "x1", 0) == check
        assert phone.press(0) == "Note? (1 = none)\n0 Back"

    def test_three_refusals_leave_the_old_answer(self) -> None:
        phone = Phone(sample(CHECK))
        check = phone.press("Noi", "01022000", 1)
        assert phone.press(2, 2, "x", "x", "x") == check

    def test_its_keys_act_on_every_page(self) -> None:
        answers = (
            "Somphone Phommachanh of Xieng Khouang",
            "01022000",
            "The gate is at the back of the house, ring twice",
        )
        first = Phone(sample(CHECK), budget=Budget(90, 40))
        page = first.press(*answers)
        assert page.endswith("9 Next 0 Back")
        last = first.press(9)
        assert last.endswith("1 Send\n2 Change\n0 Back")
        assert first.press(0).startswith("Note?"), "0 goes back a step, not a page"
        second = Phone(sample(CHECK), budget=Budget(90, 40))
        second.press(*answers)
        assert second.press(1).startswith("Received")
        third = Phone(sample(CHECK), budget=Budget(90, 40))
        third.press(*answers, 9)
        assert third.press(2).startswith("Change which")

    def test_a_place_within_a_changed_place_is_asked_again(self) -> None:
        flow = sample("""
fields:
  district: {type: ref, level: district, label: {en: District}, why: x}
  village: {type: ref, level: village, within: district, label: {en: Village}, why: x}
  name: {type: name, label: {en: Name}, why: x}
steps:
  - ask: district
    text: {en: "District?"}
  - ask: village
    text: {en: "Village?"}
  - ask: name
    text: {en: "Name?"}
  - confirm: [district, village, name]
  - submit: sample
  - end: {en: "Received."}
""")
        districts = [place.code for place in world().tables.places.every("district")]
        phone = Phone(flow, **wide())
        phone.press("LA0901", "0901005", "Noi")
        assert phone.press(2, 1, "LA0901").startswith("District:"), "the same answer changes nothing"
        assert len(districts) > 1
        assert phone.press(2, 1, districts[-1]) == "Village?\n0 Back"


class TestParts:
    PERSON = """
id: person
fields:
  who: {type: name, label: {en: Who}, why: x}
  age: {type: int, max: 120, label: {en: Age}, why: x}
  least: {type: int, label: {en: Least}, why: x}
computed: {grown: age >= least}
steps:
  - ask: who
    text: {en: "Who?"}
  - ask: age
    text: {en: "Age of {who}?"}
"""
    FLOW = """
fields:
  mother: {type: name, label: {en: Mother}, why: x}
  age: {type: int, label: {en: Age}, why: x}
  grown: {type: yesno, label: {en: Grown up}, why: x}
  aunt: {type: name, label: {en: Aunt}, why: x}
steps:
  - run: person
    in: {least: "18"}
    out: {mother: who, age: age, grown: grown}
  - when: not grown
    run: person
    in: {least: age}
    out: {aunt: who}
  - confirm: [mother, age, grown, aunt]
  - submit: sample
  - end: {en: "Received."}
"""

    def test_it_is_run_with_values_in_and_out_and_private_names(self) -> None:
        phone = Phone(sample(self.FLOW, self.PERSON))
        assert phone.press("Noi") == "Age of Noi?\n00 Menu"
        assert phone.press(16) == "Who?\n0 Back"
        assert phone.press("Kham", 40).startswith("Mother: Noi\nAge: 16\nGrown up: No\nAunt: Kham")
        phone.press(1)
        assert phone.submitted.answers == {"mother": "Noi", "age": 16, "grown": False, "aunt": "Kham"}

    def test_a_change_goes_into_the_part(self) -> None:
        phone = Phone(sample(self.FLOW, self.PERSON))
        phone.press("Noi", 30)
        assert phone.press(2, 2) == "Age of Noi?\n00 Menu"
        assert phone.press(16) == "Who?\n0 Back", "the second run is newly due"

    def test_back_walks_out_of_a_part_and_into_the_one_before(self) -> None:
        phone = Phone(sample(self.FLOW, self.PERSON))
        phone.press("Noi", 16, "Kham")
        assert phone.press("0")
        phone = Phone(sample(self.FLOW, self.PERSON))
        phone.press("Noi", 16)
        assert phone.press("0") == "Age of Noi?\n00 Menu"

    def test_a_computed_answer_of_a_part_is_changed_from_its_first_question(self) -> None:
        phone = Phone(SERVICES["school"], "en", **wide())
        phone.press("Noi", 2, "20112019", 1, 3)
        phone.press("1", "LA0901", "0901004", "Anuban", "Kham La", 1)
        assert "Village: " in phone.screen
        at = next(line for line in phone.press(2).splitlines() if line.endswith("Village"))
        asked = phone.press(at.split()[0])
        assert asked.startswith("Village name or code?")
        assert phone.press("0901005").startswith("Pupil")
        phone.press(1)
        assert phone.submitted.answers["village"] == "0901005"

    def test_parts_run_parts(self) -> None:
        outer = """
id: outer
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - run: person
    in: {least: "1"}
    out: {name: who}
"""
        flow = """
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - run: outer
    out: {name: name}
  - submit: sample
  - end: {en: "Bye {name}."}
"""
        phone = Phone(sample(flow, outer, self.PERSON))
        assert phone.press("Noi", 3) == "Bye Noi."
        assert part(outer).is_part

    def test_a_text_of_a_part_keeps_its_values_after_the_part_is_left(self) -> None:
        talking = self.PERSON.rstrip() + '\n  - say: {en: "Thank you {who}."}\n'
        flow = """
fields: {name: {type: name, label: {en: Name}, why: x}}
steps:
  - run: person
    in: {least: "1"}
  - ask: name
    text: {en: "Your own name?"}
  - submit: sample
  - end: {en: "Bye {name}{who}."}
"""
        phone = Phone(sample(flow, talking))
        assert phone.press("Noi", 3) == "Thank you Noi.\nYour own name?\n0 Back"
        assert phone.press("Kham") == "Bye Kham.", "its names are private"
        assert phone.submitted.answers == {"name": "Kham"}


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
        flow = sample(TestSay.FLOW.replace('"Done."', '"' + ("Word by word it goes on. " * 12).strip() + '"') % "Hi.")
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
    flow = sample(TestSay.FLOW % ("Word by word it goes on. " * 7).strip())
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
    assert phone.press(1, "02112026").startswith("For example")
