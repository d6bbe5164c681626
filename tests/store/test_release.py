"""What is told of few people: nothing, and no sum of what is told gives them away; with the attacks, and controls."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

from store import release as releasing
from store.release import FAMILIES, LEAST, ONWARD, RATED, RATED_WHO, REST, Cell, Told, onward, tellable

TODAY = 100
SUNDAY = 3
"""1970 began on a Thursday, day 0."""
DAYS = (SUNDAY, SUNDAY + 7, SUNDAY + 14)
TABLES = ("day", *FAMILIES["finished"][1:4])
"""The day itself stands for the week here: it is the finer one."""
DOMAIN: Mapping[str, tuple[str, ...]] = {
    "day": tuple(map(str, DAYS)),
    "channel": ("ussd", "sms", "counter"),
    "language": ("lo", "en"),
    "sex": ("f", "m", ""),
}


def release(cells: Iterable[Cell], families: Sequence[str], today: int) -> list[Told]:
    """Of one outcome alone."""
    return releasing.release({"finished": cells}, {"finished": families}, today)["finished"]


def cell(n: int = 1, day: int = 1, **traits: str) -> Cell:
    return Cell(day, tuple(sorted((name, value) for name, value in traits.items() if value)), n)


def test_nothing_is_told_of_four_and_five_are() -> None:
    assert release([cell(4, channel="ussd")], ("channel",), TODAY) == []
    (told,) = release([cell(4, channel="ussd"), cell(1, day=3, channel="ussd")], ("channel",), TODAY)
    assert told.tables == {"": {"": (5, 0)}, "channel": {"ussd": (5, 0)}}
    assert told.day == 3


def test_a_day_that_is_not_over_is_not_told() -> None:
    assert release([cell(9, day=SUNDAY, channel="ussd")], ("channel",), SUNDAY) == []


def test_a_stretch_waits_for_the_end_of_a_week_in_which_no_part_is_small_and_no_longer_than_two() -> None:
    some = [cell(9, channel="ussd"), cell(1, channel="sms")]
    assert release(some, ("channel",), SUNDAY + 1) == []
    assert release(some, ("channel",), SUNDAY + 7) == []
    (told,) = release(some, ("channel",), SUNDAY + 8)
    assert told.tables["channel"] == {REST: (10, 0)}
    more = [*some, cell(4, day=2, channel="sms")]
    assert release(more, ("channel",), SUNDAY) == []
    (clean,) = release(more, ("channel",), SUNDAY + 1)
    assert clean.tables["channel"] == {"ussd": (9, 0), "sms": (5, 0)}


def test_of_plenty_a_day_is_told_when_it_is_over_and_small_parts_stand_together() -> None:
    (told,) = release([cell(120, channel="ussd"), cell(40, channel="sms"), cell(1, channel="counter")], ("channel",), 2)
    assert told.tables["channel"] == {"ussd": (120, 0), REST: (41, 0)}


def test_the_weeks_of_a_stretch_are_one_of_its_tables() -> None:
    first = [cell(9, channel="ussd"), cell(1, channel="sms")]
    later = [cell(7, day=SUNDAY + 1, channel="sms")]
    (told,) = release([*first, *later], ("week", "channel"), SUNDAY + 8)
    assert told.tables["week"] == {str(SUNDAY - 6): (10, 0), str(SUNDAY + 1): (7, 0)}


def test_outcomes_are_told_of_the_same_days_unless_one_stays_too_few_for_two_weeks() -> None:
    families = {"finished": (), "stopped": ()}
    given = {"finished": [cell(9), cell(9, day=2)], "stopped": [cell(2), cell(4, day=2)]}
    told = releasing.release(given, families, SUNDAY + 1)
    assert [(one.day, one.tables[""][""][0]) for one in told["finished"]] == [(2, 18)]
    assert [(one.day, one.tables[""][""][0]) for one in told["stopped"]] == [(2, 6)]
    few = {"finished": [cell(9)], "stopped": [cell(2)]}
    assert releasing.release(few, families, SUNDAY + 7) == {"finished": [], "stopped": []}
    told = releasing.release(few, families, SUNDAY + 8)
    assert (len(told["finished"]), told["stopped"]) == (1, [])


def test_what_one_outcome_does_not_tell_apart_no_outcome_does() -> None:
    families = {"finished": ("channel",), "stopped": ("channel",)}
    finished = [cell(300, channel="ussd"), cell(60, channel="sms"), cell(30, channel="counter")]
    stopped = [cell(150, channel="ussd"), cell(3, channel="sms"), cell(9, channel="counter")]
    told = releasing.release({"finished": finished, "stopped": stopped}, families, 2)
    assert told["stopped"][0].tables["channel"] == {"ussd": (150, 0), REST: (12, 0)}
    assert told["finished"][0].tables["channel"] == {"ussd": (300, 0), REST: (90, 0)}


def test_woman_and_man_are_told_together_or_not_at_all() -> None:
    assert tellable({"f": 3, "m": 40, "": 20}, "sex") == {""}
    assert tellable({"f": 30, "m": 40, "": 2}, "sex") == set()
    assert tellable({"f": 30, "m": 40, "": 20}, "sex") == {"f", "m", ""}


def test_what_goes_on_to_the_country_are_the_same_people() -> None:
    cells = [cell(3, channel="ussd", step="a"), cell(4, day=2, channel="sms", step="a"), cell(2, day=2, step="b")]
    (told,) = release(cells, (), TODAY)
    assert {one.traits: one.n for one in onward(told, ONWARD["stopped"][0])} == {
        (("step", "a"),): 7,
        (("step", "b"),): 2,
    }


# --- how decided requests went ---------------------------------------------------------------------------------------


def rated(whats: Sequence[str], *cells: Sequence[Cell], today: int = 1000) -> list[list[Told]]:
    given = dict(zip(whats, cells, strict=True))
    found = releasing.release(given, {what: FAMILIES[what] for what in whats}, today)
    return [found[what] for what in whats]


def wholes(found: Iterable[Sequence[Told]]) -> list[list[int]]:
    return [[one.tables[""][""][0] for one in told] for told in found]


def test_no_share_is_told_without_all_of_it_however_long_that_takes() -> None:
    good, none = [cell(80, channel="ussd")], [cell(40, channel="ussd")]
    few = [cell(4, channel="ussd")]
    assert wholes(rated(RATED, good, few, none)) == [[], [], []]
    assert wholes(rated(RATED, good, [*few, cell(6, day=30, channel="sms")], none)) == [[80], [10], [40]]
    assert wholes(rated(RATED, good, [], [])) == [[80], [], []], "what nobody said is no part that is missing"


def test_women_and_men_are_told_apart_in_all_outcomes_or_in_none() -> None:
    good, none = [cell(40, sex="f"), cell(40, sex="m")], [cell(20, sex="f"), cell(20, sex="m")]
    for bad, shown in (
        ([cell(4, sex="f"), cell(9, sex="m")], {REST}),
        ([cell(9, sex="f"), cell(9, sex="m")], {"f", "m"}),
    ):
        found = rated(RATED_WHO, good, bad, none)
        assert [set(told[0].tables["sex"]) for told in found] == [shown] * 3
    early = rated(RATED_WHO, good, [cell(4, sex="f"), cell(9, sex="m")], none, today=QUARTER_ENDS[0] + 1)
    assert wholes(early) == [[], [], []], "a quarter that tells nothing apart waits for the next"


def test_of_other_outcomes_the_large_do_not_wait_for_the_small() -> None:
    given = {"finished": [cell(40)], "stopped": [cell(4)], "ended": []}
    found = releasing.release(given, {what: FAMILIES[what] for what in given}, 1000)
    assert (len(found["finished"]), len(found["stopped"])) == (1, 0)


# --- villages, a quarter of a year at a time -----------------------------------------------------------------------

(VILLAGES,) = ONWARD["finished"]
QUARTER_ENDS = (89, 180, 272, 364)
"""31 March, 30 June, 30 September and 31 December of 1970."""


def by_village(cells: Iterable[Cell], today: int) -> list[Told]:
    return releasing.release({"villages": cells}, {"villages": FAMILIES["villages"]}, today)["villages"]


def test_who_is_told_goes_on_to_the_villages_of_the_same_district_under_the_day_of_telling() -> None:
    cells = [cell(3, channel="ussd", village="1"), cell(4, day=2, channel="sms", village="1"), cell(2, day=2)]
    (told,) = release(cells, (), TODAY)
    found = onward(told, VILLAGES)
    assert {one.traits: one.n for one in found} == {(("village", "1"),): 7, (): 2}
    assert {one.day for one in found} == {told.by} == {SUNDAY}
    assert onward(release([cell(9, channel="ussd")], (), TODAY)[0], VILLAGES) == [], "a service without villages"


def test_villages_are_told_at_the_end_of_a_quarter_and_small_ones_stand_together() -> None:
    cells = [cell(40, village="1"), cell(9, village="2"), cell(3, day=80, village="3")]
    assert by_village(cells, QUARTER_ENDS[0]) == [], "the quarter is not over"
    (told,) = by_village(cells, QUARTER_ENDS[0] + 1)
    assert told.tables["village"] == {"1": (40, 0), REST: (12, 0)}, "one that is large stands with the small one"


def test_a_quarter_that_would_tell_little_apart_waits_for_the_next_and_no_longer_than_a_year() -> None:
    few = [cell(3, village=str(n)) for n in range(4)]
    assert by_village(few, QUARTER_ENDS[3]) == []
    (told,) = by_village(few, QUARTER_ENDS[3] + 1)
    assert told.tables["village"] == {REST: (12, 0)}
    more = [*few, *(cell(4, day=100, village=str(n)) for n in range(4))]
    (told,) = by_village(more, QUARTER_ENDS[1] + 1)
    assert told.tables["village"] == {str(n): (7, 0) for n in range(4)}
    assert by_village([cell(4, village="1")], QUARTER_ENDS[3] + 400) == [], "fewer than five wait on"


def test_whoever_knows_totals_and_rule_learns_no_village_s_small_number_from_when_it_is_told() -> None:
    def seen(counts: Sequence[int]) -> tuple[object, ...]:
        (a, b), (c, d) = counts[:2], counts[2:]
        cells = [cell(n, day=day, village=v) for n, day, v in ((a, 1, "a"), (b, 1, "b"), (c, 99, "a"), (d, 99, "b"))]
        told = by_village([one for one in cells if one.n], QUARTER_ENDS[3] + 200)
        return (a + b, c + d, tuple((one.day, str(sorted(one.tables["village"].items()))) for one in told))

    ways: dict[tuple[object, ...], list[Sequence[int]]] = {}
    for counts in itertools.product(range(10), repeat=4):
        # What a district was told, is five or more; of a larger sum not all ways to it are among these.
        if all(LEAST <= n < 10 for n in (counts[0] + counts[1], counts[2] + counts[3])):
            ways.setdefault(seen(counts), []).append(counts)
    parts = [(0,), (1,), (2,), (3,), (0, 2), (1, 3)]
    sums = [{sum(one[at] for at in part) for one in possible} for possible in ways.values() for part in parts]
    assert [one for one in sums if len(one) == 1 and 0 < min(one) < LEAST] == []
    assert len(ways) > 50


Rule = Callable[[Mapping[str, int]], set[str]]


def _seen(counts: Sequence[int], values: Sequence[str], rule: Rule) -> tuple[object, ...]:
    """What is to be seen of a table."""
    present = {value: n for value, n in zip(values, counts, strict=True) if n}
    shown = rule(present)
    rest = sum(n for value, n in present.items() if value not in shown)
    return (tuple(sorted((value, present[value]) for value in shown)), rest)


def given_away(rule: Rule, values: Sequence[str] = ("a", "b", "c"), most: int = 25) -> list[object]:
    """Tables whose small part follows from what is to be seen and from the rule itself."""
    ways: dict[tuple[object, ...], list[Sequence[int]]] = {}
    for counts in itertools.product(range(most), repeat=len(values)):
        # Of a larger sum not all ways to it are among these.
        if LEAST <= sum(counts) < most:
            ways.setdefault(_seen(counts, values, rule), []).append(counts)
    return [
        seen
        for seen, possible in ways.items()
        for at in range(len(values))
        if len({counts[at] for counts in possible}) == 1 and 0 < possible[0][at] < LEAST
    ]


def test_who_knows_the_rule_learns_no_small_number_from_one_table() -> None:
    assert given_away(tellable) == []
    assert given_away(tellable, ("a", "b", "c", "d"), 20) == []
    assert given_away(lambda counts: tellable(counts, "village"), ("a", "b", ""), 25) == []
    assert given_away(lambda counts: tellable(counts, "sex"), ("f", "m", ""), 25) == []


def test_who_subtracts_from_a_whole_would_learn_it_without_a_second_part_in_the_rest() -> None:
    def only_small(counts: Mapping[str, int]) -> set[str]:
        return {value for value, n in counts.items() if n >= LEAST}

    assert given_away(only_small)
