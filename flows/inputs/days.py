"""Reads dates and times of day: with or without separators, in words, in the Buddhist calendar."""

import re
from datetime import date, timedelta
from typing import Final

from flows.errors import Refusal
from flows.fields import DateField, TimeField
from flows.inputs.values import Confirm, Frame, months, tidy, words
from flows.text.lao import match_key
from flows.turn import Clock

FIRST: Final = date(1900, 1, 1)
LAST: Final = date(2099, 12, 31)
OUR_AGE: Final = 2026
"""No clock that says an earlier year is right."""
BUDDHIST: Final = range(2440, 2641)
BUDDHIST_SHIFT: Final = 543

_RUN: Final = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
_YEAR_RUN: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTS: Final = re.compile(r"(\d{1,2})[ /.,\-]{1,3}(\d{1,2})[ /.,\-]{1,3}(\d{4}|\d{2})")
_YEAR_PARTS: Final = re.compile(r"(\d{4})[ /.,\-]{1,3}(\d{1,2})[ /.,\-]{1,3}(\d{1,2})")
_NAMED: Final = re.compile(r"(\d{1,2})[ .,\-/]*([^\W\d][^\d]*?)[ .,\-/]*(\d{4}|\d{2})")
_ERA: Final = re.compile(r"\s*(ພ\.?ສ\.?|ຄ\.?ສ\.?|b\.?e\.?|a\.?d\.?)\s*$", re.IGNORECASE)
_DAYS: Final = (("today", 0), ("yesterday", -1), ("tomorrow", 1))

_CLOCK: Final = re.compile(r"(\d{1,2})(?:\s*[:.,h ]\s*(\d{2}))?\s*(?:ໂມງ|h|(am|pm))?", re.IGNORECASE)
_CLOCK_RUN: Final = re.compile(r"(\d{1,2})(\d{2})")
_NOON: Final = 12


def read_date(field: DateField, text: str, frame: Frame) -> date | Refusal | Confirm:
    """A day, within the field's limits; a Buddhist year is converted and to be confirmed."""
    text = tidy(text)
    if not text:
        return Refusal("empty")
    if not text[0].isdigit():
        spoken = match_key(text)
        for group, shift in _DAYS:
            if spoken in words(group):
                if frame.clock == "doubtful":
                    return Refusal("not_a_date")
                return _limited(field, frame.today + timedelta(days=shift), frame)
    read = _parts(_ERA.sub("", text))
    if read is None:
        return Refusal("not_a_date")
    return _dated(field, frame, *read)


def limits(field: DateField, today: date, clock: Clock = "good") -> tuple[date, date]:
    """The first and the last day that the field takes; a doubtful clock leaves out limits that hang on today."""
    least, most = field.min, field.max
    if clock == "doubtful":
        least = None if least is None or least.relative else least
        most = None if most is None or most.relative else most
    return (least.on(today) if least else FIRST), (most.on(today) if most else LAST)


def unchecked(field: DateField) -> bool:
    """Whether a doubtful clock leaves a limit of this field unchecked."""
    return any(bound is not None and bound.relative for bound in (field.min, field.max))


def dmy(day: date) -> str:
    """As every date is shown: 02/11/2026."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _parts(text: str) -> tuple[int, int, str] | None:
    """Day, month and the year as typed."""
    if found := _RUN.fullmatch(text) or _PARTS.fullmatch(text):
        day, month = int(found[1]), int(found[2])
        if month <= 12 or not _YEAR_RUN.fullmatch(text):  # noqa: PLR2004 - months of a year
            return day, month, found[3]
    if found := _YEAR_RUN.fullmatch(text) or _YEAR_PARTS.fullmatch(text):
        return int(found[3]), int(found[2]), found[1]
    if (found := _NAMED.fullmatch(text)) and (month := months().get(match_key(found[2]), 0)):
        return int(found[1]), month, found[3]
    return None


def _dated(field: DateField, frame: Frame, day: int, month: int, year: str) -> date | Refusal | Confirm:
    if len(year) == 2:  # noqa: PLR2004 - a year of two digits
        return _short_year(field, frame, day, month, int(year))
    if int(year) in BUDDHIST:
        return _buddhist(field, frame, day, month, int(year))
    return _limited(field, _day(int(year), month, day), frame)


def _short_year(field: DateField, frame: Frame, day: int, month: int, year: int) -> date | Refusal | Confirm:
    """The century in which the field's limits allow it; the later one when both do, but not far in the future."""
    first, last = limits(field, frame.today, frame.clock)
    found = [made for century in (2000, 1900) if (made := _day(century + year, month, day)) is not None]
    allowed = [made for made in found if first <= made <= last]
    near = [made for made in allowed if made.year <= max(frame.today.year, OUR_AGE) + 10]
    if near or allowed:
        return (near or allowed)[0]
    thai = _buddhist(field, frame, day, month, 2500 + year)
    return thai if isinstance(thai, Confirm) else _limited(field, found[0] if found else None, frame)


def _buddhist(field: DateField, frame: Frame, day: int, month: int, year: int) -> Refusal | Confirm:
    made = _limited(field, _day(year - BUDDHIST_SHIFT, month, day), frame)
    if isinstance(made, Refusal):
        return made
    return Confirm(made, f"{day:02}/{month:02}/{year} = {dmy(made)}")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _limited(field: DateField, day: date | None, frame: Frame) -> date | Refusal:
    if day is None:
        return Refusal("not_a_date")
    first, last = limits(field, frame.today, frame.clock)
    if day < first:
        return Refusal("too_early", {"min": dmy(first)})
    return Refusal("too_late", {"max": dmy(last)}) if day > last else day


def read_time(field: TimeField, text: str, _frame: Frame) -> str | Refusal:
    """A time of day: 0930, 9.30, 9:30, 9 pm, 14 ໂມງ."""
    text = tidy(text)
    if not text:
        return Refusal("empty")
    found = (_CLOCK_RUN.fullmatch(text) if text.isdigit() else None) or _CLOCK.fullmatch(text)
    if found is None:
        return Refusal("not_a_time")
    hour, minute = int(found[1]), int(found[2] or 0)
    half = (found[3] or "").lower() if found.re is _CLOCK else ""
    if half:
        if not 1 <= hour <= _NOON:
            return Refusal("not_a_time")
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    if hour > 23 or minute > 59:  # noqa: PLR2004 - a day has 24 hours
        return Refusal("not_a_time")
    time = f"{hour:02}:{minute:02}"
    if time < field.min:
        return Refusal("too_early", {"min": field.min})
    return Refusal("too_late", {"max": field.max}) if time > field.max else time
