"""What of the counts may be told: nothing of fewer than five people, not even to somebody who subtracts.

A stretch of days of one service, district and outcome is told as a whole and only once, mostly at the end of a week, as
soon as it is large enough; until then it waits. Each of its tables (by channel, by language, ...) divides the same
people, and each number in it is of five or more. So whatever is added up or subtracted of what was told is a sum of
whole stretches, or of parts of one table, and never of one to four people. What is too small to be told apart stands
together as `REST`.

Villages are small. Those who were told in a district's stretches are told once more by village, at the end of a
quarter of a year: of the same people, so a stretch of villages is a sum of whole stretches of their district, and the
rule for its parts is the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

LEAST: Final = 5
"""People of whom a number is told (INC-16, DP-10)."""

PATIENT: Final = 2
"""Weeks at whose end a stretch is told although some parts of it are small."""

PATIENT_OF_MARKS: Final = 4
"""The same of how decided requests went: of fewer, for who is not pleased is one in four or so, and channels are to be
told apart among them too."""

PLENTY: Final = 50
"""People for each part of a table at which a stretch is told at the end of any day: of so many few parts are small, and
those that come later in that week are enough as well."""

REST: Final = "*"
"""The part of a table whose values are not told apart."""

SEX: Final = "sex"
STARS: Final = "stars"
VILLAGE: Final = "village"
WEEK: Final = "week"
"""The week of the day itself; a stretch stands under the week in which it ends."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
_PAIR: Final = frozenset({"f", "m"})
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "finished": (WEEK, "channel", "language", SEX, STARS),
    "stopped": (WEEK, "channel", "language", SEX),
    "ended": (WEEK, "channel", "language"),
    "left": ("step",),
    "pleased": (WEEK, "channel", "language"),
    "displeased": (WEEK, "channel", "language"),
    "unanswered": (WEEK, "channel", "language"),
    "acknowledged": ("wait",),
    "decided": ("wait",),
    "paid": (),
    "villages": (VILLAGE,),
    "high_marks": (STARS,),
    "low_marks": (STARS,),
    "reasons": ("why",),
    "pleased_who": (SEX,),
    "displeased_who": (SEX,),
    "unanswered_who": (SEX,),
}
"""The tables of each outcome. What they tell apart is independent: no value of one lies within a value of another, or
the two could be subtracted (a step that only one revision has, say: so revisions are not told apart)."""

TOGETHER: Final = ("finished", "stopped", "ended")
"""Outcomes that are told of the same days."""

RATED: Final = ("pleased", "displeased", "unanswered")
"""What came of the question how a decided request went: a mark of 4 or 5, a lower one, or none. Told together, never
one without the others that there are: a share of the pleased alone would be a hundred."""

RATED_WHO: Final = ("pleased_who", "displeased_who", "unanswered_who")
"""The same people once more, by woman and man."""

GROUPS: Final = (TOGETHER, RATED, RATED_WHO)

SHARED: Final = (WEEK, "channel", "language")
"""Tables in which shares are read: what one outcome does not tell apart, the others do not either. Else a small channel
would look as if nobody gave up there. Each value that is hidden for this is five or more, so it gives nothing away.
Satisfaction is a share among women and men as well, so there they are shared too."""


@dataclass(frozen=True, slots=True)
class Onward:
    """Where those who were told go on to be told once more, and what is told apart of them there.

    Attributes:
        by_district: in a table of each district; else of the whole country. needed: only where some have the trait.
    """

    what: str
    trait: str
    by_district: bool = False
    needed: bool = False


ONWARD: Final[Mapping[str, tuple[Onward, ...]]] = {
    "stopped": (Onward("left", "step"),),
    "finished": (Onward("villages", VILLAGE, by_district=True, needed=True),),
    "pleased": (Onward("high_marks", STARS, by_district=True), Onward("pleased_who", SEX, by_district=True)),
    "displeased": (
        Onward("low_marks", STARS, by_district=True),
        Onward("reasons", "why", by_district=True, needed=True),
        Onward("displeased_who", SEX, by_district=True),
    ),
    "unanswered": (Onward("unanswered_who", SEX, by_district=True),),
}
"""Only those who are told already go on: so the total of a table there says nothing new. Marks are in two tables, since
which one a mark is in is told already: in one, what is not told apart could be worked out."""

FURTHER: Final = frozenset(one.what for every in ONWARD.values() for one in every)

BY_QUARTER: Final = frozenset({"villages", "high_marks", "low_marks", "reasons", *RATED_WHO})
"""Tables that are told at the end of a quarter of a year."""

