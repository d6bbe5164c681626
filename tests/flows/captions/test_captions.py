"""Captions: every language has all of them, with the same values in the same places."""

import re
from string import Formatter

import pytest

from flows.captions import _texts, captions, languages

ENGLISH = captions("en").texts
DESK = ["lo"]
"""The languages that the desk speaks besides English: they have everything."""


def values(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def test_the_languages_of_the_desk_are_there() -> None:
    assert set(languages()) >= {"en", "lo"}
    assert captions("xx").language == "en"


@pytest.mark.parametrize("language", DESK)
def test_the_languages_of_the_desk_have_all_captions(language: str) -> None:
    assert _texts(language).keys() == ENGLISH.keys()


@pytest.mark.parametrize("language", languages())
def test_every_caption_puts_in_the_same_values(language: str) -> None:
    texts = captions(language).texts
    assert texts.keys() == ENGLISH.keys()
    assert {key for key in texts if values(texts[key]) != values(ENGLISH[key])} == set()


def test_a_value_with_a_brace_is_a_value() -> None:
    assert captions("en")("branch.if", condition="{x}") == "if {x}"


def test_lao_captions_are_lao() -> None:
    latin = {key for key, words in captions("lo").texts.items() if not re.search(r"[\u0e80-\u0eff]", words)}
    assert latin == {"storyboard.segments"}
