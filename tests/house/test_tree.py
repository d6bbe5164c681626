"""The house is in order: small files, docstrings, no left-overs, every room from one place."""

import ast
import re
from pathlib import Path

from sala import doctor
from tests.house.tree import ROOT, files, parsed, python_files

LONGEST = 400
SENTENCE = 20
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".sql", ".sh", ".txt", ".html", ".css", ".js", ".service", ".cfg", ""}
# Written in two parts, so that this file does not find itself.
FORBIDDEN = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "/wo" + "rk/", "/t" + "mp/wt", "/ro" + "ot/", "lorem " + "ipsum"]
OFF = "# no" + "qa"
ARGUED = re.compile(OFF + r": [A-Z]+\d+(?:, [A-Z]+\d+)* - \S")


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


def unargued(text: str) -> list[str]:
    """The lines that switch a check off without a reason on the line."""
    return [line for line in text.splitlines() if OFF in line and not ARGUED.search(line)]


def test_whatever_switches_a_check_off_says_why() -> None:
    found = {name_of(file): lines for file in python_files() if (lines := unargued(file.read_text("utf-8")))}
    assert found == {}


def test_a_check_that_is_switched_off_in_silence_would_be_found() -> None:
    silent = [f"import x  {OFF}: F401", f"import x  {OFF}", f"x()  {OFF}: F401, S608 -"]
    assert unargued("\n".join(silent)) == silent
    assert unargued(f"import x  {OFF}: F401, S608 - it is only loaded") == []


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