QUARTERS: Final = 4
"""Quarters at whose end a stretch of these is told however little it tells apart."""

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
        day: its last day. by: the day at whose end it was told. tables: family -> value -> (n, total); the family ""
            has one value "", all of them. cells: what it was made of.
    """

    day: int
    by: int
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
    slow = given.keys() <= BY_QUARTER
    for day in sorted({*days, *_ends(min(days, default=today), today, slow=slow)}):
        for what, cell in days.get(day, ()):
            waiting.setdefault(what, []).append(cell)
        chosen = _ready_by_quarter(waiting, families, day) if slow else _ready(waiting, families, day)
        ready = {what: waiting.pop(what) for what in sorted(chosen)}
        shared = (SEX,) if ready.keys() & set(RATED_WHO) else SHARED
        hidden = {family: _hidden(family, ready, families) for family in shared}
        for what, cells in ready.items():
            found[what].append(_told(cells, families[what], hidden, day))
    return found


def _ends(first: int, today: int, *, slow: bool) -> Iterable[int]:
    """The last days of the weeks or quarters from this one on that are over."""
    if not slow:
        return range(week_of(first) + 6, today, 7)
    return [day for day in range(first, today) if quarter_of(day) != quarter_of(day + 1)]


def _ready_by_quarter(
    waiting: Mapping[str, Sequence[Cell]], families: Mapping[str, Sequence[str]], day: int
) -> set[str]:
    """At the end of a quarter those that tell half of their people apart; after a year any that may be told."""
    if quarter_of(day) == quarter_of(day + 1):
        return set()
    worth = {what for what, cells in waiting.items() if _worth_it(cells, families[what], day)}
    one_share = waiting.keys() <= set(RATED_WHO)
    return worth if worth == waiting.keys() or not one_share else set()


def _worth_it(cells: Sequence[Cell], families: Sequence[str], day: int) -> bool:
    everybody = sum(cell.n for cell in cells)
    if everybody < LEAST:
        return False
    tables = {family: _counts(cells, family) for family in families}
    told = [sum(table[value] for value in tellable(table, family) if value) for family, table in tables.items()]
    apart = min(told, default=0)
    return apart * 2 >= everybody or quarter_of(day) - quarter_of(cells[0].day) >= QUARTERS - 1


def _ready(waiting: Mapping[str, Sequence[Cell]], families: Mapping[str, Sequence[str]], day: int) -> set[str]:
    """All outcomes when each may be told; at the end of the last week of patience those that may, of some only all."""
    one_share = waiting.keys() <= set(RATED)
    weeks = {what: 1 + (week_of(day) - week_of(cells[0].day)) // 7 for what, cells in waiting.items()}
    over = day == week_of(day) + 6
    longest = max(weeks.values(), default=0)
    if one_share:
        late = dict.fromkeys(waiting, over and longest >= PATIENT_OF_MARKS)
    else:
        late = {what: over and count >= PATIENT for what, count in weeks.items()}
    ready = {
        what for what, cells in waiting.items() if _may_be_told(cells, families[what], week=over, whatever=late[what])
    }
    return ready if ready == waiting.keys() or (any(late.values()) and not one_share) else set()


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
    found = {value for table in tables for value in table.keys() - tellable(table, family)}
    return found | _PAIR if family == SEX and found & _PAIR else found


def _told(cells: Sequence[Cell], families: Sequence[str], hidden: Mapping[str, set[str]], by: int) -> Told:
    tables = {"": {"": _sums(cells)}}
    for family in families:
        parts: dict[str, list[Cell]] = {}
        shown = tellable(_counts(cells, family), family) - hidden.get(family, set())
        for cell in cells:
            value = _value(cell, family)
            parts.setdefault(value if value in shown else REST, []).append(cell)
        tables[family] = {value: _sums(some) for value, some in parts.items()}
    return Told(cells[-1].day, by, tables, tuple(cells))


def tellable(counts: Mapping[str, int], family: str = "") -> set[str]:
    """The values that are told apart; all others of the table stand together.

    Where one is small, at least one that is not goes with it, in the order of their names: which one goes must say
    nothing of how many they are. (Of villages the last one first: those around the office, which have most, are at the
    beginning of most lists.) Together they are so many that any small number may be among them.

    Woman and man are told together or not at all: where only the larger one were shown, every gap would look wider than
    it is.
    """
    hidden = _paired({value for value, n in counts.items() if n < LEAST}, counts, family)
    order = sorted(sorted(counts, reverse=True), key=bool) if family == VILLAGE else sorted(counts)
    for value in order:
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


def onward(told: Told, on: Onward) -> list[Cell]:
    """The same people once more, for the table that they go on to."""
    counted: Counter[Traits] = Counter()
    for cell in told.cells:
        counted[tuple(pair for pair in cell.traits if pair[0] == on.trait)] += cell.n
    if on.needed and not any(counted.keys()):
        return []
    # A quarter is told once all of its weeks are: so what goes there stands under the day at which it was told.
    day = told.by if on.what in BY_QUARTER else told.day
    return [Cell(day, traits, n) for traits, n in sorted(counted.items())]


def quarter_of(day: int) -> int:
    """The quarter of the year of a day that is given as days since 1970: quarters since the year 0."""
    one = date.fromordinal(day + _EPOCH)
    return one.year * 4 + (one.month - 1) // 3


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
