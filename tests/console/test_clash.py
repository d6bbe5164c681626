"""Two people at one service: what the second one wrote goes to the step it was written for, or is there to be read."""

import pytest
from multidict import MultiDict

from console.studio.clash import Clash, clash
from console.studio.posted import standing
from flows.editing import AddStep, DeleteStep, MoveStep, SetText, edit
from flows.editing.templates import starter
from store.draft_values import Stale

BEFORE = starter("report")
SAY = {"lo": "ກ", "en": "New"}


def told(theirs: str, form: dict[str, str], step: int | None = 1, before: str = BEFORE) -> Clash:
    return clash(Stale("noy", 7, 3, theirs, "", before), MultiDict(form), step)


def test_what_only_the_other_one_changed_is_not_told_as_mine() -> None:
    theirs = edit(BEFORE, SetText(("steps", 1, "text"), "en", "Theirs"))
    form = {"t:steps.1.text:lo": "ຂອງຂ້ອຍ", "t:steps.1.text:en": standing(BEFORE, "t:steps.1.text:en")}
    (pair,) = told(theirs, form).pairs
    assert (pair.name, pair.mine) == ("t:steps.1.text:lo", "ຂອງຂ້ອຍ")


@pytest.mark.parametrize(
    ("theirs", "name", "step"),
    [
        (edit(BEFORE, AddStep(0, {"say": SAY})), "t:steps.2.text:en", 2),
        (edit(BEFORE, MoveStep(1, 2)), "t:steps.2.text:en", 2),
        (edit(BEFORE, DeleteStep(1, "drop")), "", None),
    ],
    ids=["added before it", "moved", "deleted"],
)
def test_words_follow_their_step(theirs: str, name: str, step: int | None) -> None:
    both = told(theirs, {"t:steps.1.text:en": "Mine"})
    (pair,) = both.pairs
    assert (pair.name, pair.mine, both.step) == (name, "Mine", step)
    assert both.saveable == bool(name)
    assert pair.theirs == (standing(BEFORE, "t:steps.1.text:en") if name else "")


def test_choices_marks_and_lists_come_along_as_they_were_sent() -> None:
    theirs = edit(BEFORE, AddStep(0, {"say": SAY}))
    form = MultiDict(
        [("f:fields.words.optional", "1"), ("f:fields.words.optional", ""), ("v:steps.1.when", "what = 'a'")]
    )
    both = clash(Stale("noy", 7, 3, theirs, "", BEFORE), form, 1)
    assert [(one.name, one.values, one.typed) for one in both.pairs] == [
        ("f:fields.words.optional", ("1", ""), False),
        ("v:steps.2.when", ("what = 'a'",), False),
    ]


def test_a_new_choice_is_kept_while_its_step_is_there() -> None:
    form = {"do": "option", "label-en": "Another", "label-goto": "x", "new-id": ""}
    both = told(edit(BEFORE, AddStep(0, {"say": SAY})), form, 0)
    assert [one.name for one in both.pairs] == ["label-en", "label-goto"]
    assert (both.do, both.step) == ("option", 1)
    gone = told(edit(BEFORE, DeleteStep(0, "drop")), form, 0)
    assert [(one.name, one.mine) for one in gone.pairs] == [("", "Another"), ("", "x")]
    assert (gone.do, gone.saveable) == ("", False)


def test_the_name_that_a_step_had_is_nothing_new() -> None:
    assert told(edit(BEFORE, AddStep(0, {"say": SAY})), {"new-id": "", "label-goto": "x"}).pairs == ()
    (pair,) = told(edit(BEFORE, AddStep(0, {"say": SAY})), {"new-id": "tell"}).pairs
    assert pair.name == "new-id"


def test_without_the_text_that_both_began_from_all_that_differs_is_shown() -> None:
    theirs = edit(BEFORE, SetText(("steps", 1, "text"), "en", "Theirs"))
    (pair,) = told(theirs, {"t:steps.1.text:en": "Mine"}, before="").pairs
    assert (pair.theirs, pair.mine) == ("Theirs", "Mine")
