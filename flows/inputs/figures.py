"""Reads numbers as they are written in Laos (1.250,5), in England (1,250.5) and on a keypad (1250)."""

import re
from decimal import Decimal
from typing import Final, TypeVar

from flows.errors import Refusal
from flows.fields import DecimalField, IntField
from flows.inputs.values import Frame, tidy

_PLAIN: Final = re.compile(r"[+-]?[0-9]{1,18}")
_GROUPED: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3}){0,4}")
_SPLIT: Final = re.compile(r"([+-]?[0-9.,' ]*?)([.,])([0-9]{1,6})")
_AMBIGUOUS: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_NOT_DIGITS: Final = re.compile(r"[.,' ]")
_LOOKS: Final = re.compile(r"[+-]?[0-9][0-9.,' ]*")
_BLANKS: Final = re.compile(r"(?<=[+-]) ")

N = TypeVar("N", int, Decimal)


def read_int(field: IntField, text: str, _frame: Frame) -> int | Refusal:
    """A whole number; dots, commas or blanks may part its thousands."""
    text = _BLANKS.sub("", tidy(text))
    if not text:
        return Refusal("empty")
    if _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text):
        return _ranged(int(_NOT_DIGITS.sub("", text)), field.min, field.max)
    return Refusal("not_whole" if _LOOKS.fullmatch(text) else "not_a_number")


def read_decimal(field: DecimalField, text: str, frame: Frame) -> Decimal | Refusal:
    """A number with comma or dot; `1.250` may mean two numbers and is asked again."""
    text = _BLANKS.sub("", tidy(text))
    if not text:
        return Refusal("empty")
    if _AMBIGUOUS.fullmatch(text):
        small = plain(Decimal(text.replace(",", ".")), frame.language)
        return Refusal("two_numbers", {"large": _NOT_DIGITS.sub("", text), "small": small})
    value = _decimal(text)
    return Refusal("not_a_number") if value is None else _ranged(value, field.min, field.max)


def _decimal(text: str) -> Decimal | None:
    if _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text):
        return Decimal(_NOT_DIGITS.sub("", text))
    split = _SPLIT.fullmatch(text)
    if split is None:
        return None
    whole, mark, rest = split.groups()
    grouped = _GROUPED.fullmatch(whole)
    if not (whole in ("", "-", "+") or _PLAIN.fullmatch(whole) or (grouped and grouped[1] != mark)):
        return None
    return Decimal(f"{_NOT_DIGITS.sub('', whole)}.{rest}")


def _ranged(value: N, least: N, most: N) -> N | Refusal:
    if value < least:
        return Refusal("too_small", {"min": plain(least)})
    return Refusal("too_large", {"max": plain(most)}) if value > most else value


def plain(value: int | Decimal, language: str = "en") -> str:
    """The number without groups or trailing zeros; Lao writes the decimal comma."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language.startswith("lo") else text
