"""What an operator gets wrong at the terminal: one clear line on standard error, and the exit code that says so."""

import re
from pathlib import Path

import pytest

from sala import agency, cli
from tests.sala.nodes import written

Captured = pytest.CaptureFixture[str]


def said(capsys: Captured, *arguments: str) -> tuple[int, str]:
    code = cli.main(list(arguments))
    return code, capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("")
    file, _, _ = written(tmp_path, data="file/below")
    for command in (("serve", "--config", str(file)), ("demo", "--data", str(tmp_path / "file"), "--port", "19")):
        code, words = said(capsys, *command)
        assert code == 2
        assert re.fullmatch(r"error \[files\] \S+file\S*: [^\n]+\n", words), words


def test_a_folder_without_a_flow(tmp_path: Path, capsys: Captured) -> None:
    code, words = said(capsys, "flow", "check", str(tmp_path))
    assert code == 2
    assert "no flow is there" in words


@pytest.mark.parametrize("name", ["bad name!", "", "/civil-registry", "LA-XK-03/", "LA/a/b", "ລາວ"])
def test_a_name_that_no_node_can_have(tmp_path: Path, capsys: Captured, name: str) -> None:
    code, words = said(capsys, "agency", "enrol", name, "--data", str(tmp_path / "office"))
    assert code == 2
    assert "not a node's name" in words
    assert not (tmp_path / "office").exists()


def test_an_option_wins_over_the_agencys_file(tmp_path: Path) -> None:
    file = tmp_path / "agency.toml"
    file.write_text('port = 9001\nname = "Here"\n')
    assert agency.settings(file, port=None, data=None).port == 9001
    chosen = agency.settings(file, port=9002, data=tmp_path)
    assert (chosen.port, chosen.data, chosen.name) == (9002, tmp_path, "Here")
