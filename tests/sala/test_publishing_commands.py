"""The life of a draft by command, beside no node: two people, a table in a spreadsheet, a trial, a pause."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sala import cli, doctor, here, keys, services
from sala.config import Config, load, store_settings
from sala.editions import Overlay
from sala.publishing import Publishing
from store.memory import open_memory
from tests.sala.test_publishing import FEES, TEXT

Captured = pytest.CaptureFixture[str]

CONFIG = """\
node = "LA-XK-03"
stage = "{stage}"
languages = ["en"]
services = ["flows"]
[tables]
fees = "fees.csv"
[store]
reserve_mb = 0
free_mb = 0
"""


class Desk:
    """The folder of a node that is not running, and who types commands there."""

    def __init__(self, folder: Path, capsys: Captured) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """What a command said, after looking at its exit code."""
        ended = cli.main([*arguments, "--config", str(self.folder / "sala.toml")])
        said = self._capsys.readouterr()
        assert ended == code, said.out + said.err
        return said.out + said.err

    def flow(self, *arguments: str, code: int = 0) -> str:
        return self("flow", *arguments, code=code)

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, "utf-8")
        return str(self.folder / name)


async def _begin(config: Config) -> None:
    """What a node's start leaves: its database, and its files published or proposed."""
    prepared = services.prepare(config, ())
    overlay = Overlay.over(prepared)
    config.data.mkdir()
    key = keys.database_key(config.key_source, config.data)
    mind = services.mind(prepared, overlay.given, overlay.under)
    async with open_memory(store_settings(config), key, mind, house=False) as memory:
        await Publishing(config, memory, overlay).begin(prepared)


@pytest.fixture
def desk(tmp_path: Path, capsys: Captured, request: pytest.FixtureRequest) -> Desk:
    made = Desk(tmp_path, capsys)
    (tmp_path / "flows").mkdir()
    made.file("flows/birth.yaml", TEXT)
    made.file("fees.csv", FEES)
    made.file("sala.toml", CONFIG.format(stage=getattr(request, "param", "live")))
    asyncio.run(_begin(load(tmp_path / "sala.toml")))
    capsys.readouterr()
    return made


def test_a_live_node_takes_two_people_and_a_waiver_with_a_name(desk: Desk) -> None:
    assert "1  open: flow birth by start" in desk.flow("proposals")
    assert "not reviewed, so held back" in desk.flow("proposals", "1")
    assert "[unreviewed]" in desk.flow("approve", "1", "--by", "ben", code=2)
    assert "names the person" in desk.flow("waive", "--until", "2099-01-01", "--by", "", "--note", "x", code=2)
    assert "at most 90 days" in desk.flow("waive", "--until", "2099-01-01", "--by", "Noy", "--note", "x", code=2)
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert "waiver 1 until" in desk.flow("waive", "--until", until, "--by", "Noy", "--note", "pilot")
    assert "is live" in desk.flow("approve", "1", "--by", "ben")
    assert re.search(r"version 1  publish .* by ben .*, proposed by start", desk.flow("history", "birth"))
    assert "in force: every service every language" in desk.flow("waivers")
    desk.flow("waivers", "--end", "1", "--by", "ben")
    assert "ended by ben" in desk.flow("waivers")


def test_a_draft_is_kept_commented_undone_and_proposed(desk: Desk) -> None:
    changed = desk.file("changed.yaml", TEXT.replace("Name?", "Full name?"))
    assert desk.flow("draft", "birth", changed, "--by", "anna") == (
        "the draft of birth is version 2; what is live stays as it is\n"
    )
    again = desk.file("again.yaml", TEXT.replace("Name?", "Your name?"))
    said = desk.flow("draft", "birth", again, "--version", "1", "--by", "ben", code=2)
    assert "anna" in said
    assert "nothing was written" in said
    assert "Full name?" in desk.flow("draft", "birth")
    assert desk.flow("draft", "birth", again, "--by", "ben").startswith("the draft of birth is version 3")
    desk.flow("draft", "birth", "--do", "undo")
    assert "Full name?" in desk.flow("draft", "birth")
    desk.flow("comment", "birth", "Is it short enough?", "--step", "1:ask:name", "--by", "noy")
    assert "1  1:ask:name: Is it short enough? (noy" in desk.flow("comments", "birth")
    assert "settled by anna" in desk.flow("comments", "birth", "--done", "1", "--by", "anna")
    assert json.loads(desk.flow("drafts", "--format", "json"))[0]["id"] == "birth"
    said = desk.flow("propose", "birth", "--note", "clearer", "--by", "anna", "--from", "2099-01-01T00:00")
    assert "sala flow approve 2" in said
    assert "stays as it is" in desk.flow("refuse", "2", "--note", "later", "--by", "ben")
    assert "refused: flow birth" in desk.flow("proposals", "--all")


