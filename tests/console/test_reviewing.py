"""Marks of what was reviewed: they hang on the words, go with a step that is moved, and fall with every change."""

import pytest

from console.studio.reviewing import place_names, seen_of, standing, ticks_of
from flows.editing import AddStep, Change, MoveStep, SetText, edit
from flows.editing.templates import starter
from flows.loader import load
from flows.texts import Entry, Marks, entries
from store.wording import Reviewed

KEY = "steps.1.text"
TEXT = starter("report")


def found(text: str = TEXT) -> tuple[Entry, ...]:
    return entries(load(text, "one.yaml"))


def one(text: str = TEXT, key: str = KEY) -> tuple[Entry, str]:
    return next(pair for pair in zip(found(text), place_names(found(text)), strict=True) if pair[0].key == key)


def reviewed(tag: str) -> tuple[Marks, dict[tuple[str, str], Reviewed]]:
    """The question in one language, as Noy reviewed it."""
    ((place, (mark, words)),) = seen_of(found(), "lo", [(KEY, tag)]).items()
    return Marks({tag: {mark: "2026-11-29 noy"}}), {place: Reviewed(mark, words, "noy", 7)}


def test_each_place_has_a_name_of_its_own() -> None:
    text = edit(edit(TEXT, AddStep(1, {"say": {"lo": "ກ"}})), AddStep(1, {"say": {"lo": "ກ"}}))
    names = place_names(found(text))
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("change", "key", "state"),
    [
        (SetText(("steps", 1, "text"), "en", "Tell us!"), KEY, "stale"),
        (SetText(("steps", 1, "text"), "lo", "ເລົ່າ"), KEY, "stale"),
        (SetText(("steps", 0, "text"), "en", "Another question"), KEY, "yes"),
        (MoveStep(1, 2), "steps.2.text", "yes"),
    ],
    ids=["words", "original", "another text", "moved"],
)
def test_a_mark_falls_with_its_words_and_their_original_and_with_nothing_else(
    change: Change, key: str, state: str
) -> None:
    marks, places = reviewed("en")
    entry, place = one(edit(TEXT, change), key)
    stands = standing(entry, place, "en", "lo", marks, places)
    assert stands.state == state
    assert (stands.was is not None) == (state == "stale")


def test_a_step_that_was_moved_and_changed_still_says_whose_review_it_lost() -> None:
    marks, places = reviewed("en")
    text = edit(edit(TEXT, MoveStep(1, 2)), SetText(("steps", 2, "text"), "en", "Tell us!"))
    entry, place = one(text, "steps.2.text")
    was = standing(entry, place, "en", "lo", marks, places).was
    assert was is not None
    assert was.by == "noy"


def test_what_nobody_read_is_neither() -> None:
    entry, place = one()
    assert standing(entry, place, "en", "lo", Marks(), {}).state == "no"
    assert standing(entry, place, "fr", "lo", Marks(), {}).state == "none"


def test_a_tick_is_of_the_words_on_the_page() -> None:
    entry, _ = one()
    words, name = entry.words["en"], f"{KEY}:en"
    ticked = {f"t:{name}": words, f"r:{name}": "1"}
    assert ticks_of(found(), "lo", ticked).accepted == [(KEY, "en")]
    theirs = ticked | {f"t:{name}": "what she saw was something else"}
    assert ticks_of(found(), "lo", theirs).accepted == []
    before = ticked | {f"s:{name}": "the mark of other words"}
    assert ticks_of(found(), "lo", before).accepted == [], "the box was ticked for the words before"


def test_a_tick_that_was_taken_off_takes_only_its_own_mark_back() -> None:
    marks, _ = reviewed("en")
    (mark,) = marks.by["en"]
    form = {f"t:{KEY}:en": "x", f"s:{KEY}:en": mark}
    assert ticks_of(found(), "lo", form).withdrawn == [("en", mark)]
    assert ticks_of(found(), "lo", form | {f"s:{KEY}:en": "of other words"}).withdrawn == []
