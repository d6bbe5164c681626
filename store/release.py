"""What of the counts may be told: nothing of fewer than five people, not even to somebody who subtracts.

A stretch of days of one service, district and outcome is told as a whole and only once, mostly at the end of a week, as
soon as it is large enough; until then it waits. Each of its tables (by channel, by language, ...) divides the same
people, and each number in it is of five or more. So whatever is added up or subtracted of what was told is a sum of
whole stretches, or of parts of one table, and never of one to four people. What is too small to be told apart stands
together as `REST`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LEAST: Final = 5
"""People of whom a number is told (INC-16, DP-10)."""

PATIENT: Final = 2
"""Weeks at whose end a stretch is told although some parts of it are small."""

PLENTY: Final = 50
"""People for each part of a table at which a stretch is told at the end of any day: of so many few parts are small, and
those that come later in that week are enough as well."""

REST: Final = "*"
"""The part of a table whose values are not told apart."""

SEX: Final = "sex"
WEEK: Final = "week"
"""The week of the day itself; a stretch stands under the week in which it ends."""

_PAIR: Final = frozenset({"f", "m"})
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "finished": (WEEK, "channel", "language", SEX, "stars"),
    "stopped": (WEEK, "channel", "language", SEX),
    "ended": (WEEK, "channel", "language"),
    "left": ("step",),
    "acknowledged": ("wait",),
    "decided": ("wait",),
    "paid": (),
}
"""The tables of each outcome. What they tell apart is independent: no value of one lies within a value of another, or
the two could be subtracted (a step that only one revision has, say: so revisions are not told apart)."""

TOGETHER: Final = ("finished", "stopped", "ended")
"""Outcomes that are told of the same days."""

SHARED: Final = (WEEK, "channel", "language")
"""Tables in which shares are read: what one outcome does not tell apart, the others do not either. Else a small channel
would look as if nobody gave up there. Each value that is hidden for this is five or more, so it gives nothing away."""

ONWARD: Final[Mapping[str, str]] = {"stopped": "left"}
"""What was told of a district goes on to be told of the whole country by step: only those who are told already."""

KEPT_ALONG: Final = ("step",)
"""Traits that go on with it."""

Traits = tuple[tuple[str, str], ...]
"""What is told apart of some people: sorted pairs of family and value."""


@dataclass(frozen=True, slots=True)
class Cell:
    """So many of one day with these traits; `total` is a sum over them (seconds, or 1/10000 of the currency)."""

    day: int
    traits: Traits
    n: int
    total: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A stretch that is told.

    Attributes:
        day: its last day. tables: family -> value -> (n, total); the family "" has one value "", all of them.
        cells: what it was made of.
    """

    day: int
    tables: Mapping[str, Mapping[str, tuple[int, int]]]
    cells: tuple[Cell, ...]


def release(
    given: Mapping[str, Iterable[Cell]], families: Mapping[str, Sequence[str]], today: int
) -> dict[str, list[Told]]:
    """The stretches that may be told, of days before `today`, by outcome; what is in none of them goes on waiting.

    Outcomes that are given together are told of the same days, as far as it can be, so that a share of one in all of
    them is one of the same time.
    """
    days: dict[int, list[tuple[str, Cell]]] = {}
    for what, cells in given.items():
        for cell in cells:
            if cell.day < today:
                days.setdefault(cell.day, []).append((what, cell))
    found: dict[str, list[Told]] = {what: [] for what in given}
    waiting: dict[str, list[Cell]] = {}
    sundays = range(week_of(min(days)) + 6, today, 7) if days else ()
    for day in sorted({*days, *sundays}):
        for what, cell in days.get(day, ()):
            waiting.setdefault(what, []).append(cell)
        ready = {what: waiting.pop(what) for what in sorted(_ready(waiting, families, day))}
        hidden = {family: _hidden(family, ready, families) for family in SHARED}
        for what, cells in ready.items():
            found[what].append(_told(cells, families[what], hidden))
    return found


