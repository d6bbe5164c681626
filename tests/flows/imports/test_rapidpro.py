"""Flows of RapidPro of our own making become flows that load, pass the check, and lead the same way."""

import json
from typing import Any

import pytest

from flows.imports import Imported, ImportFault, import_rapidpro
from flows.loader import load
from flows.model import Ask, ChoiceField, CodeField, IntField, Run, Say, TextField
from flows.revision import revise
from tests.flows.engine_kit import Phone
from tests.flows.imports.books import SERVICE, errors
from tests.flows.imports.rapid import YES_NO, asks, export, flow, imported, node, says


def lines(found: Imported, kind: str = "left") -> list[str]:
    return [str(one) for one in found.left if one.kind == kind]


def phone(found: Imported) -> Phone:
    (name, text), *parts = found.files.items()
    service = load(text.replace("title:", SERVICE + "title:", 1), f"{name}.yaml")
    return Phone(revise(service, {key: load(body, f"{key}.yaml") for key, body in parts}))


BRANCHES = flow(
    "Water",
    says("q", "Is there water? @contact.name", "ask"),
    asks("ask", "Has Water", YES_NO, "again"),
    says("again", "Please say yes or no.", "q"),
    says("y", "Good.", "end"),
    asks(
        "n", "Why Not", [("All", [("has_text", [])], "end")], "end", [{"uuid": "w", "type": "send_msg", "text": "Why?"}]
    ),
    says("end", "Thank you. You said @results.has_water."),
)


def test_branches_become_conditions_and_join_again() -> None:
    found = imported(BRANCHES)
    (made,) = found.flows()
    assert [type(step).__name__ for step in made.steps] == ["Ask", "Say", "Ask", "Say", "Confirm", "Submit", "End"]
    ask, good, why, thanks = made.steps[:4]
    assert isinstance(ask, Ask)
    assert ask.text.say("en") == "Is there water? ..."
    assert ask.error is not None
    assert ask.error.say("en") == "Please say yes or no."
    assert good.when is not None
    assert good.when.source == 'has_water == "yes"'
    assert why.when is not None
    assert why.when.source == 'has_water == "no"'
    assert thanks.when is None
    assert isinstance(thanks, Say)
    assert thanks.say.say("en") == "Thank you. You said {has_water}."
    assert lines(found) == ["Water:1 @contact.name: its value is not known here and not shown"]
    assert errors(found) == set()


def test_the_imported_flow_leads_the_same_way() -> None:
    for typed, answers in (
        ((1, 1), {"has_water": "yes"}),
        ((2, "It is dry", 1), {"has_water": "no", "why_not": "It is dry"}),
    ):
        one = phone(imported(BRANCHES))
        one.press(*typed)
        while one.step.run is not None:
            one.press(1)
        assert one.submitted.answers == answers


def test_languages_come_from_the_localization() -> None:
    french = {"fra": {"q-say": {"text": ["Votre nom ?"]}}}
    made = flow("Name", says("q", "Your name?", "a"), asks("a", "Name", []), localization=french)
    (found,) = imported(made).flows()
    assert found.languages == ("en", "fr")
    step = found.steps[0]
    assert isinstance(step, Ask)
    assert step.text.root == {"en": "Your name?", "fr": "Votre nom ?"}


def test_numbers_get_the_limits_of_their_rules_and_branch() -> None:
    made = flow(
        "Age",
        says("q", "How old?", "a"),
        asks("a", "Age", [
            ("Child", [("has_number_between", [0, 17])], "c"), ("Adult", [("has_number_between", [18, 120])], "d"),
        ], "q"),
        says("c", "Ask your mother.", ""),
        asks("d", "Work", [], "", [{"uuid": "w", "type": "send_msg", "text": "Your work?"}]),
    )  # fmt: skip
    found = imported(made)
    (one,) = found.flows()
    field = one.fields["age"]
    assert isinstance(field, IntField)
    assert (field.min, field.max) == (0, 120)
    assert [step.when.source for step in one.steps if step.when] == [
        "age >= 0 and age <= 17",
        "age >= 18 and age <= 120",
    ]
    assert errors(found) == set()
    assert found.whole


def test_rules_that_overlap_are_told_apart_by_their_order() -> None:
    made = flow(
        "Height",
        asks("a", "Height", [
            ("Low", [("has_number_lt", [100])], "l"), ("Any", [("has_number", [])], "m"),
        ], "a", [{"uuid": "w", "type": "send_msg", "text": "How high?"}]),
        says("l", "Low", ""),
        says("m", "Not low", ""),
    )  # fmt: skip
    (one,) = imported(made).flows()
    assert [step.when.source for step in one.steps if step.when] == ["height < 100", "True and not height < 100"]


