"""Classes of answers: for one question a few inputs that stand for all others, the likely one among them."""

import ast
import calendar
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from flows.errors import Refusal
from flows.explorer.codes import code_like
from flows.expressions import Expression
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
from flows.inputs import Choose, Confirm, Frame, numbers, read, show
from flows.inputs.days import limits
from flows.inputs.shown import longest
from flows.text.measure import units

Kind = Literal["answer", "option", "choose", "sure", "bad"]
LIKELY: Final = 10
"""Weight of the answer that most people give; the others of a typed field weigh 1."""
MANY: Final = 40
"""Beginnings of names that are tried until one means several rows."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """One input, and what the field makes of it.

    Attributes:
        kind: `answer` typed and taken, `option` a numbered one, `choose` may mean several rows, `sure` is asked back,
            `bad` is refused. reason: why, of a bad one. weight: how many of a hundred people might type this class.
        room: units that the answer takes where it is shown.
    """

    text: str
    kind: Kind
    reason: str = ""
    weight: int = 1
    room: int = 0


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("samples.toml").read_text("utf-8"))


def word(group: str, language: str) -> str:
    """The sample of a group in this language, else in English, else the one for any."""
    spoken = _words()[group]
    return spoken.get(language) or spoken.get("en") or spoken["any"]


def samples(field: AnyField, frame: Frame, marks: Iterable[Any] = ()) -> tuple[Sample, ...]:
    """Inputs for each class of answers to this field, each read by the field itself.

    Args:
        field: the field.
        frame: what its answers are read against.
        marks: values at which a condition turns (see `turning`): both sides of each are tried.
    """
    tried = dict.fromkeys(text for text in (*_typed(field, frame), *_around(field, frame, marks)) if text)
    likely = likely_text(field, frame)
    found = [_sample(field, text, frame, likely) for text in tried]
    found += [Sample(text, "bad", reason) for text, reason in _bad(field, frame)]
    return tuple(found)


def never_fits(field: AnyField, frame: Frame) -> bool:
    """Whether it is certain that no input fits: limits that leave nothing, or a table without such rows."""
    match field:
        case IntField() | DecimalField():
            return field.min > field.max
        case DateField():
            first, last = limits(field, frame.today)
            return first > last
        case RefField():
            return field.table in frame.tables and not frame.tables.named(field.table).every(field.level)
        case _:
            return False


def _sample(field: AnyField, text: str, frame: Frame, likely: str) -> Sample:
    value = read(field, text, frame)
    match value:
        case Refusal():
            return Sample(text, "bad", value.reason)
        case Choose():
            return Sample(text, "choose")
        case Confirm():
            return Sample(text, "sure")
        case _:
            option = isinstance(field, ChoiceField | YesNoField)
            room = units(show(field, value, frame.language, frame.tables), "ucs2")
            weight = _share(field, text) if option else LIKELY if text == likely else 1
            return Sample(text, "option" if option else "answer", weight=weight, room=room)


def _share(field: AnyField, key: str) -> int:
    """An author puts first what most people choose: each further option is taken by half as many; yes and no alike."""
    if not isinstance(field, ChoiceField):
        return LIKELY
    return max(1, LIKELY >> numbers(len(field.choices)).index(key))


def likely_text(field: AnyField, frame: Frame) -> str:
    """What most people would type: the middle of what the field takes, in their own script."""
    match field:
        case NameField() | TextField():
            return _worded(field, frame.language)
        case IntField() | DecimalField():
            return str(min(max(24, int(field.min) + (field.min != int(field.min))), int(field.max)))
        case DateField():
            first, last = limits(field, frame.today)
            return _typed_day(min(max(frame.today - 3 * DAY, first), last))
        case TimeField():
            return min(max("09:30", field.min), field.max).replace(":", "")
        case PhoneField():
            return "02055512345"
        case CodeField():
            return code_like(field) or ""
        case MultiField():
            return "".join(numbers(len(field.choices))[: max(field.min, 1)])
        case RefField():
            return _rows(field, frame)[0]
        case ChoiceField() | YesNoField():
            return "1"


def _worded(field: NameField | TextField, language: str) -> str:
    text = word("name" if isinstance(field, NameField) else "text", language)
    if len(text) > field.max:
        text = text[: field.max].strip()
    return text.ljust(field.min, text[-1]) if len(text) < field.min else text


def _typed(field: AnyField, frame: Frame) -> Iterator[str]:
    yield likely_text(field, frame)
    match field:
        case NameField() | TextField():
            yield longest(field, frame.language, frame.tables)
        case IntField() | DecimalField():
            yield from (str(field.min), str(field.max))
        case DateField():
            yield from map(_typed_day, limits(field, frame.today))
            yield _buddhist(field, frame)
        case TimeField():
            yield from (field.min.replace(":", ""), field.max.replace(":", ""))
        case ChoiceField():
            yield from numbers(len(field.choices))
        case YesNoField():
            yield from ("1", "2")
        case MultiField():
            yield from _several(field)
        case RefField():
            yield from _rows(field, frame)[1:]
        case PhoneField() | CodeField():
            pass


def _several(field: MultiField) -> Iterator[str]:
    """Each alone, and as many as may be, the widest first."""
    keys = numbers(len(field.choices))
    yield from keys
    ordered = sorted(zip(keys, field.choices.values(), strict=True), key=lambda one: -units(one[1].say("")))
    yield " ".join(key for key, _ in ordered[: field.max])


def _rows(field: RefField, frame: Frame) -> list[str]:
    """A row that is not the first of the table, the widest one, letters that mean several; "" where there is none."""
    places = frame.tables.named(field.table)
    within = frame.district if field.within == "district" else frame.scope.get(field.within, "")
    rows = [one for one in places.every(field.level) if places.is_within(one.code, within or "")]
    if not rows:
        return [""]
    near = next((one for one in rows if frame.district and places.is_within(one.code, frame.district)), rows[0])
    widest = max(rows, key=lambda one: units(show(field, one.code, frame.language, frame.tables), "ucs2"))
    names = dict.fromkeys(one.name(frame.language)[:count] for one in rows[:MANY] for count in (3, 2, 4))
    several = next((name for name in names if isinstance(read(field, name, frame), Choose)), "")
    return [near.code, widest.code, several]


def _buddhist(field: DateField, frame: Frame) -> str:
    first, last = limits(field, frame.today)
    day = min(max(frame.today - 3 * DAY, first), last)
    return f"{day.day:02}{day.month:02}{day.year + 543:04}"


def _typed_day(day: date) -> str:
    return f"{day.day:02}{day.month:02}{day.year:04}"


def _bad(field: AnyField, frame: Frame) -> Iterator[tuple[str, str]]:
    """Inputs just outside, and one that is no answer at all; only those that are really refused."""
    for text in _outside(field, frame):
        value = read(field, text, frame)
        if isinstance(value, Refusal):
            yield text, value.reason


def _outside(field: AnyField, frame: Frame) -> Iterator[str]:
    match field:
        case NameField() | TextField():
            yield longest(field, frame.language, frame.tables) + "ກກ"
            yield "ກ" * (field.min - 1)
            yield "?1"
        case IntField() | DecimalField():
            yield from ("abc", str(field.min - 1), str(field.max + 1), "2,5")
        case DateField():
            first, last = limits(field, frame.today)
            yield "31022020"
            yield from (_typed_day(day) for day in _beside(first, last))
        case TimeField():
            yield "2561"
        case PhoneField():
            yield "12"
        case CodeField():
            yield "?"
        case ChoiceField() | YesNoField():
            yield "99"
        case MultiField():
            yield "99"
            yield " ".join(numbers(len(field.choices))[: field.max + 1])
        case RefField():
            yield word("nobody", frame.language)


def _beside(first: date, last: date) -> Iterator[date]:
    if first > date.min:
        yield first - DAY
    if last < date.max:
        yield last + DAY


def turning(expression: Expression) -> tuple[Any, ...]:
    """The literals that a condition compares with: where its truth may turn."""
    constants = (node.value for node in ast.walk(expression.tree) if isinstance(node, ast.Constant))
    return tuple(value for value in constants if isinstance(value, int | str) and not isinstance(value, bool))


def _around(field: AnyField, frame: Frame, marks: Iterable[Any]) -> Iterator[str]:
    sides = _SIDES.get(field.type)
    if sides is not None:
        for mark in marks:
            yield from sides(field, frame, mark)


def _number_sides(field: Any, _frame: Frame, mark: Any) -> Iterator[str]:
    try:
        middle = Decimal(str(mark))
    except ArithmeticError:
        return
    if isinstance(field, IntField) and middle != int(middle):
        return
    yield from (str(one) for one in (middle - 1, middle, middle + 1) if field.min <= one <= field.max)


def _date_sides(field: Any, frame: Frame, mark: Any) -> Iterator[str]:
    """A number in a condition on a date counts days or years before today; days after today where it is below zero."""
    first, last = limits(field, frame.today)
    days: list[date] = []
    if isinstance(mark, int) and abs(mark) < 200 * 366:  # days that a register may go back
        days += [frame.today - timedelta(days=mark + side) for side in (-1, 0, 1)]
        if 0 < mark < 200:  # noqa: PLR2004 - years
            days += [_years_before(frame.today, mark) + side * DAY for side in (-1, 0, 1)]
    yield from (_typed_day(day) for day in days if first <= day <= last)


def _years_before(today: date, years: int) -> date:
    last = calendar.monthrange(today.year - years, today.month)[1]
    return date(today.year - years, today.month, min(today.day, last))


def _text_sides(field: Any, _frame: Frame, mark: Any) -> Iterator[str]:
    if isinstance(mark, str):
        yield mark
    elif isinstance(mark, int):
        yield from ("ກ" * size for size in (mark - 1, mark, mark + 1) if field.min <= size <= field.max)


def _literal(_field: Any, _frame: Frame, mark: Any) -> Iterator[str]:
    if isinstance(mark, str):
        yield mark


_SIDES: Final[Mapping[str, Callable[[Any, Frame, Any], Iterator[str]]]] = {
    "int": _number_sides,
    "decimal": _number_sides,
    "date": _date_sides,
    "text": _text_sides,
    "name": _text_sides,
    "time": _literal,
    "ref": _literal,
    "code": _literal,
    "phone": _literal,
}
