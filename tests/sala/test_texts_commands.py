"""`sala flow texts`: out, marked by a person, and back; the marks stand beside the flow."""

import io
from pathlib import Path

import polib
import pytest
from openpyxl import load_workbook

from flows.loader import load
from flows.texts import entries
from sala import cli
from sala.services import LIBRARY

COUNT = len(entries(load((LIBRARY / "farm.yaml").read_text("utf-8"), "farm.yaml")))
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    file = tmp_path / "farm.yaml"
    file.write_text((LIBRARY / "farm.yaml").read_text("utf-8"), "utf-8")
    return file


def mark(file: Path, tag: str) -> None:
    book = load_workbook(io.BytesIO(file.read_bytes()))
    page = book["texts"]
    column = next(cell.column for cell in page[1] if cell.value == f"{tag} reviewed")
    for row in range(2, page.max_row + 1):
        page.cell(row, column).value = "yes"
    book.save(file)


def test_reviewed_texts_are_marked_by_name_and_counted(farm: Path, capsys: Captured) -> None:
    out = farm.with_name("farm.xlsx")
    assert cli.main(["flow", "texts", "export", str(farm), "-o", str(out)]) == 0
    assert "en: 0 of " in capsys.readouterr().out
    mark(out, "en")
    before = farm.read_text("utf-8")
    assert cli.main(["flow", "texts", "import", str(farm), str(out)]) == 2, "nobody stands for them"
    assert not farm.with_name("farm.reviewed.toml").exists()
    assert cli.main(["flow", "texts", "import", str(farm), str(out), "--by", "Kham La"]) == 0
    assert f"en: 0 of {COUNT} texts are missing, 0 not reviewed" in capsys.readouterr().out
    assert farm.read_text("utf-8") == before
    assert "Kham La" in farm.with_name("farm.reviewed.toml").read_text("utf-8")
    assert cli.main(["flow", "texts", "count", str(farm)]) == 1
    assert f"lo: 0 of {COUNT} texts are missing, {COUNT} not reviewed" in capsys.readouterr().out
    farm.write_text(before.replace("Which animal?", "What animal?"), "utf-8")
    cli.main(["flow", "texts", "count", str(farm)])
    assert f"en: 0 of {COUNT} texts are missing, 1 not reviewed" in capsys.readouterr().out


def test_a_new_language_comes_in_by_po(farm: Path, capsys: Captured) -> None:
    out = farm.with_name("mww.po")
    assert cli.main(["flow", "texts", "export", str(farm), "-o", str(out), "--add", "mww"]) == 0
    assert f"mww: {COUNT} of {COUNT} texts are missing" in capsys.readouterr().out
    po = polib.pofile(out.read_text("utf-8"))
    for entry in po:
        entry.msgstr = entry.msgid
    out.write_text(str(po), "utf-8")
    assert cli.main(["flow", "texts", "import", str(farm), str(out), "--add", "mww", "--by", "Pa Houa"]) == 0
    assert load(farm.read_text("utf-8"), "farm.yaml").languages == ("lo", "lo-Latn", "en", "mww")
    assert f"mww: 0 of {COUNT} texts are missing, 0 not reviewed" in capsys.readouterr().out
    assert cli.main(["flow", "texts", "export", str(farm), "-o", str(out), "--add", "Hmong"]) == 2
