"""The tables of a report, their pictures, and the files that are made of them."""

import csv
import io
from xml.etree import ElementTree as ET

from openpyxl import load_workbook

from console import charts, reports
from console.charts import Series
from console.reports import Names, Row, Table, tables
from console.words import Words
from store.figures import WEEK
from store.release import REST

SAY = Words()["en"]
MONDAY = 20_778  # 2026-11-22 is 20,779 days after 1970: any number does
NAMES = Names(
    str.capitalize, lambda code: f"place {code}", str.upper, lambda _, step: step, lambda code: f"village {code}"
)

WHOLE = [
    ("birth", "LA0901", "finished", 30, 0),
    ("birth", "LA0901", "stopped", 10, 0),
    ("birth", "LA0902", "finished", 5, 0),
    ("birth", "LA0902", "acknowledged", 5, 5 * 7200),
    ("birth", "", "paid", 40, 40 * 3500),
    ("tip", "", "finished", 8, 0),
]
PARTS = [
    ("birth", "finished", "week", str(MONDAY), 30, 0),
    ("birth", "stopped", "week", str(MONDAY), 10, 0),
    ("birth", "finished", "week", str(MONDAY + WEEK), 5, 0),
    ("tip", "finished", "week", REST, 8, 0),
    ("birth", "finished", "channel", "ussd", 20, 0),
    ("birth", "finished", "channel", "sms", 9, 0),
    ("birth", "finished", "channel", REST, 6, 0),
    ("birth", "stopped", "channel", "ussd", 10, 0),
    ("birth", "finished", "sex", "f", 10, 0),
    ("birth", "finished", "sex", "m", 15, 0),
    ("birth", "finished", "sex", "", 10, 0),
    ("birth", "stopped", "sex", "f", 8, 0),
    ("birth", "stopped", "sex", REST, 9, 0),
    ("birth", "left", "step", "2:ask:name", 7, 0),
    ("birth", "acknowledged", "wait", "day", 3, 0),
    ("birth", "acknowledged", "wait", "week", 1, 0),
    ("birth", "finished", "stars", "4", 6, 0),
    ("birth", "finished", "stars", "5", 6, 0),
]


def made() -> dict[str, Table]:
    weeks = [MONDAY - WEEK, MONDAY, MONDAY + WEEK]
    return {one.key: one for one in tables(WHOLE, PARTS, SAY, NAMES, weeks)}


def lines(key: str) -> dict[str, tuple[object, ...]]:
    return {row.name: row.values for row in made()[key].rows}


def test_started_finished_and_given_up_by_service_week_and_district() -> None:
    assert lines("service") == {"Birth": (45, 35, 78, 10, 0), "Tip": (8, 8, 100, 0, 0)}
    weeks = {row.of: row.values[0] for row in made()["week"].rows}
    assert weeks == {str(MONDAY - WEEK): 0, str(MONDAY): 40, str(MONDAY + WEEK): 5, REST: 8}
    assert lines("district") == {
        SAY["rp_country_only"]: (8, 8, 100, 0, 0),
        "place LA0901": (40, 30, 75, 10, 0),
        "place LA0902": (5, 5, 100, 0, 0),
    }


def test_villages_are_ordered_by_number_and_the_rest_stands_last() -> None:
    counts = {REST: 50, "0901001": 7, "0901002": 12, "": 6}
    (table,) = (one for one in tables(WHOLE, PARTS, SAY, NAMES, [MONDAY], counts) if one.key == "village")
    told = [(row.name, row.values) for row in table.rows]
    assert told == [("village 0901002", (12,)), ("village 0901001", (7,)), (SAY["rp_rest"], (50,)), ("not told", (6,))]
    nothing = tables(WHOLE, PARTS, SAY, NAMES, [MONDAY], {REST: 50})
    assert "village" not in {one.key for one in nothing}, "of a rest alone nothing is to be learned"


def test_by_channel_the_rest_stands_last() -> None:
    assert [row.name for row in made()["channel"].rows] == ["Key presses (USSD)", "SMS", SAY["rp_rest"]]
    assert made()["channel"].rows[0].values == (30, 20, 67, 10, 0)


def test_women_men_and_the_gap() -> None:
    assert lines("sex") == {
        "Women": (10, 40, 8),
        "Men": (15, 60, 0),
        SAY["rp_unknown"]: (10, None, 0),
        SAY["rp_rest"]: (0, None, 9),
        SAY["rp_gap"]: (None, -20, None),
    }


def test_steps_waits_satisfaction_and_cost() -> None:
    assert lines("step") == {"2:ask:name": ("Birth", 7)}
    assert lines("wait") == {"a day": (75, None), "a week": (25, None)}, "shares, from which no number follows"
    assert lines("stars") == {"4 of 5": (50,), "5 of 5": (50,), "Mean": (4.5,)}
    assert lines("took") == {"Birth": (2.0, None, 0.4)}


def test_without_figures_there_is_no_table() -> None:
    assert tables([], [], SAY, NAMES, [MONDAY]) == []


EVIL = '=HYPERLINK("http://x")'
HOSTILE = Table("service", ("rp_service", "rp_started"), (Row(EVIL, "@x", (7,)), Row("\t+1", "-2", ("=1+1",))))


def test_no_cell_of_the_files_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(reports.as_csv([HOSTILE], SAY).decode("utf-8-sig"))))
    cells = [cell for row in rows[1:] for cell in row]
    assert f"'{EVIL}" in cells
    assert not any(cell[:1] in set("=+-@\t\r") for cell in cells)
    sheet = load_workbook(io.BytesIO(reports.as_xlsx([HOSTILE], SAY)))["service"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert sheet["A2"].value == EVIL
    assert sheet["B2"].value == 7


def test_charts_are_sound_escaped_and_told_apart_without_colour() -> None:
    names = ["<b>", "two & three", "four"]
    both = [Series("done", "a", [1, 20, 0]), Series("not", "b", [0, 5, 3])]
    for drawn in (charts.columns("c", "A <title>", names, both), charts.bars("c", "A <title>", names, both)):
        tree = ET.fromstring(drawn)  # noqa: S314 - our own
        assert tree[0].text == "A <title>"
        assert "<b>" not in drawn
        kinds = {one.get("class"): one.get("fill") for one in tree if one.tag == "rect"}
        assert kinds == {"sa": None, "sb": "url(#c-b)"}
        assert "style=" not in drawn
    assert "<svg" in charts.columns("c", "none", [], [])
    assert [charts.nice(n) for n in (0, 5, 6, 11, 21, 51, 101, 999)] == [5, 5, 10, 20, 50, 100, 200, 1000]
