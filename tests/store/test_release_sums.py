"""Everything that follows by adding and subtracting what is told, in many tables and stretches; with controls."""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from store.release import LEAST, ONWARD, REST, Cell, Told, onward
from tests.store.test_release import (
    DAYS,
    DOMAIN,
    TABLES,
    TODAY,
    VILLAGES,
    by_village,
    release,
)

Person = tuple[str, int, str, str, str]
PLACES = ("district", "day", "channel", "language", "sex")
"""What a person is, in this order."""
UNIVERSE: list[Person] = [
    (district, day, channel, language, sex)
    for district in ("A", "B")
    for day in DAYS
    for channel, language, sex in itertools.product(*(DOMAIN[family] for family in TABLES[1:]))
]
Equation = dict[int, Fraction]


def people(seed: int) -> Counter[Person]:
    drawn = random.Random(seed)
    found: Counter[Person] = Counter()
    for _ in range(drawn.randint(20, 240)):
        channel = drawn.choices(DOMAIN["channel"], (12, 5, 1))[0]
        language = drawn.choices(DOMAIN["language"], (9, 1))[0]
        sex = drawn.choices(DOMAIN["sex"], (2, 6, 2))[0]
        found[drawn.choice("AAAB"), drawn.choice(DAYS), channel, language, sex] += 1
    return found


def told_of(everybody: Counter[Person], district: str) -> list[Told]:
    cells = [
        Cell(day, tuple((n, v) for n, v in zip(TABLES, (str(day), *traits), strict=True) if v), count)
        for (where, day, *traits), count in sorted(everybody.items())
        if where == district
    ]
    return release(cells, TABLES, TODAY)


def equations(told: Iterable[Told], district: str) -> list[set[Person]]:
    """Every set of people whose number is told, or follows as none."""
    found: list[set[Person]] = []
    begin = 0
    for one in told:
        stretch = {p for p in UNIVERSE if p[0] == district and begin < p[1] <= one.day}
        begin = one.day
        found += equations_of(one, stretch, TABLES)
    return found


def equations_of(one: Told, stretch: set[Person], families: Sequence[str]) -> list[set[Person]]:
    found = [stretch]
    for family in families:
        place = PLACES.index(family)
        shown = set(one.tables[family]) - {REST}
        parts = [{p for p in stretch if str(p[place]) == value} for value in DOMAIN[family]]
        if REST in one.tables[family]:
            hidden = [p for p in stretch if str(p[place]) not in shown]
            found += [set(hidden), *(part for part, v in zip(parts, DOMAIN[family], strict=True) if v in shown)]
        else:
            found += parts
    return found


def reduced(row: Equation, basis: Mapping[int, Equation]) -> Equation:
    row = dict(row)
    for pivot in sorted(basis):
        if factor := row.get(pivot):
            for column, value in basis[pivot].items():
                left = row.get(column, Fraction(0)) - factor * value
                if left:
                    row[column] = left
                else:
                    row.pop(column, None)
    return row


def indicator(of: Iterable[Person]) -> Equation:
    index = {person: at for at, person in enumerate(UNIVERSE)}
    return {index[person]: Fraction(1) for person in of}


def follows(known: Sequence[set[Person]], everybody: Counter[Person]) -> list[tuple[object, ...]]:
    """Groups of one to four people whose number follows from the known ones by adding and subtracting."""
    basis: dict[int, Equation] = {}
    for some in known:
        row = reduced(indicator(some), basis)
        if row:
            pivot = min(row)
            scaled = {column: value / row[pivot] for column, value in row.items()}
            basis = {at: reduced(one, {pivot: scaled}) for at, one in basis.items()} | {pivot: scaled}
    leaks: list[tuple[object, ...]] = []
    choices = [(None, *DAYS), *((None, *DOMAIN[family]) for family in TABLES[1:])]
    for district, *wanted in itertools.product(("A", "B"), *choices):
        group = {
            p for p in UNIVERSE if p[0] == district and all(w in (None, v) for w, v in zip(wanted, p[1:], strict=True))
        }
        if 0 < sum(everybody[p] for p in group) < LEAST and not reduced(indicator(group), basis):
            leaks.append((district, *wanted))
    return leaks


def test_nothing_of_one_to_four_people_follows_from_all_that_is_told() -> None:
    stretches = 0
    for seed in range(12):
        everybody = people(seed)
        known = []
        for district in ("A", "B"):
            told = told_of(everybody, district)
            stretches += len(told)
            known += equations(told, district)
        assert follows(known, everybody) == [], seed
    assert stretches > 20, "there was something to attack"


