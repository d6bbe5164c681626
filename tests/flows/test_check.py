"""The publish gate: each rule finds its mistake, on the line of the mistake, and finds nothing in a good flow."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import flows.library
from flows.check import RULES, Subject, check
from flows.check.ways import Ways, inputs_of, part_exit
from flows.findings import Finding
from flows.loader import load, load_path
from flows.model import Flow
from flows.phrases import load as phrases
from flows.revision import revise
from flows.tables import Tables, read_csv, table_of
from tests.flows.test_tables import TABLES as PLACES

LIBRARY = Path(flows.library.__file__).parent
STARTERS = {flow.id: flow for flow in load_path(LIBRARY)}
SAMPLE = Tables({f.stem: read_csv(f.stem, f.read_text(encoding="utf-8")) for f in (LIBRARY / "tables").glob("*.csv")})

GOOD = (Path(__file__).parent / "good" / "water.yaml").read_text(encoding="utf-8")
TABLES = PLACES.over({"fees": table_of("fees", {"pump": {"amount": "500"}})})
MARK = "#!"
"""Stands at the end of the line that a finding must name."""

PARTS = {
    "who": """
sala: 1
id: who
title: {lo: ໃຜ, en: Who}
languages: [lo, en]
fields:
  full: {type: yesno, sensitivity: public, label: {lo: ຄົບ, en: Full}}
  name: {type: name, label: {lo: ຊື່, en: Name}, why: identifies}
  age: {type: int, label: {lo: ອາຍຸ, en: Age}, why: identifies}
  nick: {type: text, optional: true, label: {lo: ຊື່, en: Nick}, why: identifies}
steps:
  - ask: name
    text: {lo: "ຊື່?", en: "Name?"}
  - ask: nick
    text: {lo: "ຊື່ຫຼິ້ນ?", en: "Nick?"}
    skip: "1"
  - when: full
    ask: age
    text: {lo: "ອາຍຸ?", en: "Age?"}
""",
    "english": """
sala: 1
id: english
title: {en: English}
languages: [en]
fields:
  word: {type: text, label: {en: Word}, why: x}
steps:
  - ask: word
    text: {en: "Word?"}
