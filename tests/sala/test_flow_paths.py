"""`sala flow check --paths`, `storyboard` and `voice`, as an author types them."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from flows.errors import ConfigFault
from sala import cli, explored
from sala.services import LIBRARY

Captured = pytest.CaptureFixture[str]
FARM = str(LIBRARY / "farm.yaml")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_paths_are_told_in_sentences(capsys: Captured) -> None:
    assert cli.main(["flow", "check", "--paths", "--tariff", "LTC:100:50:LAK", FARM]) == 0
    told = capsys.readouterr().out
    assert "no dead end, no loop, no useless question" in told
    assert "most people:" in told
    assert "a session lasts 3:00" in told
    assert "LTC: 150 LAK" in told
    assert "not every value of a class" in told


def test_without_paths_nothing_is_walked(capsys: Captured) -> None:
    assert cli.main(["flow", "check", FARM]) == 0
    assert capsys.readouterr().out.splitlines() == ["0 errors, 0 warnings"]


def test_the_paths_as_json(capsys: Captured) -> None:
    assert cli.main(["flow", "check", "--paths", "--format", "json", FARM]) == 0
    told = json.loads(capsys.readouterr().out)
    (report,) = told["paths"]
    assert report["service"] == "farm"
    assert {"text", "left", "units", "line", "step"} <= report["branches"][0]["pages"][0].keys()


def test_an_error_on_some_path_is_exit_code_1(tmp_path: Path, capsys: Captured) -> None:
    bad = tmp_path / "birth.yaml"
    bad.write_text(
        (LIBRARY / "birth.yaml").read_text("utf-8").replace("- when: late", "- when: mother_age > 90"), "utf-8"
    )
    assert cli.main(["flow", "check", "--paths", str(bad)]) == 1
    assert "never true on any way" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_has_its_findings_and_no_paths(tmp_path: Path, capsys: Captured) -> None:
    bad = tmp_path / "birth.yaml"
    bad.write_text("sala: 1\nid: birth\n", "utf-8")
    assert cli.main(["flow", "check", "--paths", str(bad)]) == 1
    assert "is missing" in capsys.readouterr().out


def test_a_storyboard_and_a_voice_script_are_written(capsys: Captured) -> None:
    assert cli.main(["flow", "storyboard", FARM, "-o", "farm.html"]) == 0
    assert Path("farm.html").read_text("utf-8").startswith("<!doctype html>")
    assert cli.main(["flow", "voice", FARM, "-o", "farm.csv"]) == 0
    assert Path("farm.csv").read_bytes().startswith(b"\xef\xbb\xbforder,audio,")
    assert cli.main(["flow", "voice", FARM, "-o", "farm.json"]) == 0
    assert json.loads(Path("farm.json").read_text("utf-8"))[0]["role"] == "notice"
    assert "recordings" in capsys.readouterr().out


def test_a_folder_has_no_storyboard(capsys: Captured) -> None:
    assert cli.main(["flow", "storyboard", str(LIBRARY)]) == 2
    assert "give the file of one service" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["LTC:a", "LTC:1:2:3/x", "LTC:1:1:1/0:1:2:3x"])
def test_a_tariff_that_is_none(text: str) -> None:
    with pytest.raises(ConfigFault):
        explored.tariff(text)


def test_tariffs() -> None:
    one = explored.tariff("LTC:100:0:20/20:USD")
    assert (one.segment, one.block, one.seconds, one.currency) == (Decimal(100), Decimal(20), 20, "USD")
    assert explored.tariff("Unitel:75").segment == 75


def test_what_changes_is_told_and_drawn(tmp_path: Path, capsys: Captured) -> None:
    new = tmp_path / "farm.yaml"
    new.write_text(Path(FARM).read_text("utf-8").replace("Which animal?", "What animal?"), "utf-8")
    assert cli.main(["flow", "diff", FARM, FARM]) == 0
    assert capsys.readouterr().out == "nothing changes\n"
    assert cli.main(["flow", "diff", FARM, str(new), "-o", str(tmp_path / "change.html")]) == 1
    told = capsys.readouterr()
    assert told.out == "The question about “Animal” (English): “Which animal?” is now “What animal?”.\n"
    assert "change.html" in told.err
    assert "What animal?" in (tmp_path / "change.html").read_text("utf-8")
    assert cli.main(["flow", "diff", "--format", "json", FARM, str(new)]) == 1
    assert json.loads(capsys.readouterr().out)[0]["group"] == "words"