def test_an_answer_that_fits_no_rule_may_lead_elsewhere() -> None:
    made = flow(
        "Help",
        says("q", "Is there water?", "ask"),
        asks(
            "ask",
            "Has Water",
            [("Yes", [("has_any_word", ["yes"])], "y"), ("No", [("has_any_word", ["no"])], "y")],
            "odd",
        ),
        says("odd", "We did not understand you.", "y"),
        says("y", "Thank you."),
    )
    found = imported(made)
    (one,) = found.flows()
    ask, odd = one.steps[:2]
    assert isinstance(ask, Ask)
    assert ask.none == odd.id
    assert odd.when is not None
    assert odd.when.source == "not answered(has_water)"
    assert errors(found) == set()


def test_a_split_on_an_earlier_answer_is_a_condition() -> None:
    made = flow(
        "Split",
        says("q", "Is there water?", "ask"),
        asks(
            "ask",
            "Has Water",
            [("Yes", [("has_any_word", ["yes"])], "b"), ("No", [("has_any_word", ["no"])], "b")],
            "q",
        ),
        asks("b", "Name", [], "s", [{"uuid": "w", "type": "send_msg", "text": "Name?"}]),
        asks(
            "s", "", [("Yes", [("has_category", ["Yes"])], "y")], "z", operand="@results.has_water.category", wait=False
        ),
        says("y", "Good.", "z"),
        says("z", "Bye."),
    )
    found = imported(made)
    (one,) = found.flows()
    assert [step.when.source for step in one.steps if step.when] == ['has_water == "yes"']
    assert errors(found) == set()
    assert found.whole


def test_a_flow_that_is_entered_becomes_a_part_and_its_answers_come_along() -> None:
    part = flow("Person", says("q", "Your name?", "a"), asks("a", "Name", []))
    enter = {"uuid": "e", "type": "enter_flow", "flow": {"uuid": "Person", "name": "Person"}}
    done = [("Complete", [("has_only_text", ["completed"])], "t")]
    main = flow(
        "Report",
        asks("run", "", done, "", [enter], "@child.status", wait=False),
        says("t", "Thank you @child.results.name."),
    )
    found = imported(main, part)
    assert list(found.files) == ["report", "person"]
    service, inner = found.flows()
    assert inner.is_part
    step = service.steps[0]
    assert isinstance(step, Run)
    assert step.outputs == {"name": "name"}
    assert errors(found) == set()
    one = phone(found)
    one.press("Kham La", 1)
    assert one.submitted.answers == {"name": "Kham La"}


def test_a_way_back_with_words_is_a_jump() -> None:
    made = flow(
        "Again",
        says("q", "Which plot?", "a"),
        asks("a", "Plot", [], "m"),
        asks("m", "More", [("Yes", [("has_any_word", ["yes"])], "s"), ("No", [("has_any_word", ["no"])], "z")], "m",
             [{"uuid": "w", "type": "send_msg", "text": "Is it wrong?"}]),
        says("s", "Then once more.", "q"),
        says("z", "Thanks."),
    )  # fmt: skip
    found = imported(made)
    (one,) = found.flows()
    assert one.steps[2].goto == one.steps[0].id
    assert errors(found) == set()
    assert found.whole


def test_what_a_service_cannot_do_is_listed_with_its_node() -> None:
    actions: list[dict[str, Any]] = [
        {"uuid": "1", "type": "set_contact_field", "field": {"key": "age", "name": "Age"}, "value": "@results.age"},
        {"uuid": "2", "type": "call_webhook", "url": "https://example.org"},
        {
            "uuid": "3",
            "type": "send_msg",
            "text": "See",
            "attachments": ["image:a"],
            "quick_replies": [{"text": "Yes"}],
        },
        {"uuid": "4", "type": "set_run_result", "name": "Source", "value": "radio"},
        {"uuid": "5", "type": "set_run_result", "name": "Sum", "value": "@(1 + 2)"},
        {"uuid": "6", "type": "send_msg", "text": "Mail me@example.org or @@help, {x} @(upper(results.name))"},
    ]
    groups = asks("g", "", [("In", [("has_group", ["g1"])], "q")], "q2", operand="@contact.groups", wait=False)
    made = flow(
        "Odd", node("a", actions, "g"), groups, says("q", "Name?", "n"), says("q2", "Name?", "n"),
        asks("n", "Name", []),
        says("lost", "Nobody comes here"),
    )  # fmt: skip
    found = imported(made)
    assert lines(found) == [
        "Odd:1 set_contact_field Age: nothing is written about a person here; her answers travel with the submission",
        "Odd:1 call_webhook: nothing outside is called while a citizen waits: use a table",
        "Odd:1 attachments: only the words are shown",
        "Odd:1 quick_replies: only the words are shown",
        "Odd:1 set_run_result Sum: only a fixed value, set once, can be carried over",
        "Odd:1 @(upper(results.name)): its value is not known here and not shown",
        "Odd:2 @contact.groups: the ways cannot be told apart here: the one for all others is taken",
        "Odd:3 node: no way leads here",
        "Odd:6 node: no way leads here",
    ]
    (one,) = found.flows()
    assert one.computed["source"].source == '"radio"'
    said = one.steps[1]
    assert isinstance(said, Say)
    assert said.say.say("en") == "Mail me@example.org or @help, (x) ..."
    assert errors(found) == set()


