"""How each kind of answer stands in a frame: as many equal choices as the flow allows it, and no more.

A code raises `Unfit` for a value that it does not know; the packer then writes that value as plain JSON instead, so no
code need be complete.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Protocol

from flows.bounds import Bound
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
from sync.bearer.coder import Reader, Unfit, Writer
from sync.bearer.text import Words

_FIRST_DAY: Final = date(1900, 1, 1).toordinal()
_DAYS: Final = date(2100, 1, 1).toordinal() - _FIRST_DAY
_RECENT: Final = 64
_MINUTES: Final = 24 * 60
_UNIFORM_AT_MOST: Final = 1 << 16
_PHONE: Final = re.compile(r"\+(856)?([0-9]{4,15})")
DIGITS: Final = re.compile(r"[0-9]{1,30}")
_PLACES: Final = 6


@dataclass(slots=True)
class Scene:
    """What the codes of one frame lean on; both ends know it before the answers.

    Attributes:
        day: of intake. msisdn: the applicant's, "" when hidden. district: the node's own. words: what was said so far.
    """

    day: date
    msisdn: str = ""
    district: str = ""
    words: Words = field(default_factory=Words)


class Code(Protocol):
    """Writes and reads one answer."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it, or raise `Unfit` before anything was written."""

    def read(self, reader: Reader, scene: Scene) -> Any:
        """Read it."""


class Spoken:
    """Words."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write a text."""
        if not isinstance(value, str):
            raise Unfit("no text")
        scene.words.write(writer, value)

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read a text."""
        return scene.words.read(reader)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two limits."""

    least: int
    most: int

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write a number; one outside the limits is unfit."""
        del scene
        if type(value) is not int or not self.least <= value <= self.most:
            raise Unfit("no number of this field")
        if self.most - self.least < _UNIFORM_AT_MOST:
            writer.uniform(value - self.least, self.most - self.least + 1)
        else:
            writer.number(value)

    def read(self, reader: Reader, scene: Scene) -> int:
        """Read a number."""
        del scene
        if self.most - self.least < _UNIFORM_AT_MOST:
            return reader.uniform(self.most - self.least + 1) + self.least
        return reader.number()


class Fraction:
    """A number with at most six decimals, as JSON has it: whole ones are whole."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it by its decimal digits."""
        del scene
        if type(value) is int:
            places, digits = 0, value
        elif type(value) is float and value == value and abs(value) < 10**15:  # noqa: PLR0124 - not a number is no number
            places, digits = _decimals(value)
        else:
            raise Unfit("no such fraction")
        writer.uniform(places, _PLACES + 1)
        writer.number(digits)

    def read(self, reader: Reader, scene: Scene) -> int | float:
        """Read it."""
        del scene
        places = reader.uniform(_PLACES + 1)
        digits = reader.number()
        return digits if not places else digits / 10**places


def _decimals(value: float) -> tuple[int, int]:
    for places in range(1, _PLACES + 1):
        digits = round(value * 10**places)
        if digits / 10**places == value and repr(digits / 10**places) == repr(value):
            return places, digits
    raise Unfit("more decimals than any answer has")


@dataclass(frozen=True, slots=True)
class Day:
    """A day: near the intake, else within the field's limits, else between 1900 and 2099."""

    least: Bound | None = None
    most: Bound | None = None

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write a day in ISO 8601."""
        day = _ordinal(value)
        ranges = self._ranges(scene)
        for index, (first, count) in enumerate(ranges):
            if first <= day < first + count:
                writer.pick(index, (3, 4, 1))
                writer.uniform(day - first, count)
                return
        raise Unfit("a day of another time")

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read a day."""
        first, count = self._ranges(scene)[reader.pick((3, 4, 1))]
        return date.fromordinal(first + reader.uniform(count)).isoformat()

    def _ranges(self, scene: Scene) -> Sequence[tuple[int, int]]:
        recent = scene.day.toordinal() + 1 - _RECENT
        # The limits are those of the citizen's day, which began up to half a day before or after UTC's.
        least = self.least.on(scene.day - timedelta(days=1)).toordinal() if self.least else _FIRST_DAY
        most = self.most.on(scene.day + timedelta(days=1)).toordinal() if self.most else _FIRST_DAY + _DAYS - 1
        return (max(1, recent), _RECENT + 1), (least, max(1, most - least + 1)), (_FIRST_DAY, _DAYS)


def _ordinal(value: Any) -> int:
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise Unfit("no day") from None
        if day.isoformat() == value:
            return day.toordinal()
    raise Unfit("no day")


