"""The phrase catalogue says the same things in every language."""

import re

import pytest

from flows.phrases import fill, load

PHRASES = load()
LANGUAGES = sorted(PHRASES.texts)


def test_the_three_languages_are_there() -> None:
    assert LANGUAGES == ["en", "lo", "lo-Latn"]
    assert PHRASES.names == {"en": "English", "lo": "ລາວ", "lo-Latn": "Lao (abc)"}
    assert PHRASES.unsigned == {"lo", "lo-Latn"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys(language: str) -> None:
    assert PHRASES.texts[language].keys() == PHRASES.texts["en"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_puts_in_the_same_values(language: str) -> None:
    for key, text in PHRASES.texts[language].items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", PHRASES.texts["en"][key])), key


def test_no_text_speaks_of_a_pin() -> None:
    for texts in PHRASES.texts.values():
        assert not [text for text in texts.values() if re.search(r"\bpin\b", text, re.IGNORECASE)]


def test_latin_texts_need_only_the_gsm_alphabet() -> None:
    for language in ("en", "lo-Latn"):
        assert all(text.isascii() for text in PHRASES.texts[language].values())


def test_a_value_is_not_read_for_placeholders() -> None:
    assert fill("{a} {b}", {"a": "{b}", "b": "1"}) == "{b} 1"
    assert fill("{gone}!", {}) == "!"


def test_an_unknown_language_speaks_english() -> None:
    assert PHRASES.say("hmn", "keys.next") == "9 Next"