def test_what_the_country_is_told_by_step_gives_away_nobody_of_a_district() -> None:
    """The same people are told by channel in their district, and by step in the country: here `sex` plays the step."""
    steps = {"f": "one", "m": "two", "": "three"}
    stretches = 0
    for seed in range(20, 32):
        everybody = people(seed)
        known: list[set[Person]] = []
        of_country: list[tuple[Cell, set[Person]]] = []
        for district in ("A", "B"):
            cells = [
                Cell(day, (("channel", channel), ("day", str(day)), ("language", language), ("step", steps[sex])), n)
                for (where, day, channel, language, sex), n in sorted(everybody.items())
                if where == district
            ]
            begin = 0
            for one in release(cells, TABLES[:3], TODAY):
                stretch = {p for p in UNIVERSE if p[0] == district and begin < p[1] <= one.day}
                begin = one.day
                known += equations_of(one, stretch, TABLES[:3])
                of_country += [(cell, stretch) for cell in onward(one, ONWARD["stopped"][0])]
        told = release([cell for cell, _ in of_country], ("step",), TODAY + 1)
        begin = 0
        for one in told:
            begin, before = one.day, begin
            union = {p for cell, stretch in of_country if before < cell.day <= one.day for p in stretch}
            known.append(union)
            shown = set(one.tables["step"]) - {REST}
            parts = {step: {p for p in union if steps[p[4]] == step} for step in steps.values()}
            known += [part for step, part in parts.items() if step in shown or REST not in one.tables["step"]]
            stretches += 1
        assert follows(known, everybody) == [], seed
    assert stretches > 8


REAL = dict(zip(DAYS, (3, 59, 143), strict=True))
"""The same three days further apart: the first two in one quarter, the third in the next; all Sundays."""
BACK = {real: day for day, real in REAL.items()}


def told_by_village(seed: int, *, weekly: bool = False) -> tuple[list[set[Person]], Counter[Person], int]:
    """Everything that is told of two districts and, by quarter, of their villages: here `sex` plays the village.

    With `weekly`, the control: villages of five and more are told beside each stretch, the others left out.
    """
    villages = {"f": "one", "m": "two", "": "three"}
    everybody = people(seed)
    known: list[set[Person]] = []
    stretches = 0
    for district in ("A", "B"):
        cells = [
            Cell(REAL[day], (("channel", c), ("day", str(day)), ("language", tongue), ("village", villages[sex])), n)
            for (where, day, c, tongue, sex), n in sorted(everybody.items())
            if where == district
        ]
        onto: list[tuple[Cell, set[Person]]] = []
        begin = 0
        for one in release(cells, TABLES[:3], 400):
            end = BACK[one.day]
            stretch = {p for p in UNIVERSE if p[0] == district and begin < p[1] <= end}
            begin = end
            known += equations_of(one, stretch, TABLES[:3])
            onto += [(cell, stretch) for cell in onward(one, VILLAGES)]
            if weekly:
                parts = [{p for p in stretch if villages[p[4]] == village} for village in villages.values()]
                known += [part for part in parts if sum(everybody[p] for p in part) >= LEAST]
        begin = 0
        for one in by_village([cell for cell, _ in onto], 400):
            begin, before = one.day, begin
            union = {p for cell, stretch in onto if before < cell.day <= one.day for p in stretch}
            known.append(union)
            shown = set(one.tables["village"]) - {REST}
            apart = {village: {p for p in union if villages[p[4]] == village} for village in villages.values()}
            known += [part for v, part in apart.items() if v in shown or REST not in one.tables["village"]]
            stretches += len(shown) > 0
    return known, everybody, stretches


def test_nobody_of_a_village_follows_from_what_is_told_of_districts_weeks_channels_and_villages() -> None:
    stretches = 0
    for seed in range(40, 56):
        known, everybody, told = told_by_village(seed)
        stretches += told
        assert follows(known, everybody) == [], seed
    assert stretches > 8, "there were villages to attack"
    leaky = [seed for seed in range(40, 56) if follows(*told_by_village(seed, weekly=True)[:2])]
    assert leaky, "the control: villages told beside each week"


def test_the_attack_finds_what_is_hidden_without_care() -> None:
    """Each table by itself, with its small parts left out and its whole beside it."""
    everybody = people(3)
    known: list[set[Person]] = []
    for district in ("A", "B"):
        whole = {p for p in UNIVERSE if p[0] == district}
        known.append(whole)
        for family in TABLES[1:]:
            place = PLACES.index(family)
            parts = [{p for p in whole if str(p[place]) == value} for value in DOMAIN[family]]
            known += [part for part in parts if sum(everybody[p] for p in part) >= LEAST]
    assert follows(known, everybody)
    windows = [{p for p in UNIVERSE if p[0] == "A" and p[1] <= day and p[2] == "sms"} for day in DAYS]
    few = Counter(
        {("A", DAYS[0], "sms", "lo", "f"): 7, ("A", DAYS[1], "sms", "lo", "f"): 2, ("A", DAYS[2], "sms", "lo", "m"): 6}
    )
    assert follows(windows, few), "two periods that overlap"
