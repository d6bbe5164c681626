"""Spans of time as an author writes them: `24h`, `30d`, and the date limits `today - 18y` or `2026-11-02`."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, PlainValidator

_UNITS = {"m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,5}) ?([mhd])")
_OFFSET = re.compile(r"today(?: *([+-]) *([0-9]{1,5}) ?([dmy]))?")
_LAST_YEAR = 9999


def seconds(text: object) -> int:
    """Read `15m`, `24h` or `30d` as seconds; raises ValueError with a sentence for the author."""
    found = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("write a number and m, h or d, for example 24h or 30d")
    return int(found[1]) * _UNITS[found[2]]


Seconds = Annotated[int, BeforeValidator(seconds)]


@dataclass(frozen=True, slots=True)
class DateBound:
    """The smallest or largest date of a field: a fixed date, or `today` moved by days, months or years."""

    source: str
    fixed: date | None = None
    number: int = 0
    unit: str = "d"

    @property
    def relative(self) -> bool:
        """Whether it hangs on the day of the clock."""
        return self.fixed is None

    def on(self, today: date) -> date:
        """The limit on this day; a day that a month lacks becomes the month's last (29 February, 31 April)."""
        if self.fixed is not None:
            return self.fixed
        if self.unit == "d":
            return _by_days(today, self.number)
        return _by_months(today, self.number * (12 if self.unit == "y" else 1))


def date_bound(text: object) -> DateBound:
    """Read a date limit; raises ValueError with a sentence for the author."""
    if isinstance(text, DateBound):
        return text
    source = text.strip() if isinstance(text, str) else str(text)
    if found := _OFFSET.fullmatch(source):
        number = int(found[2] or 0) * (-1 if found[1] == "-" else 1)
        return DateBound(source, None, number, found[3] or "d")
    try:
        return DateBound(source, date.fromisoformat(source))
    except ValueError:
        raise ValueError("write a date as 2026-11-02, or today, today - 18y, today + 30d, today - 6m") from None


def _by_days(today: date, number: int) -> date:
    try:
        return today + timedelta(days=number)
    except OverflowError:
        return date.max if number > 0 else date.min


@lru_cache(maxsize=256)
def _by_months(today: date, number: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 + number, 12)
    if not 1 <= year <= _LAST_YEAR:
        return date.max if number > 0 else date.min
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _source(bound: Any) -> str:
    return str(bound.source)


Bound = Annotated[DateBound, PlainValidator(date_bound), PlainSerializer(_source, return_type=str)]
