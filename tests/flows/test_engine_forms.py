from collections.abc import Mapping

from flows import engine, forms
from flows.loader import load
from flows.revision import revise
from flows.session import Case, Step
from flows.turn import Need, Screen, Submit, Text
from tests.flows.engine_kit import HEAD, SERVICES, Phone, sample, wide, world

BIRTH = ("f", "02/11/2026", "Kham La", "0901005", "24", "1", "1", "1")


def fill(service: str, *values: str, language: str = "en", **changes: object) -> Step:
    around = world(channel="sms", **changes)
    step = forms.fill(SERVICES[service], language, values, around)
    if isinstance(step, Need):
        step = forms.fill(SERVICES[service], language, values, world(channel="sms", known={step: None}, **changes))
    assert isinstance(step, Step)
    return step


class TestForm:
    def test_a_complete_one_is_sent_at_once_and_answered_with_its_values(self) -> None:
        step = fill("birth", *BIRTH)
        submit, text = step.effects
        assert isinstance(submit, Submit)
        assert submit.channel == "sms"
        assert submit.answers["child_name"] is None, "an optional question outside the form is skipped"
        assert submit.answers["mother_name"] == "Kham La"
        assert isinstance(text, Text)
        assert text.kind == "receipt"
        assert text.text.startswith("Sex: Girl\nBorn: 02/11/2026\nMother: Kham La\n")
        assert text.text.endswith("Received. Reference 482 109 337. Ask: dial *999#. We never ask for a bank PIN.")
        assert step.told
        assert step.screen == Screen(text.text, end=True)
        assert step.left == "ended"

    def test_a_value_that_does_not_fit_opens_the_conversation_with_the_others_kept(self) -> None:
        step = fill("birth", "f", "31/02/2026", *BIRTH[2:])
        assert step.effects == ()
        assert step.run is not None
        around = world(channel="sms")
        asked = engine.press(SERVICES["birth"], step.run, "02112026", around)
        assert isinstance(asked, Step)
        assert asked.run is not None
        assert asked.screen.text.startswith("Child's name?"), "the one question that no value was sent for"
        check = engine.press(SERVICES["birth"], asked.run, "1", around)
        assert isinstance(check, Step)
        assert check.screen.text.startswith("Born: 02/11/2026")

    def test_the_first_bad_value_is_refused_where_it_is_asked(self) -> None:
        step = fill("birth", "f", "31/02/2026", *BIRTH[2:])
        assert step.screen.text == "For example 02112026\nDate of birth? (DDMMYYYY)\n0 Back"

    def test_a_missing_required_value_is_asked_for(self) -> None:
        step = fill("birth", *BIRTH[:4])
        assert step.effects == ()
        assert step.screen.text.startswith("Who are you?")

    def test_too_many_values_are_not_sent_unseen(self) -> None:
        assert fill("birth", *BIRTH, "more").effects == ()

    def test_a_dash_leaves_an_optional_value_empty(self) -> None:
        body = """
fields:
  name: {type: name, label: {en: Name}, why: x}
  note: {type: text, optional: true, label: {en: Note}, why: x}
steps:
  - say: {en: "Welcome."}
  - ask: name
    text: {en: "Name?"}
  - ask: note
    text: {en: "Note?"}
    skip: "1"
  - submit: sample
  - end: {en: "Done {ref}."}
"""
        flow = revise(
            load(HEAD.replace("sms: [SAMPLE]", "sms: [SAMPLE], form: [name, note]") + body, "sample.yaml"), {}
        )
        step = forms.fill(flow, "en", ("Noi", "-"), world(channel="sms"))
        assert isinstance(step, Step)
        assert isinstance(step.effects[0], Submit)
        assert step.effects[0].answers == {"name": "Noi", "note": None}
        assert step.screen.text == "Name: Noi\nNote: -\nDone 482 109 337."
        assert not step.told

    def test_a_sensitive_service_repeats_no_value(self) -> None:
        step = fill("health", "3", "2", "1", "1")
        assert step.effects == (), "its village is still to be asked"
        assert "Vaccin" not in step.screen.text

    def test_a_buddhist_year_in_a_form_is_confirmed_first(self) -> None:
        step = fill("birth", "f", "02/11/2569", *BIRTH[2:])
        assert step.screen.text.startswith("02/11/2569 = 02/11/2026, is that right?")

    def test_an_open_menu_is_never_guessed(self) -> None:
        step = fill("farm", "2", "10", "4", "1", "135", "0901003")
        assert isinstance(step.effects[0], Submit)