class Minute:
    """A time of day, HH:MM."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it."""
        del scene
        if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
            raise Unfit("no time of day")
        writer.uniform(int(value[:2]) * 60 + int(value[3:]), _MINUTES)

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read it."""
        del scene
        hour, minute = divmod(reader.uniform(_MINUTES), 60)
        return f"{hour:02}:{minute:02}"


class Digits:
    """A text of at most thirty digits, leading zeros kept."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it."""
        del scene
        if not isinstance(value, str) or not DIGITS.fullmatch(value):
            raise Unfit("no digits")
        writer.uniform(len(value) - 1, 30)
        writer.uniform(int(value), 10 ** len(value))

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read it."""
        del scene
        length = reader.uniform(30) + 1
        return f"{reader.uniform(10**length):0{length}d}"


class Phone:
    """A number in E.164 form: the applicant's own, one of Laos, or any."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it."""
        found = _PHONE.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise Unfit("no phone number")
        own = bool(scene.msisdn) and value == scene.msisdn
        at_home = found[1] is not None
        writer.pick(0 if own else 1 if at_home else 2, (3, 4, 1))
        if not own:
            writer.pick(len(found[2]) - 4, _LENGTHS)
            writer.uniform(int(found[2]), 10 ** len(found[2]))

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read it."""
        kind = reader.pick((3, 4, 1))
        if kind == 0:
            return scene.msisdn
        length = reader.pick(_LENGTHS) + 4
        return f"{'+856' if kind == 1 else '+'}{reader.uniform(10**length):0{length}d}"


_LENGTHS: Final = (1, 1, 1, 1, 8, 2, 24, 2, 1, 1, 1, 1)
"""How likely 4 to 15 digits are: Lao mobile numbers have ten after +856, fixed ones eight."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of a few keys."""

    keys: tuple[str, ...]

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write its place."""
        del scene
        if value not in self.keys:
            raise Unfit("no such key")
        writer.uniform(self.keys.index(value), len(self.keys))

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read it."""
        del scene
        return self.keys[reader.uniform(len(self.keys))]


@dataclass(frozen=True, slots=True)
class Some:
    """Some of a few keys, in the author's order."""

    keys: tuple[str, ...]

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write one bit for each key."""
        del scene
        if not isinstance(value, list) or value != [key for key in self.keys if key in value]:
            raise Unfit("not in the author's order")
        writer.uniform(sum(1 << place for place, key in enumerate(self.keys) if key in value), 1 << len(self.keys))

    def read(self, reader: Reader, scene: Scene) -> list[str]:
        """Read them."""
        del scene
        chosen = reader.uniform(1 << len(self.keys))
        return [key for place, key in enumerate(self.keys) if chosen >> place & 1]


class Truth:
    """Yes or no."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it."""
        del scene
        if not isinstance(value, bool):
            raise Unfit("neither true nor false")
        writer.uniform(int(value), 2)

    def read(self, reader: Reader, scene: Scene) -> bool:
        """Read it."""
        del scene
        return bool(reader.uniform(2))


_KEYS: Final = (6, 2, 1)
"""How often a key is one of the node's own district, other digits, or words."""

_ENDINGS: Final = (1, 1, 14)
"""How often it has so many digits more than the district's: one, two, three."""


class Key:
    """A key of a table: digits below the node's own district, other digits, or words."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it."""
        near = _near(scene)
        if not isinstance(value, str):
            raise Unfit("no key")
        if (
            near
            and value.startswith(near)
            and DIGITS.fullmatch(rest := value[len(near) :])
            and len(rest) <= len(_ENDINGS)
        ):
            writer.pick(0, _KEYS)
            writer.pick(len(rest) - 1, _ENDINGS)
            writer.uniform(int(rest), 10 ** len(rest))
        elif DIGITS.fullmatch(value):
            writer.pick(1, _KEYS)
            Digits().write(writer, value, scene)
        else:
            writer.pick(2, _KEYS)
            scene.words.write(writer, value)

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read it."""
        match reader.pick(_KEYS):
            case 0:
                length = reader.pick(_ENDINGS) + 1
                return f"{_near(scene)}{reader.uniform(10**length):0{length}d}"
            case 1:
                return Digits().read(reader, scene)
            case _:
                return scene.words.read(reader)


def _near(scene: Scene) -> str:
    """Return what the codes of the node's own villages begin with: LA0901 -> 0901."""
    return "".join(filter(str.isdigit, scene.district))


class Register:
    """A code of an outside register: digits, or words."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it."""
        if not isinstance(value, str):
            raise Unfit("no code")
        plain = DIGITS.fullmatch(value) is not None
        writer.pick(int(plain), (1, 3))
        (Digits() if plain else Spoken()).write(writer, value, scene)

    def read(self, reader: Reader, scene: Scene) -> str:
        """Read it."""
        return (Digits() if reader.pick((1, 3)) else Spoken()).read(reader, scene)


def code_of(declared: AnyField) -> Code:  # noqa: C901 - one line for each type
    """Return how the answers to a field stand in a frame."""
    match declared:
        case TextField() | NameField():
            return Spoken()
        case IntField():
            return Whole(declared.min, declared.max)
        case DecimalField():
            return Fraction()
        case DateField():
            return Day(declared.min, declared.max)
        case TimeField():
            return Minute()
        case PhoneField():
            return Phone()
        case CodeField():
            return Register()
        case ChoiceField():
            return Option(tuple(declared.choices))
        case MultiField():
            return Some(tuple(declared.choices))
        case YesNoField():
            return Truth()
        case RefField():
            return Key()