def test_outlines_come_in_by_command_in_plain_words_and_a_bad_file_changes_nothing(desk: Desk) -> None:
    ring = [[103, 19], [104, 19], [104, 20], [103, 20], [103, 19]]

    def place(code: str, name: str) -> dict[str, object]:
        shape = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"ADM2_PCODE": code, "ADM2_EN": name}, "geometry": shape}

    features = [place("LA0901", "Pek"), place("LA0902", "Pek"), place("LA99", "Nowhere")]
    file = desk.file("lao.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    said = desk("outlines", "import", file, "--by", "anna")
    assert "2 places are on the map (2 of level district)" in said
    assert "1 features had no code" in said
    assert "LA0902 is Pek in the file and ຄຳ in the places table" in said
    assert "LA0901 is" not in said
    for wrong, words in (
        ("{}", "FeatureCollection"),
        ("PK\x03\x04", "no GeoJSON"),
        (json.dumps({"type": "FeatureCollection", "features": [place("XX1", "x")]}), "no feature has a code"),
    ):
        assert words in desk("outlines", "import", desk.file("bad.geojson", wrong), code=2)
    assert "cannot be read" in desk("outlines", "import", str(desk.folder / "none.geojson"), code=2)
    (row,) = json.loads(desk("outlines", "list", "--format", "json"))
    assert (row["file"], row["places"]) == ("lao.geojson", 2)


@pytest.mark.parametrize("desk", ["staging"], indirect=True)
def test_on_staging_one_person_pauses_and_goes_back(desk: Desk) -> None:
    changed = desk.file("birth.yaml", TEXT.replace("Name?", "Full name?"))
    assert desk.flow("publish", changed, "--note", "clearer").startswith("published birth sha256:")
    assert "confirm" not in desk.flow("rollback", "birth")
    assert "confirm" not in desk.flow("pause", "birth", "--say", "en=Open again on Monday.")
    assert "languages: en" in desk.flow("pause", "birth", "--say", "Monday", code=2)
    assert "nothing waits" in desk.flow("proposals")
    assert "is sha256:" in desk.flow("rollback", "birth", "--to", "2")
    assert "menu" in desk.flow("codes")


def test_what_one_did_alone_on_a_live_node_is_shown_until_another_confirms(desk: Desk) -> None:
    config = load(desk.folder / "sala.toml")

    async def publish(one: here.Here) -> None:
        await one.memory.library.publish("birth", "sha256:1", {"birth.yaml": TEXT}, "ben")

    here.do(config, publish)
    said = desk.flow("pause", "birth", "--by", "anna", "--note", "flood")
    (number,) = re.findall(r"sala flow confirm (\d+)", said)
    assert f"{number}  to be confirmed: pause of birth by anna" in desk.flow("proposals")
    assert "[approval]" in desk.flow("confirm", number, "--by", "anna", code=2)
    assert "TO BE CONFIRMED" in desk.flow("history", "birth")
    assert "is confirmed" in desk.flow("confirm", number, "--by", "ben")
    assert "nothing waits" not in desk.flow("proposals"), "the file's own proposal still does"


@pytest.mark.parametrize("desk", ["staging"], indirect=True)
def test_a_table_goes_to_a_spreadsheet_and_comes_back_as_a_draft(desk: Desk) -> None:
    book = desk.folder / "fees.xlsx"
    desk("table", "export", "fees", "-o", str(book))
    sheet = load_workbook(book)
    sheet["fees"]["B2"] = "50000"
    sheet.save(book)
    assert "propose it" in desk("table", "import", "fees", str(book), "--by", "anna", "--note", "new decree")
    rows = {row["name"]: row for row in json.loads(desk("table", "list", "--format", "json"))}
    assert (rows["fees"]["from"], rows["fees"]["draft"]) == ("configuration", "open")
    said = desk.flow("propose", "fees", "--kind", "table", "--note", "new decree", "--by", "anna")
    assert "late: amount was 30000 and becomes 50000" in said
    assert "is live" in desk.flow("approve", "1", "--by", "ben")
    rows = {row["name"]: row for row in json.loads(desk("table", "list", "--format", "json"))}
    assert (rows["fees"]["from"], rows["fees"]["draft"]) == ("here", "")
    csv = desk.folder / "out.csv"
    desk("table", "export", "fees", "-o", str(csv))
    assert csv.read_text() == "key,amount\nlate,50000\n"
    assert "that of the configuration" in desk.flow("rollback", "fees", "--kind", "table")
    bad = desk.file("bad.csv", "key,amount\nlate\n")
    assert "[table]" in desk("table", "import", "fees", bad, code=2)


@pytest.mark.parametrize("desk", ["staging"], indirect=True)
def test_phrases_go_to_a_spreadsheet_and_come_back_as_a_draft(desk: Desk) -> None:
    book = desk.folder / "en.xlsx"
    desk("phrases", "export", "en", "-o", str(book))
    sheet = load_workbook(book)
    (cell,) = [row[2] for row in sheet["phrases"].iter_rows() if row[0].value == "front.help"]
    cell.value = "Assistance"
    sheet.save(book)
    desk("phrases", "import", "en", str(book), "--signed", "--by", "anna")
    assert "front.help: was 'Help' and becomes 'Assistance'" in desk.flow(
        "propose", "en", "--kind", "phrases", "--note", "clearer", "--by", "anna"
    )
    assert '"en"' in desk("phrases", "list", "--format", "json")


def test_a_draft_is_tried_by_listed_numbers(desk: Desk) -> None:
    changed = desk.file("changed.yaml", TEXT.replace("Name?", "Full name?"))
    said = desk.flow("trial", changed, "--number", "Noy=020 5551 2345", "--days", "3", "--by", "anna")
    assert "1 numbers get birth sha256:" in said
    assert "no agency" in said
    (row,) = json.loads(desk.flow("trials", "--format", "json"))
    assert (row["service"], row["who"], "anna" in row["by"]) == ("birth", "Noy", True)
    assert "no phone number" in desk.flow("trial", changed, "--number", "nobody", code=2)
    assert "tried" in desk.flow("list")
    desk.flow("trial", "birth", "--stop")
    assert "nobody tries" in desk.flow("trials")


def test_a_live_hub_sends_down_only_what_two_people_have_published(desk: Desk) -> None:
    file = desk.file("new.csv", 'key,amount\nlate,"50000"\n')
    assert "[approval]" in desk("hub", "send", "table", "fees", file, code=2)
    assert "[approval]" in desk("hub", "send", "revision", str(desk.folder / "flows"), code=2)
    desk("table", "import", "fees", file, "--by", "anna")
    desk.flow("propose", "fees", "--kind", "table", "--note", "decree", "--by", "anna")
    assert "[approval]" in desk("hub", "send", "table", "fees", file, code=2)
    desk.flow("approve", "2", "--by", "ben")
    assert "table fees for all nodes" in desk("hub", "send", "table", "fees", file)


@pytest.mark.parametrize("desk", ["staging"], indirect=True)
def test_the_check_names_who_had_a_code_and_since_when(desk: Desk) -> None:
    assert "0 errors" in desk.flow("check", str(desk.folder / "flows"))
    desk.flow("publish", desk.file("birth.yaml", TEXT.replace("menu: 1", "menu: 7")), "--by", "anna")
    other = TEXT.replace("id: birth", "id: death").replace("*999*1#", "*999*2#").replace("BIRTH", "DEATH")
    said = desk.flow("check", desk.file("death.yaml", other), code=1)
    assert re.search(r"death\.yaml:\d+ the service `birth` had the menu number 1 from \d{4}-", said)


def test_the_doctor_shows_the_stage_waivers_and_what_waits(desk: Desk) -> None:
    config = load(desk.folder / "sala.toml")

    async def publish(one: here.Here) -> None:
        await one.memory.library.publish("birth", "sha256:1", {"birth.yaml": TEXT}, "ben")
        await one.memory.library.pause("birth", "ben")

    here.do(config, publish)
    found = {(one.name, one.state): one.sentence for one in doctor.examine(desk.folder / "sala.toml")}
    assert "a second person approves" in found["stage", "ok"]
    assert found["stage", "doubtful"] == "pause of birth by ben waits for a second person"
    assert re.search(r"birth is live with words that nobody has reviewed: \d+ in en", found["wording", "bad"])
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    desk.flow("waive", "--until", until, "--by", "Noy", "--note", "pilot", "--service", "birth")
    found = {(one.name, one.state): one.sentence for one in doctor.examine(desk.folder / "sala.toml")}
    assert ("wording", "bad") not in found
    assert found["wording", "doubtful"].startswith("birth: unreviewed words let through by Noy (command:")


def test_a_live_node_has_no_phone_page(desk: Desk) -> None:
    text = (desk.folder / "sala.toml").read_text()
    desk.file("sala.toml", text + "[console]\nphone = true\n")
    assert "a live node has no phone page" in desk.flow("list", code=2)


def test_moments_and_names_that_are_none_are_refused(desk: Desk) -> None:
    assert "no moment" in desk.flow("propose", str(desk.folder / "flows"), "--note", "x", "--from", "soon", code=2)
    assert "no draft of nothing" in desk.flow("propose", "nothing", "--note", "x", code=2)
    assert "there is no table nothing" in desk("table", "export", "nothing", "-o", "x.csv", code=2)
