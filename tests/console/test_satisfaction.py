"""How decided requests went, as a report tells it: shares of what is told, a mean only where it is nearly true."""

import pytest

from console.reports import Names, as_csv, as_xlsx
from console.satisfaction import Later, mean, quarters, tables, weeks
from console.words import Words
from store.release import REST

SAY = Words()["en"]
NAMES = Names(str.capitalize, lambda code: f"place {code}", str.upper, lambda _, step: step, lambda code: code)
WHOLE = [
    ("birth", "LA0901", "pleased", 30, 0),
    ("birth", "LA0901", "displeased", 10, 0),
    ("birth", "LA0901", "unanswered", 40, 0),
    ("birth", "LA0902", "unanswered", 6, 0),
    ("birth", "LA0902", "finished", 99, 0),
    ("school", "LA0901", "finished", 7, 0),
]
PARTS = [
    ("birth", "pleased", "channel", REST, 30, 0),
    ("birth", "finished", "sex", "m", 80, 0),
    ("birth", "finished", "stars", "1", 80, 0),
]
LATER = Later(
    [
        ("birth", "high_marks", "5", 20, 0),
        ("birth", "high_marks", "4", 10, 0),
        ("birth", "low_marks", "1", 6, 0),
        ("birth", "low_marks", REST, 4, 0),
        ("birth", "reasons", "slow", 5, 0),
        ("birth", "reasons", REST, 5, 0),
        ("birth", "finished", "1", 80, 0),
        ("birth", "pleased_who", "f", 10, 0),
        ("birth", "displeased_who", "f", 5, 0),
        ("birth", "unanswered_who", "f", 15, 0),
        ("birth", "pleased_who", REST, 20, 0),
    ]
)


def lines(key: str) -> dict[str, tuple[object, ...]]:
    found = {one.key: one for one in tables(WHOLE, PARTS, LATER, SAY, NAMES)}
    return {row.name: row.values for row in found[key].rows} if key in found else {}


def test_asked_answered_and_pleased_by_service_and_district() -> None:
    assert lines("satisfaction") == {"Birth": (86, 47, 75, 3.9)}
    assert lines("satisfaction_district") == {"place LA0901": (80, 50, 75), "place LA0902": (6, 0, None)}


def test_women_are_told_where_they_are_and_a_rest_alone_is_no_part() -> None:
    assert lines("satisfaction_part") == {
        "Who asked: Women": (30, 50, 67),
        f"Who asked: {SAY['rp_rest']}": (20, 100, 100),
    }


def test_marks_and_reasons() -> None:
    assert lines("marks") == {
        "1 of 5": (6,),
        "1 to 3, too few to tell apart": (4,),
        "4 of 5": (10,),
        "5 of 5": (20,),
    }
    assert lines("reasons") == {"Slow": (5,), SAY["rp_rest"]: (5,)}


@pytest.mark.parametrize(
    ("outcomes", "high", "low", "wanted"),
    [
        ({"pleased": 10}, {"5": 10}, {}, 5.0),
        ({"pleased": 30, "displeased": 10}, {"5": 10, "4": 10}, {"1": 5, "3": 5}, 3.9),
        ({"pleased": 30, "displeased": 10}, {"5": 10, "4": 10}, {"1": 6, REST: 4}, 3.7),
        ({"pleased": 30, "displeased": 10}, {"5": 10, "4": 10}, {}, None),
        ({"pleased": 30, "displeased": 10}, {REST: 20}, {"1": 5, "3": 5}, None),
        ({"unanswered": 9}, {"5": 10}, {"1": 9}, None),
        ({}, {}, {}, None),
    ],
)
def test_a_mean_is_told_where_it_cannot_be_wrong_by_much(
    outcomes: dict[str, int], high: dict[str, int], low: dict[str, int], wanted: float | None
) -> None:
    assert mean(outcomes, high, low) == wanted


def test_nothing_told_makes_no_table() -> None:
    assert tables([("birth", "LA0901", "finished", 9, 0)], [], Later([]), SAY, NAMES) == []


def test_files_have_them_too() -> None:
    found = tables(WHOLE, PARTS, LATER, SAY, NAMES)
    assert '"4 or 5, of 100 who answered",75' in as_csv(found, SAY).decode("utf-8-sig")
    assert as_xlsx(found, SAY)


def test_the_feedback_page_has_a_line_a_week_the_newest_first() -> None:
    whole = [(20_772, "pleased", 5, 0), (20_779, "unanswered", 9, 0), (20_779, "displeased", 6, 0)]
    newest, older = weeks(whole)
    assert (newest.asked, newest.answered, newest.pleased) == (15, 40, 0)
    assert (older.asked, older.answered, older.pleased) == (5, 100, 100)
    (one,) = quarters([(20_779, "reasons", "slow", 6, 0), (20_779, "reasons", REST, 5, 0), (20_779, "left", "x", 9, 0)])
    assert (one.reasons, one.rest) == (("6", "", "", "", ""), "5")