def _ready(waiting: Mapping[str, Sequence[Cell]], families: Mapping[str, Sequence[str]], day: int) -> set[str]:
    """All outcomes when each may be told; at the end of the last week of patience those that may."""
    weeks = {what: 1 + (week_of(day) - week_of(cells[0].day)) // 7 for what, cells in waiting.items()}
    over = day == week_of(day) + 6
    late = {what: over and count >= PATIENT for what, count in weeks.items()}
    ready = {
        what for what, cells in waiting.items() if _may_be_told(cells, families[what], week=over, whatever=late[what])
    }
    return ready if ready == waiting.keys() or any(late.values()) else set()


def _may_be_told(cells: Sequence[Cell], families: Sequence[str], *, week: bool, whatever: bool) -> bool:
    """Whether these are enough: at the end of any day, of a week, or whatever parts are small."""
    everybody = sum(cell.n for cell in cells)
    tables = [_counts(cells, family) for family in families]
    if everybody < LEAST:
        return False
    if whatever or everybody >= PLENTY * max((len(table) for table in tables), default=1):
        return True
    return week and all(n >= LEAST for table in tables for n in table.values())


def _hidden(family: str, ready: Mapping[str, Sequence[Cell]], families: Mapping[str, Sequence[str]]) -> set[str]:
    """The values that are not told apart in one of the outcomes, and so in none."""
    tables = [_counts(cells, family) for what, cells in ready.items() if family in families[what]]
    return {value for table in tables for value in table.keys() - tellable(table, family)}


def _told(cells: Sequence[Cell], families: Sequence[str], hidden: Mapping[str, set[str]]) -> Told:
    tables = {"": {"": _sums(cells)}}
    for family in families:
        parts: dict[str, list[Cell]] = {}
        shown = tellable(_counts(cells, family), family) - hidden.get(family, set())
        for cell in cells:
            value = _value(cell, family)
            parts.setdefault(value if value in shown else REST, []).append(cell)
        tables[family] = {value: _sums(some) for value, some in parts.items()}
    return Told(cells[-1].day, tables, tuple(cells))


def tellable(counts: Mapping[str, int], family: str = "") -> set[str]:
    """The values that are told apart; all others of the table stand together.

    Where one is small, at least one that is not goes with it, in the order of their names: which one goes must say
    nothing of how many they are. Together they are so many that any small number may be among them.

    Woman and man are told together or not at all: where only the larger one were shown, every gap would look wider than
    it is.
    """
    hidden = _paired({value for value, n in counts.items() if n < LEAST}, counts, family)
    for value in sorted(counts):
        if not hidden or _hides(counts, hidden):
            break
        hidden = _paired({*hidden, value}, counts, family)
    return set(counts) - hidden


def _paired(values: set[str], counts: Mapping[str, int], family: str) -> set[str]:
    return values | (_PAIR & counts.keys()) if family == SEX and values & _PAIR else values


def _hides(counts: Mapping[str, int], hidden: set[str]) -> bool:
    """Whether the sum of these leaves open how many each of them is, also to who knows this rule."""
    large = sum(counts[value] >= LEAST for value in hidden)
    return large > 0 and sum(counts[value] for value in hidden) >= LEAST * large + LEAST - 1


def onward(told: Told) -> list[Cell]:
    """The same people once more, for the table of the whole country that they go on to."""
    counted: Counter[Traits] = Counter()
    for cell in told.cells:
        counted[tuple(pair for pair in cell.traits if pair[0] in KEPT_ALONG)] += cell.n
    return [Cell(told.day, traits, n) for traits, n in sorted(counted.items())]


def week_of(day: int) -> int:
    """The Monday of this day's ISO week, both as days since 1970 (which began on a Thursday)."""
    return day - (day + 3) % 7


def _value(cell: Cell, family: str) -> str:
    return str(week_of(cell.day)) if family == WEEK else dict(cell.traits).get(family, "")


def _counts(cells: Iterable[Cell], family: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for cell in cells:
        counts[_value(cell, family)] += cell.n
    return counts


def _sums(cells: Iterable[Cell]) -> tuple[int, int]:
    some = list(cells)
    return sum(cell.n for cell in some), sum(cell.total for cell in some)
