"""What a report says of the question how a decided request went: who answered, how it went, and why not well.

Each row is a share of the three outcomes that are told of the same days (`store.release.RATED`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from console.reports import Names, Row, Say, Table, week_name
from flows.dialogue import LOW, REASONS
from flows.traits import MOST_STARS
from store.release import RATED, RATED_WHO, REST, SEX

PLEASED, DISPLEASED, UNANSWERED = RATED
HIGH, LOW_ONES, WHYS = LATER = ("high_marks", "low_marks", "reasons")
"""What is told of them once more, by quarters of a year."""
WHO: Final = dict(zip(RATED_WHO, RATED, strict=True))
"""And by woman and man, also by quarters."""

DOUBT: Final = 0.1
"""By how much a mean may be wrong because not all marks are told apart."""

_HEADS: Final = ("rp_asked", "rp_answered_of", "rp_pleased_of")

Counts = dict[Any, Counter[str]]


class Later:
    """What is told by quarters: (service, what, value, n, total)."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take the rows; those of other outcomes are left out."""
        self._rows = [row for row in rows if row[1] in {*LATER, *WHO}]

    def of(self, service: str = "") -> dict[str, Counter[str]]:
        """By what and value, of one service or of all."""
        found = {what: Counter[str]() for what in LATER}
        for name, what, value, n, _ in self._rows:
            if service in {"", name} and what in found:
                found[what][value] += n
        return found

    def who(self) -> list[tuple[str, str, str, int]]:
        """Those of whom it is told whether they are women or men, as (service, outcome, value, n)."""
        return [(service, WHO[what], value, n) for service, what, value, n, _ in self._rows if what in WHO]


