"""The gate before a live node: a text without a mark is found, a changed one again, and a waiver lets it through."""

from dataclasses import replace

from flows import gate
from flows.gate import PHRASES, Unreviewed, Waiver
from flows.loader import load
from flows.phrases import Phrases
from flows.phrases import load as load_phrases
from flows.texts import Marks, entries
from flows.texts.marks import digest
from tests.store.test_library import FLOW

TEXT = FLOW.format(id="birth", menu=1, word="BIRTH")
NOW = 1_000_000
SIGNED = replace(load_phrases(), unsigned=frozenset())


def marked(text: str, *but: str) -> Marks:
    """Marks of every text but those at these places."""
    found = entries(load(text, "birth.yaml"))
    return Marks({"en": {digest(one, "en", "en"): "2026-11-29 Noy" for one in found if one.key not in but}})


def found(text: str, marks: Marks, phrases: Phrases = SIGNED) -> list[str]:
    return [one.key for one in gate.unreviewed([load(text, "birth.yaml")], phrases, marks, ("en", "lo"))]


def test_what_has_no_mark_is_held_back_and_what_has_one_is_not() -> None:
    assert len(found(TEXT, Marks())) == len(entries(load(TEXT, "birth.yaml")))
    assert found(TEXT, marked(TEXT)) == []
    assert found(TEXT, marked(TEXT, "title")) == ["title"]


def test_a_changed_text_loses_its_mark() -> None:
    assert found(TEXT.replace("Name?", "Full name?"), marked(TEXT)) == ["steps.0.text"]


def test_unsigned_phrases_are_held_back_only_in_languages_that_are_offered() -> None:
    phrases = replace(SIGNED, unsigned=frozenset({"lo", "lo-Latn"}))
    assert gate.unreviewed([load(TEXT, "a")], phrases, marked(TEXT), ("en", "lo")) == (Unreviewed("", "lo", PHRASES),)
    assert gate.unreviewed([load(TEXT, "a")], phrases, marked(TEXT), ("en",)) == ()


def test_words_in_a_language_that_nobody_can_choose_do_not_count() -> None:
    assert gate.unreviewed([load(TEXT, "a")], SIGNED, Marks(), ("lo",)) == ()


def test_a_waiver_lets_through_what_it_names_until_it_ends() -> None:
    texts = (Unreviewed("birth", "lo", "title"), Unreviewed("birth", "en", "title"))
    waiver = Waiver(1, "birth", "lo", "pilot", "Noy", NOW, NOW + 10)
    assert gate.held_back(texts, "birth", [waiver], NOW) == texts[1:]
    assert gate.held_back(texts, "health", [waiver], NOW) == texts
    assert gate.held_back(texts, "birth", [waiver], NOW + 10) == texts
    assert gate.held_back(texts, "birth", [replace(waiver, ended_by="anna", ended_at=NOW)], NOW) == texts
    assert gate.held_back(texts, "birth", [replace(waiver, flow="", language="")], NOW) == ()


def test_what_is_open_is_counted_in_words() -> None:
    texts = (Unreviewed("", "lo", PHRASES), Unreviewed("b", "lo", "title"), Unreviewed("b", "lo", "end"))
    assert gate.counted(texts) == "2 in lo, the channel's own words in lo"
    assert gate.counted(()) == ""
