"""What reading an answer needs and what it may come to."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from flows.tables import Tables
from flows.text.lao import clean, fold_digits, match_key
from flows.turn import Clock

Value = str | int | bool | Decimal | date | tuple[str, ...]
"""An answer. int for `int`, Decimal for `decimal`, date for `date`, bool for `yesno`, a tuple of keys for `multi`; the
rest are text: `time` as HH:MM, `phone` as E.164, `choice` and `ref` as their key."""

MAX_INPUT: Final = 1000
"""Characters of one answer that are looked at; the rest of a longer one is refused unread."""


class Frame(msgspec.Struct, frozen=True):
    """What an answer is read against.

    Attributes:
        today: in the node's time zone. scope: the answers given before. district: the node's own. country: ISO 3166.
        clock: while it is doubtful, nothing is refused for its distance from today.
    """

    language: str
    today: date
    tables: Tables
    scope: Mapping[str, Any] = {}
    district: str = ""
    country: str = "LA"
    clock: Clock = "good"


@dataclass(frozen=True, slots=True)
class Choose:
    """The answer may mean one of these: (value, label), at most eight, in the order to be numbered."""

    candidates: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Confirm:
    """The answer was converted, and the citizen is to confirm it: `shown` says from what to what."""

    value: Value
    shown: str


def tidy(text: str) -> str:
    """An answer as every reader wants it: cleaned, digits as 0-9, runs of blanks as one."""
    return " ".join(fold_digits(clean(text[: MAX_INPUT + 1])).split())


@cache
def words(group: str) -> Mapping[str, str]:
    """Match key -> language of every word of a group."""
    return {match_key(word): language for language, spoken in _all()[group].items() for word in spoken}


@cache
def shown_word(group: str, language: str) -> str:
    """How a word of this group is shown: the first one in the language, else in English."""
    spoken = _all()[group]
    return str(spoken.get(language, spoken["en"])[0])


@cache
def months() -> Mapping[str, int]:
    """Match key -> number of the month."""
    return {match_key(name): number for names in _all()["months"].values() for number, name in enumerate(names, 1)}


@cache
def _all() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


def numbers(count: int) -> tuple[str, ...]:
    """The keys of `count` options: from 1, without 9, which always turns the page."""
    return tuple([str(n) for n in range(1, count + 2) if n != 9][:count])  # noqa: PLR2004 - the key that turns pages
