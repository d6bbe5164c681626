"""Edits of the six services: what comes out loads, and everything that was not meant is byte for byte the same."""

import difflib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.check import check
from flows.editing import (
    AddLanguage,
    AddOption,
    AddStep,
    AddTest,
    Change,
    CopyStep,
    DeleteStep,
    EditFault,
    HeldFault,
    MoveStep,
    RemoveKey,
    RemoveTest,
    RenameField,
    RenameStep,
    SetText,
    SetValue,
    Together,
    edit,
    needed_by,
    new_flow,
)
from flows.editing.templates import TEMPLATES, starter
from flows.loader import load
from flows.texts import entries
from flows.yamltext import read_yaml
from sala.services import check_all, material

LIBRARY = Path(__file__).resolve().parents[3] / "flows" / "library"
SERVICES = tuple(sorted(path for path in LIBRARY.glob("*.yaml") if path.stem not in ("person", "place")))
BIRTH = (LIBRARY / "birth.yaml").read_text("utf-8")
LAO = st.text("ກຂຄງຈສຊຍດ່້າິີ ,:#'\"{}[]!&*-?|>%@`ab1", min_size=1, max_size=30)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)


def _remarks(text: str) -> list[str]:
    return sorted(found[1] for line in text.splitlines() if (found := re.search(r"(?:^|\s)(#\s.*)$", line)))


def _changed(before: str, after: str) -> tuple[list[str], list[str]]:
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


@st.composite
def changes(draw: st.DrawFn, text: str) -> Change:
    flow = load(text, "x")
    step = st.integers(0, len(flow.steps) - 1)
    at = draw(step)
    tags = st.sampled_from(flow.languages)
    key = draw(st.sampled_from([one.key for one in entries(flow)]))
    path: tuple[str | int, ...] = tuple(int(part) if part.isdigit() and at_ == 1 else part for at_, part in _parts(key))
    field = draw(st.sampled_from(sorted(flow.fields)))
    label = dict.fromkeys(flow.languages, "ກ")
    kinds: list[st.SearchStrategy[Change]] = [
        st.builds(SetText, st.just(path), tags, LAO),
        st.builds(SetText, st.just(("steps", at, "help")), tags, LAO),
        st.builds(SetValue, st.just(("steps", at, "when")), st.sampled_from([f"answered({field})", None])),
        st.builds(MoveStep, st.just(at), step),
        st.builds(CopyStep, st.just(at)),
        st.builds(DeleteStep, st.just(at), st.sampled_from(["refuse", "next", "drop"])),
        st.builds(RenameStep, st.just(at), NAMES),
        st.builds(RenameField, st.just(field), NAMES),
        st.builds(AddLanguage, st.just("vi")),
        st.builds(AddStep, step, st.just({"say": label})),
        st.builds(
            AddStep,
            step,
            NAMES.map(lambda name: {"ask": name, "text": label}),
            st.just({}),
        ),
        st.builds(AddOption, st.just(("fields", field, "choices")), NAMES, st.just(label)),
        st.just(RemoveKey(("fields", field, "why"))),
        st.just(RemoveTest(0)),
    ]
    return draw(st.one_of(kinds))


def _parts(key: str) -> list[tuple[int, str]]:
    return list(enumerate(key.split(".")))


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(SERVICES))
def test_a_few_edits_leave_a_file_that_loads_and_its_remarks(data: st.DataObject, path: Path) -> None:
    _edited(data, path)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(SERVICES))
def test_any_edits_leave_a_file_that_loads_and_its_remarks(data: st.DataObject, path: Path) -> None:
    _edited(data, path)


def _edited(data: st.DataObject, path: Path) -> None:
    text = path.read_text("utf-8")
    for _ in range(data.draw(st.integers(1, 5))):
        change = data.draw(changes(text))
        try:
            after = edit(text, change, path.name)
        except EditFault:
            continue
        load(after, path.name)
        if not isinstance(change, DeleteStep | RemoveTest | RemoveKey):
            assert _remarks(after) == _remarks(text), change
        kept = set(after.splitlines())
        gone = [line for line in text.splitlines() if line not in kept]
        if isinstance(change, AddStep | MoveStep | AddTest):
            assert not gone, change
        if isinstance(change, SetText):
            assert len(gone) <= 1, change
        text = after


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.stem))
def test_setting_what_stands_there_changes_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    flow = load(text, path.name)
    one = entries(flow)[-1]
    where = tuple(int(part) if part.isdigit() else part for part in one.key.split("."))
    assert edit(text, SetText(where, "lo", one.words["lo"])) == text


