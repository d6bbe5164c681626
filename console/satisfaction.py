"""What a report says of the question how a decided request went: who answered, how it went, and why not well.

Each row is a share of the three outcomes that are told of the same days (`store.release.RATED`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from console.reports import Names, Row, Say, Table, week_name
from flows.dialogue import LOW, REASONS
from store.release import RATED, REST

PLEASED, DISPLEASED, UNANSWERED = RATED
NOT_TOLD_APART: Final = 0.1
"""The part of the marks that may stand together in a mean. They are counted as the middle of what they may be, 2 or
4.5, so a mean is wrong by less than a tenth."""

_MIDDLE: Final = {PLEASED: 4.5, DISPLEASED: 2.0}
_HEADS: Final = ("rp_asked", "rp_answered_of", "rp_pleased_of")

Counts = dict[Any, Counter[str]]


@dataclass(frozen=True, slots=True)
class Week:
    """One line of the feedback page; a share is None where nobody answered, a count "" where it is not told."""

    name: str
    asked: int
    answered: int | None
    pleased: int | None
    reasons: tuple[str, ...]
    rest: str


def tables(whole: Iterable[tuple[Any, ...]], parts: Iterable[tuple[Any, ...]], say: Say, names: Names) -> list[Table]:
    """The tables; those without a row are left out. The arguments are those of `console.reports.tables`."""
    services, districts = Counts(), Counts()
    for service, district, what, n, _ in whole:
        if what in RATED:
            services.setdefault(service, Counter())[what] += n
            districts.setdefault(district, Counter())[what] += n
    families: dict[str, list[tuple[str, str, str, int]]] = {}
    for service, what, family, value, n, _ in parts:
        if what in RATED:
            families.setdefault(family, []).append((service, what, value, n))
    stars = families.get("stars", [])
    found = [
        _by_service(services, stars, names),
        _by("satisfaction_district", "rp_district", districts, lambda one: names.district(one) if one else ""),
        Table("satisfaction_part", ("rp_who", *_HEADS), tuple(_part_rows(families, say, names))),
        _marks(stars, say),
        _reasons(families.get("why", []), say),
    ]
    return [one for one in found if one.rows]


def _by(key: str, head: str, counts: Counts, name: Callable[[Any], str]) -> Table:
    rows = tuple(Row(name(one), one, _shares(counts[one])) for one in sorted(counts))
    return Table(key, (head, *_HEADS), rows)


def _by_service(services: Counts, stars: Sequence[tuple[str, str, str, int]], names: Names) -> Table:
    rows = []
    for service in sorted(services):
        own = mean((what, value, n) for one, what, value, n in stars if one == service)
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


def _marks(found: Iterable[tuple[str, str, str, int]], say: Say) -> Table:
    given = [(what, value, n) for _, what, value, n in found]
    counts = Counter[str]()
    for what, value, n in given:
        counts[f"{REST}{what}" if value == REST else value] += n
    answered = sum(counts.values())
    called = {str(n): say["rp_stars_n"].format(n=n) for n in range(1, 6)}
    called |= {f"{REST}{DISPLEASED}": say["rp_low_rest"].format(n=LOW), f"{REST}{PLEASED}": say["rp_high_rest"]}
    rows = [Row(word, one, (_share(counts[one], answered),)) for one, word in called.items() if counts[one]]
    middle = mean(given)
    if middle is not None:
        rows.append(Row(say["rp_mean"], "mean", (middle,)))
    return Table("marks", ("rp_mark", "rp_share_of_told"), tuple(rows))


def _reasons(found: Iterable[tuple[str, str, str, int]], say: Say) -> Table:
    counts = Counter[str]()
    for _, _, value, n in found:
        counts[value] += n
    called = {one: say[f"rp_why_{one}"] for one in REASONS} | {REST: say["rp_rest"], "": say["rp_unknown"]}
    rows = tuple(Row(word, one, (counts[one],)) for one, word in called.items() if counts[one])
    return Table("reasons", ("rp_reason", "rp_people"), rows if set(counts) - {REST, ""} else ())


def mean(given: Iterable[tuple[str, str, int]]) -> float | None:
    """The mean of (outcome, mark, how many), to one place; None when too much of it is not told apart."""
    total, together, answered = 0.0, 0, 0
    for what, value, n in given:
        answered += n
        if value == REST:
            together += n
            total += _MIDDLE[what] * n
        else:
            total += int(value) * n
    if not answered or together > answered * NOT_TOLD_APART:
        return None
    return round(total / answered, 1)


def weeks(whole: Iterable[tuple[Any, ...]], whys: Iterable[tuple[Any, ...]]) -> list[Week]:
    """The lines of the feedback page, the newest first.

    Args:
        whole: week, what, n, total.
        whys: week, reason, n, total.
    """
    outcomes, reasons = Counts(), Counts()
    for week, what, n, _ in whole:
        if what in RATED:
            outcomes.setdefault(week, Counter())[what] += n
    for week, why, n, _ in whys:
        reasons.setdefault(week, Counter())[why] += n
    found = []
    for week in sorted(outcomes, reverse=True):
        asked, answered, pleased = _shares(outcomes[week])
        own = reasons.get(week, Counter())
        told = tuple(str(own[one] or "") for one in REASONS)
        found.append(Week(week_name(week), asked, answered, pleased, told, str(own[REST] or "")))
    return found


def _shares(one: Counter[str]) -> tuple[int, int | None, int | None]:
    """Asked, answered of 100, and pleased of 100 who answered."""
    answered = one[PLEASED] + one[DISPLEASED]
    asked = answered + one[UNANSWERED]
    return asked, _share(answered, asked), _share(one[PLEASED], answered)


def _share(part: int, of: int) -> int | None:
    return round(part * 100 / of) if of else None
