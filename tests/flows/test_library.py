"""The starter services: they load, speak three languages, and keep the promises that a citizen relies on."""

import csv
from pathlib import Path

import pytest

import flows.library
from flows import phrases
from flows.check import check
from flows.check.conversation import run_tests
from flows.dialogue import Node, Office
from flows.dialogue.consent import SCREENS, notice_pages
from flows.dialogue.status import status_text
from flows.loader import load, load_path
from flows.model import Ask, Flow, RefField, Run
from flows.revision import Revision, revise
from flows.tables import Tables, read_csv
from flows.text.measure import USSD, segments, units

LIBRARY = Path(flows.library.__file__).parent
FLOWS = {flow.id: flow for flow in load_path(LIBRARY)}
SERVICES = {name: flow for name, flow in FLOWS.items() if not flow.is_part}
TABLES = Tables(
    {file.stem: read_csv(file.stem, file.read_text(encoding="utf-8")) for file in (LIBRARY / "tables").glob("*.csv")}
)
SHOWN = {"ref": "482 109 337", "dial": "*999#", "short": "1999"}
PIN = {"lo": "ລັດບໍ່ຖາມລະຫັດ", "lo-Latn": "Lat bo tham lahat", "en": "We never ask"}


def revision(name: str) -> Revision:
    return revise(FLOWS[name], FLOWS)


def filled(words: str) -> str:
    for name, value in SHOWN.items():
        words = words.replace("{" + name + "}", value)
    return words


def questions(flow: Flow) -> int:
    """How many questions the longest path asks, its parts included; branches that exclude each other count all."""
    own = sum(isinstance(step, Ask) for step in flow.steps)
    return own + sum(questions(FLOWS[step.run]) for step in flow.steps if isinstance(step, Run))


def test_the_six_services_keep_their_numbers_and_codes() -> None:
    numbers = {name: flow.entry.menu for name, flow in SERVICES.items() if flow.entry}
    assert numbers == {"birth": 1, "business": 2, "feedback": 3, "health": 4, "farm": 5, "school": 6}
    assert {FLOWS[name].is_part for name in ("place", "person")} == {True}
    for name, flow in SERVICES.items():
        assert flow.entry
        assert flow.entry.ussd == (f"*999*{numbers[name]}#",)
        latin = [word for word in flow.entry.sms if word.isascii()]
        assert len(latin) == 2
        assert len(flow.entry.sms) == 3


def test_a_birth_takes_nine_answers() -> None:
    assert questions(SERVICES["birth"]) == 9


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_asks_for_consent_and_says_who_keeps_what(name: str) -> None:
    flow = SERVICES[name]
    assert flow.notice
    assert flow.notice.basis == "consent"
    assert flow.notice.keep_days == 30
    assert flow.notice.controller == flow.agency
    assert flow.languages == ("lo", "lo-Latn", "en")


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("language", PIN)
def test_a_notice_is_at_most_two_screens(name: str, language: str) -> None:
    assert 1 <= len(notice_pages(revision(name), language, phrases.load(), USSD)) <= SCREENS


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("language", PIN)
def test_a_receipt_is_one_sms_and_warns_of_fraud(name: str, language: str) -> None:
    receipt = SERVICES[name].messages.receipt
    assert receipt
    words = filled(receipt.say(language))
    assert segments(words) == 1, units(words)
    assert PIN[language] in words


@pytest.mark.parametrize("name", ["birth", "business"])
@pytest.mark.parametrize("language", PIN)
def test_what_is_ready_is_told_in_one_sms_with_office_hours_and_papers(name: str, language: str) -> None:
    live = {name: revision(name)}
    office = Office(live, {}, TABLES, phrases.load(), node=Node(district="LA0901"))
    words = status_text(office, language, live[name], "ready", "", "482109337", {}, place="0901005")
    row = f"LA0901/{SERVICES[name].agency}/{language}"
    assert all(str(TABLES["offices"].get(row, column)) in words for column in ("office", "hours", "papers"))
    assert segments(words) == 1, units(words)


@pytest.mark.parametrize("name", FLOWS)
def test_every_field_that_is_not_public_says_why(name: str) -> None:
    fields = FLOWS[name].fields
    assert [key for key, field in fields.items() if field.sensitivity != "public" and not field.why] == []