""",
}
FLOWS = {name: load(text, f"{name}.yaml") for name, text in PARTS.items()}


def made(*edits: tuple[str, str]) -> tuple[Flow, int]:
    """The good flow with these edits, and the line that carries the mark."""
    text = GOOD
    for old, new in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    line = next((number for number, words in enumerate(text.splitlines(), 1) if MARK in words), 0)
    return load(text, "water.yaml"), line


def found(flow: Flow, others: tuple[Flow, ...] = ()) -> list[Finding]:
    return check(flow, FLOWS, TABLES, None, others)


def test_a_good_flow_has_no_findings() -> None:
    assert found(made()[0]) == []


@pytest.mark.parametrize("name", STARTERS)
def test_the_starter_services_have_none(name: str) -> None:
    assert check(STARTERS[name], STARTERS, SAMPLE, others=list(STARTERS.values())) == []


def test_a_revision_is_checked_with_its_own_parts() -> None:
    assert check(revise(STARTERS["school"], STARTERS), tables=SAMPLE) == []


Edits = tuple[tuple[str, str], ...]


def cases() -> list[tuple[str, str, str, Edits]]:
    written = YAML(typ="safe").load((Path(__file__).parent / "bad" / "cases.yaml").read_text(encoding="utf-8"))
    return [
        (one["code"], one["severity"], one["says"], tuple((edit["old"], edit["new"]) for edit in one["edits"]))
        for one in written
    ]


CASES = cases()


@pytest.mark.parametrize(("code", "severity", "says", "edits"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_each_mistake_is_found_on_its_line(code: str, severity: str, says: str, edits: Edits) -> None:
    flow, line = made(*edits)
    findings = check(flow, {**FLOWS, "birth": STARTERS["birth"]}, TABLES)
    fitting = [one for one in findings if one.code == code and says in one.sentence]
    assert fitting, "\n".join(f"{one.code} {one}" for one in findings)
    assert {one.severity for one in fitting} == {severity}
    assert line in {one.line for one in fitting} or not line, [str(one) for one in fitting]


def test_every_rule_has_a_case_that_it_finds() -> None:
    """The cases above together wake every rule: a rule that nothing wakes would prove nothing."""
    woken = set()
    for code, _, _, edits in CASES:
        flow, _ = made(*edits)
        subject = Subject(flow, {**FLOWS, "birth": STARTERS["birth"]}, TABLES, phrases(), [made()[0]])
        woken |= {
            rule.__name__
            for rule in RULES
            if rule.__name__ not in woken and any(one.code == code for one in rule(subject))
        }
    assert woken == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("menu: 7", "menu: 8", "has the code"),
        ('"*999*7#"', '"*999*8#"', "has the menu number 7"),
        ("[WATER, ນ້ຳ]", "[TAP, ນໍ້າ]", "has the keyword ນໍ້າ"),
    ],
)
def test_two_services_share_no_way_in(old: str, new: str, says: str) -> None:
    other = made(("id: water\n", "id: tap\n"))[0]
    mine = made((old, new))[0]
    assert any(says in one.sentence and "`tap`" in one.sentence for one in found(mine, (other,)))
    assert found(made()[0], (made()[0],)) == [], "an earlier revision of the same service is no rival"


def test_a_finding_prints_as_one_line() -> None:
    flow, line = made(('What is broken?"}', f'What is {{people}}?"}} {MARK}'))
    words = str(found(flow)[0])
    assert words.startswith(f"water.yaml:{line} 1:ask:kind en {{people}} is not answered")


def test_the_same_condition_on_two_steps_is_understood() -> None:
    asked = "  - when: many\n    ask: day"
    told = (
        '  - when: many and answered(day)\n    say: {lo: "{day}", en: "{day}"}\n'
        "  - when: days_since(day) > 1 if answered(day) else False\n"
    )
    flow, _ = made(
        ("  - ask: day", "  - ask: people\n    text: {lo: ກ, en: A}\n" + asked),
        ("  - when: many\n    let", told + "    let"),
    )
    assert [one for one in found(flow) if one.severity == "error" and one.code != "test"] == []


def test_an_answer_given_anew_makes_what_was_implied_void() -> None:
    """`many` is true when `extra` is asked, but `people` is asked again before `extra` is used."""
    edits = (
        ("  day:\n", "  extra: {type: int, label: {lo: ກ, en: Extra}, why: x}\n  day:\n"),
        ("  - when: many\n", "  - when: many\n    ask: extra\n    text: {lo: ກ, en: A}\n  - when: many\n"),
    )
    used = ('en: "{people} people', 'en: "{extra} {people} people')
    assert not [one for one in found(made(*edits, used)[0]) if one.code == "placeholder"]
    again = ("  - when: many\n    let", "  - ask: people\n    text: {lo: ກ, en: A}\n  - when: many\n    let")
    assert [one for one in found(made(*edits, used, again)[0]) if one.code == "placeholder"]


def test_a_part_answers_what_its_constant_inputs_make_it_ask() -> None:
    part = FLOWS["who"]
    assert inputs_of(part) == ("full",)
    always, never = part_exit(part, FLOWS, given={"full": True}), part_exit(part, FLOWS, given={"full": False})
    assert always
    assert never
    assert "age" in always.answered
    assert "age" not in never.answered
    unknown = part_exit(part, FLOWS)
    assert unknown
    assert "age" not in unknown.answered
    assert "nick" in unknown.answered
    assert "nick" not in unknown.present


def test_ways_that_meet_know_only_what_both_know() -> None:
    flow = STARTERS["place"]
    state = Ways(flow, {}).states[flow.step_ids["words"]]
    assert "other_district" not in state.answered
    assert "here" not in state.present


def test_without_tables_nothing_is_said_about_tables() -> None:
    flow, _ = made(("    level: village", "    level: house"))
    assert not [one for one in check(flow, prove=False) if one.code == "table"]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["birth", "health", "school"]), st.data())
def test_no_shuffled_flow_breaks_the_check(name: str, data: st.DataObject) -> None:
    """Steps dropped, turned round and doubled: the check names what is wrong, and never fails itself."""
    whole = STARTERS[name]
    picked = data.draw(st.lists(st.integers(0, len(whole.steps) - 1), min_size=1, max_size=len(whole.steps) + 3))
    kept = data.draw(st.booleans())
    order = sorted(set(range(len(whole.steps))) - set(picked[:2])) if kept else picked
    flow = whole.model_copy(update={"steps": tuple(whole.steps[index] for index in order or [0])})
    findings = check(flow, STARTERS, SAMPLE)
    assert all(finding.sentence and finding.line >= 1 for finding in findings)