@pytest.mark.parametrize(
    ("tests", "kind"),
    [
        ([("has_text", [])], TextField),
        ([("has_pattern", [r"^\d{4}$"])], CodeField),
        ([("has_pattern", [r"(?=a)a"])], TextField),
        ([("has_any_word", ["yes"])], ChoiceField),
        ([("has_district", [])], None),
        ([("has_date", [])], None),
        ([("has_phone", [])], None),
        ([("has_intent", ["x"])], TextField),
    ],
)
def test_the_rules_decide_the_type(tests: list[tuple[str, list[str]]], kind: type | None) -> None:
    made = flow("One", says("q", "What?", "a"), asks("a", "It", [("Ok", tests, "")], "q"))
    (one,) = imported(made).flows()
    assert kind is None or isinstance(one.fields["it"], kind)
    assert errors(imported(made)) == set()


LEGACY = {
    "base_language": "eng",
    "entry": "a1",
    "flow_type": "F",
    "metadata": {"name": "Old", "uuid": "old"},
    "action_sets": [
        {"uuid": "a1", "y": 0, "x": 0, "destination": "r1",
         "actions": [{"type": "reply", "uuid": "m1", "msg": {"eng": "Boy or girl?", "fre": "Garçon ou fille ?"}}]},
        {"uuid": "a2", "y": 200, "x": 0, "destination": None,
         "actions": [{"type": "reply", "uuid": "m2", "msg": {"eng": "Thanks, @flow.sex", "fre": "Merci"}},
                     {"type": "save", "label": "Sex", "value": "@flow.sex"}]},
    ],
    "rule_sets": [
        {"uuid": "r1", "y": 100, "x": 0, "label": "Sex", "operand": "@step.value", "ruleset_type": "wait_message",
         "rules": [
             {"uuid": "x1", "category": {"eng": "Boy", "fre": "Garçon"}, "destination": "a2",
              "test": {"type": "contains_any", "test": {"eng": "boy b", "fre": "garçon"}}},
             {"uuid": "x2", "category": {"eng": "Girl", "fre": "Fille"}, "destination": "a2",
              "test": {"type": "contains_any", "test": {"eng": "girl g"}}},
             {"uuid": "x3", "category": {"eng": "Other"}, "destination": "a1", "test": {"type": "true"}},
         ]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("version", ["11.12", 11, "12"])
def test_action_sets_and_rule_sets_are_read(version: Any) -> None:
    found = import_rapidpro(json.dumps({"version": version, "flows": [LEGACY]}).encode())
    (one,) = found.flows()
    assert one.languages == ("en", "fr")
    field = one.fields["sex"]
    assert isinstance(field, ChoiceField)
    assert field.choices["boy"].root == {"en": "Boy", "fr": "Garçon"}
    assert lines(found) == [
        "Old:3 set_contact_field Sex: nothing is written about a person here; her answers travel with the submission"
    ]


@pytest.mark.parametrize("version", ["13.6.1", "14", "14.2.0"])
def test_versions_13_and_14_are_read(version: str) -> None:
    assert import_rapidpro(export(BRANCHES, version=version)).files


def ring(*names: str) -> bytes:
    flows = []
    for name, next_ in zip(names, (*names[1:], names[0]), strict=True):
        enter = {"uuid": "e", "type": "enter_flow", "flow": {"uuid": next_, "name": next_}}
        flows.append(flow(name, says("q", "Name?", "a"), asks("a", "Name", [], "r"), node("r", [enter])))
    return export(*flows)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "holds no object"),
        (b'{"flows": []}', "holds no flows"),
        (b'{"version": "7", "flows": [{}]}', "of version 7"),
        (b'{"version": "99", "flows": [{}]}', "of version 99"),
        (b'{"name": "x"}', "no nodes"),
        (b'{"version": "13", "flows": [{"nodes": [{"router": {}}]}]}', "damaged"),
        (b" " * 6_000_000, "larger than 5 MiB"),
        (b'{"a":' * 5000, "not JSON"),
        (ring("A", "B", "C"), "in a ring: A -> B -> C -> A"),
        (ring("A"), "in a ring: A -> A"),
        (export(flow("Round", says("a", "One", "b"), says("b", "Two", "a"))), "without waiting"),
        (export(flow("Quiet", says("a", "One"))), "asks nothing"),
        (export(flow("Big", *(says(f"n{n}", "x", f"n{n + 1}") for n in range(400)))), "has 400 nodes"),
        (export(*(flow(f"f{n}") for n in range(60))), "holds 60 flows"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(ImportFault, match=words):
        import_rapidpro(data)


def test_one_of_several_flows_is_chosen_by_name() -> None:
    other = flow("Other", says("q", "Place?", "a"), asks("a", "Place", []))
    assert "Water flow: `Other` does not enter it: import it by itself with --flow" in lines(
        imported(BRANCHES, other, flow="Other")
    )
    with pytest.raises(ImportFault, match="no flow `Third`"):
        imported(BRANCHES, flow="Third")