@pytest.mark.parametrize("name", FLOWS)
def test_at_most_five_options_with_short_labels(name: str) -> None:
    for key, field in FLOWS[name].fields.items():
        choices = getattr(field, "choices", {})
        assert len(choices) <= 5, key
        assert [c.say("lo") for c in choices.values() if len(c.say("lo")) > 12] == []


def test_sensitive_services_say_nothing_that_could_shame() -> None:
    sensitive = {name for name in SERVICES if revision(name).sensitive}
    assert sensitive == {"health", "feedback"}
    for name in sensitive:
        flow = SERVICES[name]
        assert flow.messages.dropped is None
        for words in (flow.messages.receipt,):
            assert words
            assert not any(flow.title.say(language) in words.say(language) for language in flow.languages)


def test_an_emergency_comes_before_everything() -> None:
    entry = SERVICES["health"].entry
    assert entry
    assert entry.urgent
    assert all("1195" in entry.urgent.say(language) for language in SERVICES["health"].languages)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_tested_on_both_channels_in_lao_and_english(name: str) -> None:
    tests = SERVICES[name].tests
    assert {(test.channel, test.language) for test in tests} >= {
        ("ussd", "lo"),
        ("ussd", "en"),
        ("sms", "lo"),
        ("sms", "en"),
    }
    pressed = [press for test in tests for press in test.press]
    assert "DROP" in pressed
    entry = SERVICES[name].entry
    words = entry.sms if entry else ()
    assert any(press.split(" ")[0] in words and " " in press for press in pressed), "a one-message form"


@pytest.mark.parametrize("name", FLOWS)
def test_every_file_checks_clean_without_a_warning(name: str) -> None:
    others = [flow for flow in FLOWS.values() if flow.id != name]
    assert [str(finding) for finding in check(FLOWS[name], FLOWS, TABLES, phrases.load(), others)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_own_tests_pass(name: str) -> None:
    assert [str(finding) for finding in run_tests(revision(name), TABLES, phrases.load())] == []


def test_the_check_sees_a_mistake_in_the_library() -> None:
    source = (LIBRARY / "birth.yaml").read_text(encoding="utf-8")
    broken = load(source.replace("late: days_since(birth_date)", "late: days_since(birthday)"), "birth.yaml")
    assert any("birthday" in str(finding) for finding in check(broken, FLOWS, TABLES, phrases.load()))
    failing = load(source.replace("screen: ໄດ້ຮັບແລ້ວ", "screen: ບໍ່ໄດ້ຮັບ"), "birth.yaml")
    assert [finding.code for finding in run_tests(revise(failing, FLOWS), TABLES, phrases.load())] == ["test"]


def table(name: str) -> list[dict[str, str]]:
    with (LIBRARY / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_provinces_are_the_eighteen_of_the_country() -> None:
    provinces = [row for row in table("places") if row["level"] == "province"]
    assert [row["pcode"] for row in provinces] == [f"LA{number:02}" for number in range(1, 19)]
    names = {row["pcode"]: row["name_lo"] for row in provinces}
    assert (names["LA01"], names["LA06"], names["LA10"]) == ("ນະຄອນຫຼວງວຽງຈັນ", "ຫຼວງພະບາງ", "ວຽງຈັນ")
    assert len(set(names.values())) == 18


def test_every_place_lies_in_another_and_has_all_its_names() -> None:
    places = {row["pcode"]: row for row in table("places")}
    assert len(places) == len(table("places"))
    for row in places.values():
        assert all(row[column] for column in ("name_lo", "name_en", "name_latin", "sort"))
        assert row["parent"] in places or row["level"] == "province"
    villages = [row for row in places.values() if row["level"] == "village"]
    assert 10 <= len(villages) <= 15
    assert {row["parent"] for row in villages} == {"LA0901"}


def test_every_agency_has_an_office_in_every_language() -> None:
    keys = {row["key"] for row in table("offices")}
    wanted = {f"LA0901/{flow.agency}/{tag}" for flow in SERVICES.values() for tag in flow.languages}
    assert keys == wanted


def test_a_place_can_only_be_asked_from_the_sample_tables() -> None:
    refs = [field for flow in FLOWS.values() for field in flow.fields.values() if isinstance(field, RefField)]
    assert {field.table for field in refs} == {"places"}
