"""Edits of what a service is made of: kinds of answers, orders, words for each door, languages, ways to steps."""

import pytest

from flows.editing import (
    AddLanguage,
    AddStep,
    EditFault,
    FirstLanguage,
    HeldFault,
    LeadTo,
    MoveUp,
    RemoveLanguage,
    SetText,
    SetType,
    SetValue,
    TellApart,
    edit,
)
from flows.editing.templates import starter
from flows.loader import load
from tests.flows.editing.test_machine import FARM

BLANK = starter("blank")


def test_a_service_that_grows_has_its_parts_where_an_author_puts_them() -> None:
    text = edit(BLANK, SetText(("messages", "receipt"), "en", "Received {ref}"))
    text = edit(text, SetValue(("computed", "one"), "1 + 1"))
    label = {"lo": "ຊື່", "en": "Name"}
    text = edit(text, AddStep(0, {"ask": "who", "text": label}, {"who": {"type": "name", "label": label, "why": "x"}}))
    tops = [line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    assert tops[-6:] == ["resume", "fields", "computed", "steps", "messages", "tests"]
    assert "\ncomputed:\n  one: " in text


@pytest.mark.parametrize(
    ("field", "kind", "line"),
    [
        (
            "many",
            "decimal",
            "  many: {type: decimal, max: 900, label: {lo: ຈັກ, en: Number}, why: size}   # of the herd",
        ),
        ("many", "text", "  many: {type: text, label: {lo: ຈັກ, en: Number}, why: size}   # of the herd"),
        ("village", "phone", "  village: {type: phone, label: {lo: ບ້ານ, en: Village}, why: route}"),
        (
            "village",
            "code",
            '  village: {type: code, label: {lo: ບ້ານ, en: Village}, why: route, pattern: "[A-Z0-9]+"}',
        ),
    ],
)
def test_another_kind_of_answer_keeps_what_still_means_something(field: str, kind: str, line: str) -> None:
    assert line in edit(FARM, SetType(field, kind)).splitlines()


def test_a_kind_that_needs_choices_is_not_made_up() -> None:
    with pytest.raises(EditFault, match="needs choices"):
        edit(FARM, SetType("many", "choice"))
    assert load(edit(FARM, SetType("kind", "multi")), "f").fields["kind"].type == "multi"


def test_choices_change_places_with_their_remarks_and_options_keep_their_numbers() -> None:
    after = edit(FARM, MoveUp(("fields", "kind", "choices", "buf")))
    assert list(getattr(load(after, "f").fields["kind"], "choices")) == ["buf", "cow"]  # noqa: B009 - of a union
    assert "# and oxen" in after
    assert "# buffaloes too" in after
    menu = load(edit(FARM, MoveUp(("steps", 0, "options", "2"))), "f").steps[0].model_dump()["options"]
    assert [(key, one["goto"]) for key, one in menu.items()] == [("1", "help"), ("2", "first")]
    assert "[many, kind, village]" in edit(FARM, MoveUp(("steps", 5, "confirm", "many")))
    with pytest.raises(EditFault, match="the first already"):
        edit(FARM, MoveUp(("steps", 5, "confirm", "kind")))


def test_words_by_sms_come_and_go_without_a_trace() -> None:
    apart = edit(FARM, TellApart(("steps", 1, "text"), apart=True))
    spoken = edit(apart, SetText(("steps", 1, "text"), "en", "Answer by a number", "sms"))
    assert load(spoken, "f").steps[1].model_dump()["text"]["en"] == {
        "ussd": "Which animal?",
        "sms": "Answer by a number",
    }
    joined = load(edit(spoken, TellApart(("steps", 1, "text"), apart=False)), "f")
    assert joined.steps == load(FARM, "f").steps


def test_one_door_without_words_speaks_those_of_the_other_and_none_are_lost() -> None:
    apart = edit(FARM, TellApart(("steps", 1, "text"), apart=True))
    after = load(edit(apart, SetText(("steps", 1, "text"), "en", "", "sms")), "f")
    assert after.steps[1].model_dump()["text"]["en"] == "Which animal?"


def test_a_way_to_a_step_without_a_name_gives_it_one() -> None:
    after = load(edit(FARM, LeadTo(("steps", 1, "goto"), 7)), "f")
    assert (after.steps[1].goto, after.steps[7].id) == ("step-8", "step-8")


def test_a_language_goes_with_its_words_unless_a_walk_speaks_it() -> None:
    after = edit(edit(FARM, FirstLanguage("en")), RemoveLanguage("lo"))
    assert load(after, "f").languages == ("en",)
    assert "ສັດ" not in after
    with pytest.raises(HeldFault, match="the walk the last screen, in English"):
        edit(BLANK, RemoveLanguage("en"))
    with pytest.raises(EditFault, match="the only language"):
        edit(after, RemoveLanguage("en"))
    assert load(edit(after, AddLanguage("lo")), "f").languages == ("en", "lo")


def test_what_is_empty_goes_with_what_was_in_it() -> None:
    more = edit(FARM, SetText(("messages", "status", "ready"), "en", "Ready"))
    assert "messages:\n  status: {ready: {en: Ready}}" in more
    assert edit(more, SetText(("messages", "status", "ready"), "en", "")) == FARM
