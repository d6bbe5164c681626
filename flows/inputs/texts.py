"""Reads words: a free text, and a person's name."""

from typing import Final
from unicodedata import category

from flows.errors import Refusal
from flows.fields import NameField, TextField
from flows.inputs.values import MAX_INPUT, Frame, tidy
from flows.text.lao import graphemes, is_mark

_KEYS: Final = frozenset({"0", "00", "9"})
_QUOTES: Final = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "`": "'"})
_IN_NAMES: Final = frozenset(" -.'’()/,")


def read_text(field: TextField, text: str, _frame: Frame) -> str | Refusal:
    """A text as typed, cleaned; a lone 0, 00 or 9 is a key and no answer."""
    return _sized(tidy(text), field.min, field.max)


def read_name(field: NameField, text: str, _frame: Frame) -> str | Refusal:
    """A name: letters of any script, blanks and - . ' ( ) / , ; a title typed with it stays."""
    name = tidy(text).translate(_QUOTES)
    sized = _sized(name, field.min, field.max)
    if isinstance(sized, Refusal):
        return sized
    letters = [letter for letter in name if category(letter).startswith("L")]
    if not letters or not all(letter in _IN_NAMES or _is_letter(letter) for letter in name):
        return Refusal("not_a_name")
    return name


def _is_letter(letter: str) -> bool:
    return category(letter).startswith("L") or is_mark(letter)


def _sized(text: str, least: int, most: int) -> str | Refusal:
    if not text:
        return Refusal("empty")
    if text in _KEYS:
        return Refusal("only_a_key")
    if len(text) > MAX_INPUT or graphemes(text) > most:
        return Refusal("too_long", {"max": most})
    return Refusal("too_short", {"min": least}) if graphemes(text) < least else text
