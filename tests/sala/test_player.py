import io
from pathlib import Path

import pytest

import flows.library
from sala import player

BIRTH = Path(flows.library.__file__).parent / "birth.yaml"
TYPED = "1\n1\n1\n1\n02112026\nDROP\n+20h\n*999#\n1\nQUIT\n"


def converse(monkeypatch: pytest.MonkeyPatch, **options: object) -> bool:
    monkeypatch.setattr("sys.stdin", io.StringIO(TYPED))
    given = {"channel": "ussd", "language": "", "record": None, "play": None, "config": None} | options
    return player.run(BIRTH, **given)  # type: ignore[arg-type] # as the command hands them over


def test_what_was_recorded_plays_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "birth.txt"
    assert converse(monkeypatch, record=file)
    written = file.read_text("utf-8")
    assert written.startswith("# channel: ussd\n# day: 2026-11-23\n> *999#\n1 ")
    assert "~ dropped: Not finished yet. Dial *999# to continue." in written
    assert converse(monkeypatch, play=file, channel="sms"), "the recording knows its channel"


def test_another_way_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "birth.txt"
    converse(monkeypatch, record=file)
    file.write_text(file.read_text("utf-8").replace("Boy or girl?", "Sex?"), "utf-8")
    capsys.readouterr()
    assert not converse(monkeypatch, play=file)
    assert "-Sex?" in capsys.readouterr().out
