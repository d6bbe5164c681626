"""From a form to changes: only what differs becomes one, and a default that nobody wrote stays unwritten."""

from pathlib import Path

import pytest
from multidict import MultiDict

from console.studio.posted import changes_in, only_texts, path_of, standing
from console.words import LANGUAGES, Words, _read
from flows.editing import EditFault, LeadTo, SetText, SetValue

BIRTH = (Path(__file__).resolve().parents[2] / "flows" / "library" / "birth.yaml").read_text("utf-8")


def test_a_form_that_says_what_stands_there_changes_nothing() -> None:
    form = MultiDict(
        {"t:title:en": "Register a birth", "v:resume": "24h", "v:steps.6.none": "officer", "v:steps.0.goto": ""}
    )
    form.extend([("l:steps.0.once", ""), ("f:fields.child_name.optional", "1"), ("f:fields.child_name.optional", "")])
    form.extend({"v:fields.child_sex.sensitivity": "personal", "v:fields.village.table": "places"})
    assert changes_in(BIRTH, form) == []


def test_what_differs_becomes_a_change() -> None:
    form = MultiDict({"t:title:en": "Births", "v:fields.mother_age.max": "60", "v:steps.2.when": " late "})
    assert changes_in(BIRTH, form) == [
        SetText(("title",), "en", "Births"),
        SetValue(("fields", "mother_age", "max"), 60),
        SetValue(("steps", 2, "when"), "late"),
    ]


def test_a_list_keeps_its_order_and_takes_what_is_new_last() -> None:
    form = MultiDict([("l:entry.form", name) for name in ("", "village", "child_sex", "child_name")])
    assert changes_in(BIRTH, form) == [SetValue(("entry", "form"), ["child_sex", "village", "child_name"])]


def test_a_translator_sends_words_and_nothing_else() -> None:
    form = MultiDict({"t:title:en": "Births", "v:agency": "mine"})
    assert list(only_texts(form).keys()) == ["t:title:en"]


@pytest.mark.parametrize(
    ("dotted", "path"),
    [("steps.3.text", ("steps", 3, "text")), ("steps.3.options.1.goto", ("steps", 3, "options", "1", "goto"))],
)
def test_a_place_is_a_path(dotted: str, path: tuple[str | int, ...]) -> None:
    assert path_of(dotted) == path


def test_what_stands_somewhere_is_told_as_a_form_shows_it() -> None:
    assert standing(BIRTH, "t:title:en") == "Register a birth"
    assert standing(BIRTH, "v:fields.mother_age.max") == "59"
    assert standing(BIRTH, "v:steps.0.when") == ""


def test_every_word_is_there_in_each_language_and_no_file_takes_anothers() -> None:
    assert _read("lo").keys() == _read("en").keys()
    assert set(Words()) == set(LANGUAGES)


def test_named_values_codes_and_steps_without_a_name() -> None:
    form = MultiDict({"c:entry.sms": "BIRTH, ເກີດ KEUT", "p:computed.late": "days_since(birth_date) > 30"})
    assert changes_in(BIRTH, form) == []
    form = MultiDict(
        {"c:entry.ussd": "", "p:computed.late": "", "p:fields.child_sex.code.f": "02", "v:steps.0.goto": "#4"}
    )
    form.extend([("n:computed", "early"), ("n:computed", "not late")])
    assert changes_in(BIRTH, form) == [
        SetValue(("entry", "ussd"), None),
        SetValue(("computed", "late"), None),
        SetValue(("fields", "child_sex", "code", "f"), "02"),
        LeadTo(("steps", 0, "goto"), 3),
        SetValue(("computed", "early"), "not late"),
    ]


@pytest.mark.parametrize(
    ("values", "said"),
    [(("late", "1"), "a `late` already"), (("Late", "1"), "small letters"), (("early", ""), "a name and a value")],
)
def test_one_more_named_value_is_whole_and_new(values: tuple[str, str], said: str) -> None:
    with pytest.raises(EditFault, match=said):
        changes_in(BIRTH, MultiDict([("n:computed", one) for one in values]))
