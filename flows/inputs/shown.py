"""Shows an answer as its citizen reads it, and carries it to JSON and back."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from flows.fields import (
    AnyField,
    ChoiceField,
    CodeField,
    DateField,
    DecimalField,
    IntField,
    MultiField,
    NameField,
    PhoneField,
    RefField,
    TextField,
    TimeField,
    YesNoField,
)
from flows.inputs.days import dmy
from flows.inputs.figures import plain
from flows.inputs.phones import show_phone
from flows.inputs.refs import label
from flows.inputs.values import Value, shown_word
from flows.tables import Tables
from flows.text.lao import graphemes
from flows.text.measure import units

NOTHING: Final = "-"
"""What stands for an answer that was left empty."""

_LONG_NAME: Final = "ຄຳຫຼ້າ ພົມມະຈັນ "
_FIXED: Final = {"date": "31/12/2026", "time": "23:59", "phone": "+856 20 55 512 345"}


def show(field: AnyField, value: Any, language: str, tables: Tables) -> str:
    """The answer in words of this language; `-` when it was left empty."""
    if value is None:
        return NOTHING
    match field:
        case ChoiceField():
            return _choice(field, str(value), language)
        case MultiField():
            return ", ".join(_choice(field, key, language) for key in value)
        case RefField():
            places = tables.named(field.table)
            place = places.at(str(value))
            return label(places, place, language) if place else str(value)
        case PhoneField():
            return show_phone(str(value))
        case _:
            return show_value(value, language)


def show_value(value: Any, language: str) -> str:
    """A value that no field declares, such as a computed one."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return shown_word("yes" if value else "no", language)
    if isinstance(value, int | Decimal):
        return plain(value, language)
    if isinstance(value, date):
        return dmy(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _choice(field: ChoiceField | MultiField, key: str, language: str) -> str:
    text = field.choices.get(key)
    return text.say(language) if text else key


@lru_cache(maxsize=1024)
def _filler(count: int) -> str:
    """A natural Lao text of this many graphemes: citizens type Lao in every language of the menu."""
    text = ""
    while graphemes(text) < count:
        text += _LONG_NAME
    while graphemes(text) > count:
        text = text[:-1]
    return text


def longest(field: AnyField, language: str, tables: Tables) -> str:
    """The answer that takes the most room on a screen, as `show` would show it."""
    match field:
        case TextField() | NameField():
            return _filler(field.max)
        case IntField() | DecimalField():
            return _long_number(field, language)
        case DateField() | TimeField() | PhoneField():
            return _FIXED[field.type]
        case CodeField():
            return "0" * field.max
        case ChoiceField():
            return _widest([text.say(language) for text in field.choices.values()])
        case MultiField():
            chosen = sorted((text.say(language) for text in field.choices.values()), key=units)[-field.max :]
            return ", ".join(chosen)
        case YesNoField():
            return _widest([shown_word("yes", language), shown_word("no", language)])
        case RefField():
            return _widest_ref(field.table, field.level, language, tables)


def _long_number(field: IntField | DecimalField, language: str) -> str:
    number = _widest([plain(field.min, language), plain(field.max, language)])
    return number if isinstance(field, IntField) else number.split(",")[0].split(".")[0] + ",123456"


def _widest(texts: list[str]) -> str:
    return max(texts, key=units, default=NOTHING)


@lru_cache(maxsize=16)
def _widest_ref(table: str, level: str, language: str, tables: Tables) -> str:
    places = tables.named(table)
    return _widest([label(places, place, language) for place in places.every(level)])


def encode(field: AnyField | None, value: Value | None) -> Any:
    """The answer as JSON has it: dates ISO 8601, decimals numbers, several choices a list."""
    del field  # the value says it all; the field stands in the signature for `decode`'s sake
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return list(value) if isinstance(value, tuple) else value


def decode(field: AnyField, value: Any) -> Value | None:
    """The answer that `encode` made this JSON of."""
    match field:
        case _ if value is None:
            return None
        case DateField():
            return date.fromisoformat(value)
        case DecimalField():
            return Decimal(str(value))
        case MultiField():
            return tuple(value)
        case IntField():
            return int(value)
        case YesNoField():
            return bool(value)
        case _:
            return str(value)
