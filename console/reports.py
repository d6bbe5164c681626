"""What a report says, as tables: put together from told figures, shown on the page and written into files alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from flows.cells import MARK, Value, Workbook, line
from store.counting import LATER, WAITS
from store.figures import BEGUN, WEEK
from store.release import REST

Say = Mapping[str, str]

_EPOCH: Final = date(1970, 1, 1)
PARTS: Final = ("channel", "language")
MONEY: Final = 10_000
"""Units of cost in one of the currency."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its name, what it is the line of (a service, a p-code, a step), and its values by column."""

    name: str
    of: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `heads` are keys of the words, the first is that of the names."""

    key: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Count:
    """How many began, what became of them, and what it took."""

    outcomes: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, n: int, total: int) -> None:
        """So many more."""
        self.outcomes[what] = self.outcomes.get(what, 0) + n
        self.totals[what] = self.totals.get(what, 0) + total

    def of(self, what: str) -> int:
        """How many of one outcome."""
        return self.outcomes.get(what, 0)

    @property
    def started(self) -> int:
        """How many began, of whom it is known what became of them."""
        return sum(self.of(what) for what in BEGUN)

    def mean(self, what: str, unit: int) -> float | None:
        """The mean of what was summed, in this unit, to one place."""
        return round(self.totals[what] / self.of(what) / unit, 1) if self.of(what) else None


@dataclass(frozen=True, slots=True)
class Names:
    """How things are called for one reader."""

    service: Callable[[str], str]
    district: Callable[[str], str]
    language: Callable[[str], str]
    step: Callable[[str, str], str]
    village: Callable[[str], str]


def week_name(week: int) -> str:
    """The day on which a week began, which is told as days since 1970."""
    return (_EPOCH + timedelta(days=week)).strftime("%d/%m/%Y")


def tables(
    whole: Iterable[tuple[Any, ...]],
    parts: Iterable[tuple[Any, ...]],
    say: Say,
    names: Names,
    weeks: Sequence[int] = (),
    villages: Mapping[str, int] | None = None,
) -> list[Table]:
    """The tables of a report; those without a row are left out.

    Args:
        whole: service, district, what, n, total of the family "".
        parts: service, what, family, value, n, total of the others.
        say: the reader's words.
        names: how she calls things.
        weeks: Mondays to be shown, also those without a number.
        villages: how many of each finished.
    """
    services, districts, by_week = _Counts(), _Counts(), _Counts()
    for week in weeks:
        by_week.at(str(week))
    for service, district, what, n, total in whole:
        services.at(service).add(what, n, total)
        districts.at(district).add(what, n, total)
    families: dict[str, list[tuple[str, str, str, int]]] = {}
    for service, what, family, value, n, _ in parts:
        families.setdefault(family, []).append((service, what, value, n))
    for _, what, value, n in families.get("week", ()):
        if what in BEGUN:
            by_week.at(value).add(what, n, 0)
    found = [
        _by("service", services, lambda one: names.service(one) or one),
        _by("week", by_week, lambda one: say["rp_rest"] if one == REST else week_name(int(one))),
        _by("district", districts, lambda one: names.district(one) if one else say["rp_country_only"]),
        _by_village(villages or {}, say, names),
        *(_by_part(family, families.get(family, ()), say, names) for family in PARTS),
        _by_sex(families.get("sex", ()), say),
        _by_step(families.get("step", ()), say, names),
        _by_wait(families.get("wait", ()), say),
        _by_stars(families.get("stars", ()), say),
        _took(services, names),
    ]
    return [one for one in found if one.rows]


class _Counts(dict[Any, Count]):
    def at(self, key: Any) -> Count:
        return self.setdefault(key, Count())


_BEGUN_HEADS: Final = ("rp_started", "rp_finished", "rp_share", "rp_stopped", "rp_ended")


def _begun(one: Count) -> tuple[Value, ...]:
    share = _share(one.of("finished"), one.started)
    return (one.started, one.of("finished"), share, one.of("stopped"), one.of("ended"))


def _by(key: str, counts: Mapping[Any, Count], name: Callable[[Any], str]) -> Table:
    # Of a district only its cost or waiting may have been told so far: that is no line of this table.
    # The country stands after its districts, and the rest after all weeks.
    shown = [one for one, count in counts.items() if count.started or key == "week"]
    shown.sort(key=lambda one: (one in {"", REST}, len(one) if key == "week" else 0, one))
    rows = tuple(Row(name(one), str(one), _begun(counts[one])) for one in shown)
    return Table(key, (f"rp_{key}", *_BEGUN_HEADS), rows if any(row.values[0] for row in rows) else ())


def _by_part(family: str, found: Iterable[tuple[str, str, str, int]], say: Say, names: Names) -> Table:
    counts = _Counts()
    for _, what, value, n in found:
        counts.at(value).add(what, n, 0)

    def name(value: str) -> str:
        if value in {REST, ""}:
            return say["rp_rest"] if value else say["rp_unknown"]
        return names.language(value) if family == "language" else say.get(f"rp_channel_{value}", value)

    # The rest stands last.
    ordered = sorted(counts, key=lambda one: (one == REST, one == "", -counts[one].started))
    rows = tuple(Row(name(one), one, _begun(counts[one])) for one in ordered if counts[one].started)
    return Table(family, (f"rp_{family}", *_BEGUN_HEADS), rows)


def _by_village(counts: Mapping[str, int], say: Say, names: Names) -> Table:
    told = [one for one in counts if one not in {"", REST}]
    rows = [Row(names.village(one), one, (counts[one],)) for one in sorted(told, key=lambda one: (-counts[one], one))]
    # Of a service that asks for no village, or too small in all of them, there is nothing to say.
    last = [(REST, "rp_rest"), ("", "rp_unknown")] if rows else []
    rows += [Row(say[word], one, (counts[one],)) for one, word in last if counts.get(one)]
    return Table("village", ("rp_village", "rp_finished"), tuple(rows))


def _by_sex(found: Iterable[tuple[str, str, str, int]], say: Say) -> Table:
    # How many of each gave up is told, but no share: what is too few to tell apart is not the same of both.
    counts, gone = _Counts(), {"finished", "stopped"}
    for _, what, value, n in found:
        if what in gone:
            counts.at(value).add(what, n, 0)
    finished = {one: count.of("finished") for one, count in counts.items()}
    told = finished.get("f", 0) + finished.get("m", 0)
    if not told:
        return Table("sex", (), ())
    named = [(one, f"rp_{one}", _share(finished.get(one, 0), told)) for one in ("f", "m")]
    named += [(one, word, None) for one, word in (("", "rp_unknown"), (REST, "rp_rest")) if one in counts]
    rows = [Row(say[w], one, (finished.get(one, 0), share, counts.at(one).of("stopped"))) for one, w, share in named]
    gap = round((finished.get("f", 0) - finished.get("m", 0)) * 100 / told)
    heads = ("rp_sex", "rp_finished", "rp_share_of_told", "rp_stopped")
    return Table("sex", heads, (*rows, Row(say["rp_gap"], "gap", (None, gap, None))))


def _by_step(found: Iterable[tuple[str, str, str, int]], say: Say, names: Names) -> Table:
    rows = [
        Row(say["rp_rest"] if step in {REST, ""} else names.step(service, step), step, (names.service(service), n))
        for service, _, step, n in sorted(found, key=lambda one: (one[0], one[2] in {REST, ""}, -one[3]))
    ]
    return Table("step", ("rp_step", "rp_service", "rp_stopped"), tuple(rows))


def _by_wait(found: Iterable[tuple[str, str, str, int]], say: Say) -> Table:
    counts: dict[tuple[str, str], int] = {}
    wholes: dict[str, int] = {}
    for _, what, value, n in found:
        counts[what, value] = counts.get((what, value), 0) + n
        wholes[what] = wholes.get(what, 0) + n
    rows = []
    for value in (*(name for name, _ in WAITS), LATER, REST):
        shares = tuple(
            _share(counts.get((what, value), 0), wholes.get(what, 0)) for what in ("acknowledged", "decided")
        )
        if any(shares):
            rows.append(Row(say["rp_rest" if value == REST else f"rp_within_{value}"], value, shares))
    return Table("wait", ("rp_wait", "rp_acknowledged", "rp_decided"), tuple(rows))


def _by_stars(found: Iterable[tuple[str, str, str, int]], say: Say) -> Table:
    counts: dict[str, int] = {}
    for _, what, value, n in found:
        if what == "finished" and value not in {"", REST}:
            counts[value] = counts.get(value, 0) + n
    told = sum(counts.values())
    rows = [Row(say["rp_stars_n"].format(n=one), one, (_share(counts[one], told),)) for one in sorted(counts)]
    if rows:
        mean = round(sum(int(one) * n for one, n in counts.items()) / told, 1)
        rows.append(Row(say["rp_mean"], "mean", (mean,)))
    return Table("stars", ("rp_stars", "rp_share_of_told"), tuple(rows))


def _took(services: Mapping[Any, Count], names: Names) -> Table:
    rows = []
    for service in sorted(services):
        one = services[service]
        finished, paid = one.of("finished"), one.totals.get("paid", 0)
        cost = round(paid / MONEY / finished, 2) if finished and paid else None
        values = (one.mean("acknowledged", 3600), one.mean("decided", 86_400), cost)
        if any(value is not None for value in values):
            rows.append(Row(names.service(service) or service, service, values))
    return Table("took", ("rp_service", "rp_hours_acknowledged", "rp_days_decided", "rp_cost"), tuple(rows))


def _share(part: int, whole: int) -> int | None:
    """In a hundred, without a fraction: from a finer one the counts could be worked out."""
    return round(part * 100 / whole) if whole else None


# --- files -----------------------------------------------------------------------------------------------------------


def as_csv(report: Sequence[Table], say: Say) -> bytes:
    """All tables below each other, one number a line: table, name, code, column, number."""
    lines = [line(say[key] for key in ("rp_table", "rp_name", "rp_code", "rp_column", "rp_number"))]
    for table in report:
        for row in table.rows:
            for head, value in zip(table.heads[1:], row.values, strict=True):
                if value is not None:
                    code = row.of if row.of != REST else ""
                    lines.append(line((say[f"rp_by_{table.key}"], row.name, code, say[head], value)))
    return MARK + b"".join(lines)


def as_xlsx(report: Sequence[Table], say: Say) -> bytes:
    """A workbook with a sheet for each table."""
    book = Workbook()
    for table in report or [Table("service", ("rp_service", *_BEGUN_HEADS), ())]:
        sheet = book.sheet(table.key, [say[head] for head in table.heads])
        for row in table.rows:
            sheet.add((row.name, *row.values))
    return book.saved()


def mondays(until: int, count: int) -> list[int]:
    """So many Mondays up to this one."""
    return [until - WEEK * back for back in range(count - 1, -1, -1)]