def test_a_text_is_changed_in_its_own_line_and_style() -> None:
    gone, new = _changed(BIRTH, edit(BIRTH, SetText(("title",), "lo", "ເກີດ")))
    assert gone == ["title: {lo: ແຈ້ງເກີດ, lo-Latn: Cheng koet, en: Register a birth}"]
    assert new == ["title: {lo: ເກີດ, lo-Latn: Cheng koet, en: Register a birth}"]


def test_a_remark_behind_a_value_stays_behind_it() -> None:
    after = edit(BIRTH, RenameField("mother_age", "her_age"))
    assert "  safeguarding: her_age < 15 or her_age > 50   # for the officer; nothing is said to the phone" in after
    assert not re.search(r"\bmother_age\b", after)


def test_a_step_that_others_lead_to_is_not_taken_away_unasked() -> None:
    place = next(at for at, step in enumerate(load(BIRTH, "b").steps) if step.id == "officer")
    with pytest.raises(HeldFault, match="`none` of step 7:ask:village"):
        edit(BIRTH, DeleteStep(place))
    assert "none:" not in edit(BIRTH, DeleteStep(place, "drop"))
    after = load(edit(BIRTH, DeleteStep(place, "next")), "b")
    assert after.step_ids == {"officer-2": place}


def test_a_question_that_others_need_says_who_they_are() -> None:
    held = needed_by(read_yaml(BIRTH).data, 3)
    assert held == [
        "the condition or calculation `several`",
        "the one-message form",
        "the check page of step 11:confirm",
        "the check page of step 16:confirm",
    ]
    after = load(edit(BIRTH, DeleteStep(3, "drop")), "b")
    assert "birth_type" not in after.steps[9].model_dump_json()


def test_all_of_several_changes_are_made_or_none() -> None:
    good, bad = SetText(("title",), "en", "Births"), RenameStep(99, "x")
    assert "Births" in edit(BIRTH, Together((good,)))
    with pytest.raises(EditFault, match="no longer in the service"):
        edit(BIRTH, Together((good, bad)))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("x" * 1_048_576, "1,048,576 characters, at most 2,000 fit"),
        ("a\x07b", "character 2 is a control mark (U+0007)"),
        ("the fee is {fee", "a brace stands alone"),
        ("{Fee}", "a brace stands alone"),
    ],
)
def test_bad_words_are_refused_in_a_sentence(words: str, sentence: str) -> None:
    with pytest.raises(EditFault, match=re.escape(sentence)):
        edit(BIRTH, SetText(("title",), "en", words))


def test_words_that_yaml_could_misread_come_back_as_they_were() -> None:
    for words in ("yes", "1", "01", "a: b", "# no remark", "- item", '"', "two\nlines", "~", "{ref} {dial}", "null"):
        flow = load(edit(BIRTH, SetText(("steps", 0, "text"), "en", words)), "b")
        assert flow.steps[0].model_dump()["text"]["en"] == words


def test_what_the_format_does_not_take_is_refused_with_the_reason() -> None:
    with pytest.raises(EditFault):
        edit(BIRTH, SetValue(("fields", "mother_age", "max"), "many"))
    with pytest.raises(EditFault):
        edit(BIRTH, RenameStep(0, "No Good Id"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_becomes_a_service_that_may_be_published(name: str) -> None:
    text = new_flow(starter(name), id_="well", agency="water", title={"en": "A well"}, menu=40, keyword="WELL")
    flow = load(text, "well.yaml")
    assert [found for found in check_all([flow], material(None)) if found.severity == "error"] == []
    assert text.count("#") >= 2
    assert flow.title.say("en") == "A well"
    assert check(flow, prove=False) is not None


def test_a_service_becomes_another_one() -> None:
    text = new_flow(BIRTH, id_="death", agency="civil-registry", title={"en": "Register a death"}, menu=41)
    assert "submit: death-help" in text
    assert _remarks(text) == _remarks(BIRTH)
    assert [one for one in check_all([load(text, "d")], material(None)) if one.severity == "error"] == []
