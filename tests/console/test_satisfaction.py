"""How decided requests went, as a report tells it: shares of what is told, a mean only where it is nearly true."""

import pytest

from console.reports import Names, as_csv, as_xlsx
from console.satisfaction import mean, tables, weeks
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
    ("birth", "pleased", "stars", "5", 20, 0),
    ("birth", "pleased", "stars", "4", 10, 0),
    ("birth", "displeased", "stars", "1", 6, 0),
    ("birth", "displeased", "stars", REST, 4, 0),
    ("birth", "displeased", "why", "slow", 5, 0),
    ("birth", "displeased", "why", REST, 5, 0),
    ("birth", "pleased", "sex", "f", 10, 0),
    ("birth", "displeased", "sex", "f", 5, 0),
    ("birth", "unanswered", "sex", "f", 15, 0),
    ("birth", "pleased", "sex", REST, 20, 0),
    ("birth", "pleased", "channel", REST, 30, 0),
    ("birth", "finished", "sex", "m", 80, 0),
    ("birth", "finished", "stars", "1", 80, 0),
]


def lines(key: str) -> dict[str, tuple[object, ...]]:
    found = {one.key: one for one in tables(WHOLE, PARTS, SAY, NAMES)}
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
        "1 of 5": (15,),
        "4 of 5": (25,),
        "5 of 5": (50,),
        "1 to 3, too few to tell apart": (10,),
        "Mean": (3.9,),
    }
    assert lines("reasons") == {"Slow": (5,), SAY["rp_rest"]: (5,)}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([("pleased", "5", 10)], 5.0),
        ([("pleased", "5", 9), ("displeased", REST, 1)], 4.7),
        ([("pleased", "5", 8), ("displeased", REST, 2)], None),
        ([], None),
    ],
)
def test_a_mean_is_told_where_nearly_all_marks_are(given: list[tuple[str, str, int]], wanted: float | None) -> None:
    assert mean(given) == wanted


def test_nothing_told_makes_no_table() -> None:
    assert tables([("birth", "LA0901", "finished", 9, 0)], [], SAY, NAMES) == []


def test_files_have_them_too() -> None:
    found = tables(WHOLE, PARTS, SAY, NAMES)
    assert '"4 or 5, of 100 who answered",75' in as_csv(found, SAY).decode("utf-8-sig")
    assert as_xlsx(found, SAY)


def test_the_feedback_page_has_a_line_a_week_the_newest_first() -> None:
    whole = [(20_772, "pleased", 5, 0), (20_779, "unanswered", 9, 0), (20_779, "displeased", 6, 0)]
    newest, older = weeks(whole, [(20_779, "slow", 6, 0)])
    assert (newest.asked, newest.answered, newest.pleased, newest.reasons) == (15, 40, 0, ("6", "", "", "", ""))
    assert (older.asked, older.answered, older.pleased) == (5, 100, 100)
