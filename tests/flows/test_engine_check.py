"""The engine: the check page and what is changed there, and parts that a service runs."""

from flows.text.measure import Budget
from tests.flows.engine_kit import CHECK, SERVICES, Phone, part, sample, wide, world


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
