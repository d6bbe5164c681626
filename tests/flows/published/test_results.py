"""An answer becomes a row of the package: with its question, without anybody's number, and never as a formula."""

import csv
import io
import uuid

import pytest

from flows.published import results
from flows.published.results import Case, Wanted
from tests.flows.engine_kit import SERVICES, sample

NUMBER = "+8562055512345"
FIELDS = """
fields:
  who: {type: name, label: {en: Name}, why: x}
  call: {type: phone, label: {en: Phone}, why: x}
  note: {type: text, label: {en: Note}, why: x}
  ill: {type: text, sensitivity: sensitive, label: {en: Illness}, why: x}
  many: {type: int, min: 1, max: 9, sensitivity: public, label: {en: Many}}
  price: {type: decimal, min: 0, max: 2.5, sensitivity: public, label: {en: Price}}
  sure: {type: yesno, label: {en: Sure}, why: x}
  at: {type: time, label: {en: At}, why: x}
  kinds: {type: multi, label: {en: Kinds}, choices: {a: {en: A}, b: {en: B}}, why: x}
computed:
  big: many > 4
steps:
  - {ask: who, text: {en: "Name?"}}
  - {end: {en: Bye}}
"""
SERVICE = sample(FIELDS)
ANSWERS = {
    "who": "Kham La",
    "call": NUMBER,
    "note": "ring 020-55 512 345 or ໐໒໐ ໕໕໕໑໒໓໔໕",
    "ill": "fever",
    "many": 5,
    "price": 1.5,
    "sure": False,
    "at": "09:30",
    "kinds": ["a", "b"],
    "big": True,
    "gone": None,
}
CASE = Case("0192f0c1-0000-7000-8000-000000000001", 1_795_410_000, "c0ffee", NUMBER, "sample", "ussd", "lo", ANSWERS)
PLAIN = Wanted(lambda number: f"name-of-{number[-2:]}")


def made(wanted: Wanted = PLAIN) -> dict[str, results.Row]:
    return {row[3]: row for row in results.rows(CASE, SERVICE, wanted)}


def test_each_answer_is_a_row_of_six() -> None:
    found = made()
    assert "gone" not in found, "what was skipped has no row"
    assert all(len(row) == 6 for row in found.values())
    at, row_id, contact, question, response, around = found["many"]
    assert (at, contact, question, response) == ("2026-11-23T05:00:00+00:00", "c0ffee", "many", 5)
    assert row_id == f"{CASE.id}/many"
    assert around["channel"] == "ussd"
    assert {name: row[4] for name, row in found.items()} == {
        "who": "Kham La",
        "call": "name-of-45",
        "note": "ring [number] or [number]",
        "many": 5,
        "price": 1.5,
        "sure": "no",
        "at": "09:30:00",
        "kinds": ["a", "b"],
        "big": "yes",
    }
    assert found["big"][5]["type"] == "select_one"


def test_no_number_and_no_sensitive_answer_unless_they_are_asked_for() -> None:
    told = repr(made())
    assert "55512345" not in told
    assert "512 345" not in told
    assert "fever" not in told
    everything = made(Wanted(PLAIN.contact, numbers=True, sensitive=True))
    assert everything["call"][4] == NUMBER, "the control: they are there to be found"
    assert everything["who"][2] == NUMBER
    assert everything["ill"][4] == "fever"
    assert "ill" not in results.questions([SERVICE])
    assert "ill" in results.questions([SERVICE], sensitive=True)


def test_an_anonymous_case_has_no_number_to_give() -> None:
    (row, *_) = results.rows(
        Case(CASE.id, 0, "own", "", "s", "sms", "en", {"many": 1}), SERVICE, Wanted(str, numbers=True)
    )
    assert row[2] == "own"


def test_questions_have_the_types_of_the_specification() -> None:
    asked = results.questions([SERVICE], sensitive=True)
    assert {name: one["type"] for name, one in asked.items()} == {
        "who": "text", "call": "text", "note": "text", "ill": "text", "many": "numeric", "price": "numeric",
        "sure": "select_one", "at": "time", "kinds": "select_many", "big": "open",
    }  # fmt: skip
    assert asked["many"]["type_options"] == {"range": [1, 9]}
    assert asked["price"]["type_options"] == {"range": [0, 2.5]}
    assert asked["kinds"]["type_options"] == {"choices": ["a", "b"]}
    assert (asked["who"]["is_pii"], asked["many"]["is_pii"]) == (True, False)


def test_a_removed_question_stays_in_the_package() -> None:
    newer = sample(
        FIELDS.replace("  many: {type: int, min: 1, max: 9, sensitivity: public, label: {en: Many}}\n", "").replace(
            "many > 4", "price > 1"
        )
    )
    assert "many" in results.questions([SERVICE, newer])
    renamed = sample(FIELDS.replace("label: {en: Note}", "label: {en: Remark}"))
    assert results.questions([SERVICE, renamed])["note"]["label"] == "Remark"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_descriptor_is_a_flow_results_package(service: str) -> None:
    asked = results.questions([SERVICES[service]])
    one = results.descriptor(SERVICES[service], asked, node="LA-XK-03", made=CASE.at, told={})
    assert one["profile"] == "flow-results-package"
    assert uuid.UUID(one["id"]).version == 4
    assert one == results.descriptor(SERVICES[service], asked, node="LA-XK-03", made=CASE.at, told={})
    (resource,) = one["resources"]
    assert "data" not in resource
    assert [field["name"] for field in resource["schema"]["fields"]] == [name for name, _, _ in results.COLUMNS]
    for question in resource["schema"]["questions"].values():
        assert {"type", "label", "type_options"} <= question.keys()
    other = results.descriptor(SERVICES[service], {}, node="LA-XK-03", made=CASE.at, told={})
    assert other["id"] != one["id"], "another set of questions is another package"


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1", "\r=1"])
def test_no_cell_of_the_spreadsheet_is_a_formula(text: str) -> None:
    case = Case("i", 0, "c", "", "s", "sms", "en", {"who": text, "note": f"a {text}"})
    read = list(
        csv.reader(io.StringIO(results.as_csv(list(results.rows(case, SERVICE, PLAIN)), head=True), newline=""))
    )
    assert [cell[:1] for cell in (read[1][4], read[2][4])] == ["'", "a"]


def test_a_plain_number_stays_one_and_a_list_is_one_cell() -> None:
    case = Case("i", 0, "c", "", "s", "sms", "en", {"price": -2.5, "kinds": ["a", "b"]})
    read = list(csv.reader(io.StringIO(results.as_csv(list(results.rows(case, SERVICE, PLAIN))))))
    assert [row[4] for row in read] == ["-2.5", "a; b"]
