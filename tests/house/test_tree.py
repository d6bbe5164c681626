"""The house is in order: small files, docstrings, no left-overs, every room from one place."""

import ast
from pathlib import Path

from sala import doctor
from tests.house.tree import ROOT, files, parsed, python_files

LONGEST = 400
SENTENCE = 20
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".sql", ".sh", ".txt", ".html", ".css", ".js", ".service", ".cfg", ""}
# Written in two parts, so that this file does not find itself.
FORBIDDEN = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "/wo" + "rk/", "/t" + "mp/wt", "/ro" + "ot/", "lorem " + "ipsum"]


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_every_room_is_loaded_from_one_place() -> None:
    finding = doctor.rooms_from_one_place()
    assert finding.state == "ok", finding.sentence
    assert str(ROOT) in finding.sentence


def test_no_file_is_swollen() -> None:
    swollen = [
        name_of(file)
        for file in python_files(*doctor.ROOMS, "bench")
        if len(file.read_text("utf-8").splitlines()) > LONGEST
    ]
    assert swollen == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(file) for file in python_files(*doctor.ROOMS) if len(ast.get_docstring(parsed(file)) or "") < SENTENCE
    ]
    assert silent == []


def test_nothing_is_left_over() -> None:
    found = [
        f"{name_of(file)}: {word}"
        for file in files()
        if file.suffix in TEXT
        for word in FORBIDDEN
        if word in file.read_text("utf-8", errors="replace")
    ]
    assert found == []


def test_the_search_would_find_something() -> None:
    assert FORBIDDEN[0] in "# " + "TO" + "DO: later"
    assert len(files()) > 50


def test_no_link_leads_out_of_the_tree() -> None:
    assert [name_of(file) for file in files() if file.is_symlink()] == []
