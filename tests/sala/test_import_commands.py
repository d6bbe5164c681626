"""`sala flow import` writes files that `sala flow check` reads, and says what did not come over."""

import json
from pathlib import Path

import pytest

from flows.loader import load_path
from sala import cli
from tests.flows.imports.books import book
from tests.flows.imports.rapid import asks, export, flow, says

Captured = pytest.CaptureFixture[str]


def test_a_form_is_written_with_its_tables(tmp_path: Path, capsys: Captured) -> None:
    choices = [["crop", f"c{n}", f"Crop {n}"] for n in range(12)]
    survey = [["type", "name", "label"], ["select_one crop", "crop", "Crop?"], ["image", "photo", "Photo"]]
    (tmp_path / "farm.xlsx").write_bytes(
        book({"survey": survey, "choices": [["list_name", "name", "label"], *choices]})
    )
    code = cli.main(["flow", "import", "xlsform", str(tmp_path / "farm.xlsx"), "-o", str(tmp_path / "out.yaml")])
    said = capsys.readouterr().out
    assert code == 0
    assert "left: survey:3 photo image:" in said
    assert "`notice` is missing" in said
    assert (tmp_path / "crop.csv").read_text("utf-8").startswith("key,parent,level,name_en")
    assert load_path(tmp_path / "out.yaml")[0].id == "farm"


def test_an_export_is_printed_and_json_has_everything(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "flows.json").write_bytes(export(flow("Name", says("q", "Name?", "a"), asks("a", "Name", []))))
    assert cli.main(["flow", "import", "rapidpro", str(tmp_path / "flows.json")]) == 0
    assert "ask: name" in capsys.readouterr().out
    assert cli.main(["flow", "import", "rapidpro", str(tmp_path / "flows.json"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["files"]) == ["name"]
    assert {one["code"] for one in found["findings"] if one["severity"] == "error"} >= {"notice", "tests"}


def test_a_file_that_is_none_is_one_sentence(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "x.xlsx").write_text("no workbook")
    assert cli.main(["flow", "import", "xlsform", str(tmp_path / "x.xlsx")]) == 2
    assert "error [workbook]" in capsys.readouterr().err
    assert cli.main(["flow", "import", "rapidpro", str(tmp_path / "gone.json")]) == 2