@dataclass(frozen=True, slots=True)
class Quarter:
    """Why it did not go well, of those who were told under one week: a count "" is not told."""

    name: str
    reasons: tuple[str, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class Week:
    """One line of the feedback page; a share is None where nobody answered."""

    name: str
    asked: int
    answered: int | None
    pleased: int | None


def tables(
    whole: Iterable[tuple[Any, ...]], parts: Iterable[tuple[Any, ...]], later: Later, say: Say, names: Names
) -> list[Table]:
    """The tables; those without a row are left out. The other arguments are those of `console.reports`."""
    services, districts = Counts(), Counts()
    for service, district, what, n, _ in whole:
        if what in RATED:
            services.setdefault(service, Counter())[what] += n
            districts.setdefault(district, Counter())[what] += n
    families: dict[str, list[tuple[str, str, str, int]]] = {}
    for service, what, family, value, n, _ in parts:
        if what in RATED:
            families.setdefault(family, []).append((service, what, value, n))
    families[SEX] = later.who()
    found = [
        _by_service(services, later, names),
        _by("satisfaction_district", "rp_district", districts, lambda one: names.district(one) if one else ""),
        Table("satisfaction_part", ("rp_who", *_HEADS), tuple(_part_rows(families, say, names))),
        _marks(later, say),
        _reasons(later, say),
    ]
    return [one for one in found if one.rows]


def _by(key: str, head: str, counts: Counts, name: Callable[[Any], str]) -> Table:
    rows = tuple(Row(name(one), one, _shares(counts[one])) for one in sorted(counts))
    return Table(key, (head, *_HEADS), rows)


def _by_service(services: Counts, later: Later, names: Names) -> Table:
    rows = []
    for service in sorted(services):
        marks = later.of(service)
        own = mean(services[service], marks[HIGH], marks[LOW_ONES])
        rows.append(Row(names.service(service) or service, service, (*_shares(services[service]), own)))
    return Table("satisfaction", ("rp_service", *_HEADS, "rp_mean"), tuple(rows))


def _part_rows(families: Mapping[str, Sequence[tuple[str, str, str, int]]], say: Say, names: Names) -> Iterable[Row]:
    for family in ("channel", "language", "sex"):
        counts = Counts()
        for _, what, value, n in families.get(family, ()):
            counts.setdefault(value, Counter())[what] += n
        # The rest stands last; alone it would be the whole once more.
        for value in sorted(counts, key=lambda one: (one == REST, one == "", one)):
            if set(counts) - {REST, ""}:
                yield Row(f"{say[f'rp_{family}']}: {_called(family, value, say, names)}", value, _shares(counts[value]))


def _called(family: str, value: str, say: Say, names: Names) -> str:
    if value in {REST, ""}:
        return say["rp_rest"] if value else say["rp_unknown"]
    if family == "language":
        return names.language(value)
    return say.get(f"rp_channel_{value}" if family == "channel" else f"rp_{value}", value)


def _marks(later: Later, say: Say) -> Table:
    all_ = later.of()
    rows = [
        *(Row(say["rp_stars_n"].format(n=n), str(n), (all_[LOW_ONES][str(n)],)) for n in range(1, LOW + 1)),
        Row(say["rp_low_rest"].format(n=LOW), f"{REST}low", (all_[LOW_ONES][REST],)),
        *(Row(say["rp_stars_n"].format(n=n), str(n), (all_[HIGH][str(n)],)) for n in range(LOW + 1, MOST_STARS + 1)),
        Row(say["rp_high_rest"], f"{REST}high", (all_[HIGH][REST],)),
    ]
    return Table("marks", ("rp_mark", "rp_people"), tuple(row for row in rows if row.values[0]))


def _reasons(later: Later, say: Say) -> Table:
    counts = later.of()[WHYS]
    called = {one: say[f"rp_why_{one}"] for one in REASONS} | {REST: say["rp_rest"], "": say["rp_unknown"]}
    rows = tuple(Row(word, one, (counts[one],)) for one, word in called.items() if counts[one])
    return Table("reasons", ("rp_reason", "rp_people"), rows if set(counts) - {REST, ""} else ())


def mean(outcomes: Mapping[str, int], high: Mapping[str, int], low: Mapping[str, int]) -> float | None:
    """The mean mark, to one place; None when it might be wrong by more than a tenth.

    Good and bad marks are weighed by how many there are; within each, as far as they are told apart, by the quarters of
    a year. What is not told apart is counted as the middle of what it may be.
    """
    answered = outcomes.get(PLEASED, 0) + outcomes.get(DISPLEASED, 0)
    if not answered:
        return None
    total = doubt = 0.0
    for what, marks, middle, width in ((PLEASED, high, 4.5, 0.5), (DISPLEASED, low, 2.0, 1.0)):
        part = outcomes.get(what, 0) / answered
        given = sum(marks.values())
        together = marks.get(REST, 0) / given if given else 1.0
        known = sum(int(one) * n for one, n in marks.items() if one != REST) / given if given else 0.0
        total += part * (known + middle * together)
        doubt += part * together * width
    return None if doubt > DOUBT else round(total, 1)


def weeks(whole: Iterable[tuple[Any, ...]]) -> list[Week]:
    """The lines of the feedback page, the newest first, of (week, what, n, total)."""
    outcomes = Counts()
    for week, what, n, _ in whole:
        if what in RATED:
            outcomes.setdefault(week, Counter())[what] += n
    return [Week(week_name(week), *_shares(outcomes[week])) for week in sorted(outcomes, reverse=True)]


def quarters(whys: Iterable[tuple[Any, ...]]) -> list[Quarter]:
    """The reasons, the newest first, of (week, what, reason, n, total)."""
    found = Counts()
    for week, what, why, n, _ in whys:
        if what == WHYS:
            found.setdefault(week, Counter())[why] += n
    return [
        Quarter(week_name(week), tuple(str(found[week][one] or "") for one in REASONS), str(found[week][REST] or ""))
        for week in sorted(found, reverse=True)
    ]


def _shares(one: Counter[str]) -> tuple[int, int | None, int | None]:
    """Asked, answered of 100, and pleased of 100 who answered."""
    answered = one[PLEASED] + one[DISPLEASED]
    asked = answered + one[UNANSWERED]
    return asked, _share(answered, asked), _share(one[PLEASED], answered)


def _share(part: int, of: int) -> int | None:
    return round(part * 100 / of) if of else None
