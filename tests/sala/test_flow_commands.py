"""`sala flow check` and `sala flow try`, as an author uses them without a node."""

import io
import json
from pathlib import Path

import pytest

from sala import cli, services
from sala.services import LIBRARY

Captured = pytest.CaptureFixture[str]
MOTHER = ["1", "1", "1", "1", "02112026", "1", "1", "1", "1", "0901005", "Kham Lasaphone", "27", "1"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_starter_services_are_clean(capsys: Captured) -> None:
    assert cli.main(["flow", "check", str(LIBRARY)]) == 0
    assert "0 errors" in capsys.readouterr().out


def test_every_finding_is_a_line_that_begins_with_file_and_line(tmp_path: Path, capsys: Captured) -> None:
    bad = tmp_path / "birth.yaml"
    bad.write_text((LIBRARY / "birth.yaml").read_text("utf-8").replace("- ask: village", "- ask: vilage"), "utf-8")
    assert cli.main(["flow", "check", str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{bad}:")
    assert cli.main(["flow", "check", "--format", "json", str(bad)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {"file", "line", "step", "language", "sentence", "severity"} <= found[0].keys()


def test_a_file_that_is_not_there(capsys: Captured) -> None:
    assert cli.main(["flow", "check", "nothing.yaml"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_conversation_is_recorded_and_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(MOTHER) + "\n"))
    record = tmp_path / "birth.txt"
    assert cli.main(["flow", "try", str(LIBRARY), "--record", str(record)]) == 0
    text = record.read_text("utf-8")
    assert "> *999#\n1 English\n" in text
    assert "=   informant: mother\n" in text
    assert "~ receipt: Received. Reference" in text
    assert cli.main(["flow", "try", str(LIBRARY), "--play", str(record)]) == 0
    record.write_text(text.replace("Boy or girl?", "Girl or boy?"), "utf-8")
    capsys.readouterr()
    assert cli.main(["flow", "try", str(LIBRARY), "--play", str(record)]) == 1
    assert "-Girl or boy?" in capsys.readouterr().out


def test_time_drops_and_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    typed = ["1", "MORE", "0", "1", "1", "1", "1", "DROP", "+1h", "*999#", "1"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed) + "\nQUIT\nnever\n"))
    assert cli.main(["flow", "try", str(LIBRARY / "birth.yaml"), "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert "~ dropped: Not finished yet" in said
    assert "go on where you stopped" in said
    assert "never" not in said


def test_the_same_by_sms(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("BIRTH\n1\n"))
    assert cli.main(["flow", "try", str(LIBRARY), "--channel", "sms"]) == 0
    assert "~ " in capsys.readouterr().out
    assert cli.main(["flow", "try", str(LIBRARY), "--channel", "post"]) == 2


def test_parts_come_from_the_library_for_a_flow_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "school.yaml").write_text((LIBRARY / "school.yaml").read_text("utf-8"), "utf-8")
    findings = services.check([tmp_path], services.material(None))
    assert [finding for finding in findings if finding.severity == "error"] == []