ANSWERS = {
    "informant": "mother",
    "birth_date": "2026-11-02",
    "child_sex": "f",
    "birth_type": "single",
    "child_name": None,
    "birth_place": "facility",
    "village": "0901005",
    "mother_name": "Kham La",
    "mother_age": 24,
    "late": False,
}
CASE = Case("0192f0c1-0000-7000-8000-00000000000c", 1, "111222333")


class Corrector(Phone):
    def __init__(self, service: str, answers: Mapping[str, object], *fields: str) -> None:
        super().__init__(SERVICES[service], "en", **wide())
        self.effects = []
        self.step = self._settle(lambda: engine.reopen(self.revision, "en", answers, fields, self.world, CASE))


class TestCorrection:
    def test_it_asks_only_what_was_named_and_sends_the_next_revision(self) -> None:
        phone = Corrector("birth", ANSWERS, "birth_date", "mother_age")
        assert phone.screen == "Date of birth? (DDMMYYYY)\n0 Back"
        assert phone.press("01092026") == "Mother's age? (years)\n0 Back"
        assert phone.press(25).startswith("Born: 01/09/2026\nSex: Girl")
        assert phone.press(1).startswith("Received. Reference 111 222 333")
        sent = phone.submitted
        assert (sent.reference, sent.case_id, sent.case_revision, sent.corrects) == ("111222333", CASE.id, 2, CASE.id)
        assert sent.submission_id == world().ids[0]
        corrected = {**ANSWERS, "birth_date": "2026-09-01", "mother_age": 25, "late": True}
        assert {name: sent.answers[name] for name in corrected} == corrected
        assert sent.once == ()

    def test_only_the_named_answers_can_be_changed_again(self) -> None:
        phone = Corrector("birth", ANSWERS, "birth_date", "mother_age")
        phone.press("01112026", 25)
        assert phone.press(2) == "Change which answer?\n1 Born\n2 Her age\n0 Back"
        assert phone.press(2, 26).startswith("Born: 01/11/2026")
        phone.press(1)
        assert phone.submitted.answers["mother_age"] == 26

    def test_back_at_its_first_question_leaves(self) -> None:
        phone = Corrector("birth", ANSWERS, "birth_date")
        phone.press(0)
        assert phone.step.left == "back"

    def test_a_name_that_is_never_asked_is_left_out(self) -> None:
        phone = Corrector("birth", ANSWERS, "nothing", "late", "mother_age")
        assert phone.screen.startswith("Mother's age?")

    def test_a_question_inside_a_part_is_reached(self) -> None:
        answers = {"child_name": "Noi", "child_sex": "f", "guardian": "Kham La", "village": "0901005"}
        phone = Corrector("school", answers, "guardian")
        assert "0 Back" in phone.screen
        assert phone.press("Kham Dee").count("Kham Dee") == 1

    def test_a_question_inside_a_part_knows_what_the_service_holds(self) -> None:
        person = """
id: person
fields:
  who: {type: name, label: {en: Who}, why: x}
  age: {type: int, min: 1, max: 120, label: {en: Age}, why: x}
steps:
  - ask: who
    text: {en: "Who?"}
  - when: answered(who)
    ask: age
    text: {en: "Age of {who}?"}
"""
        flow = """
fields:
  mother: {type: name, label: {en: Mother}, why: x}
  mothers_age: {type: int, label: {en: Her age}, why: x}
steps:
  - run: person
    out: {mother: who, mothers_age: age}
  - confirm: [mother, mothers_age]
  - submit: sample
  - end: {en: "Done {ref}."}
"""
        revision = sample(flow, person)
        answers = {"mother": "Noi", "mothers_age": 20}
        step = engine.reopen(revision, "en", answers, ["mothers_age"], world(), CASE)
        assert isinstance(step, Step)
        assert step.screen.text == "Age of Noi?\n0 Back"
        assert step.run is not None
        check = engine.press(revision, step.run, "21", world())
        assert isinstance(check, Step)
        assert check.screen.text.startswith("Mother: Noi\nHer age: 21")

    def test_the_last_try_keeps_the_correction(self) -> None:
        phone = Corrector("birth", ANSWERS, "village")
        phone.press("Qqq", "Qqq", "Qqq")
        assert phone.step.left == "parked", "an officer already has the case"
