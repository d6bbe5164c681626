"""An author's commands answer before a node could be loaded: what they import is held here, not how long it takes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.imports.books import book

CHILD = """
import json, sys
from sala import cli
code = cli.main(sys.argv[1:])
heavy = ("aiohttp", "openpyxl", "pydantic_settings", "rich", "sala.config", "store", "structlog", "sync")
print(json.dumps([code, [name for name in heavy if name in sys.modules]]))
"""


def loaded(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    code, names = json.loads(done.stdout.splitlines()[-1])
    return code, names


def test_a_bad_flow_file_is_refused_without_a_node(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("sala: !x\n", "utf-8")
    # Not even a configuration that is there is read for it.
    (tmp_path / "sala.toml").write_text("nonsense", "utf-8")
    assert loaded(tmp_path, "flow", "check", "a.yaml") == (1, [])


@pytest.mark.parametrize("command", [["flow", "check"], ["flow", "check", "--paths"]])
def test_a_flow_file_is_checked_without_a_node(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "sala: 1\nid: a\ntitle: {en: A}\nlanguages: [en]\nsteps: [{say: {en: A}}]\n", "utf-8"
    )
    assert loaded(tmp_path, *command, "a.yaml")[1] == []


def test_a_workbook_is_refused_before_a_library_is_loaded_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 1000)
    assert loaded(tmp_path, "flow", "import", "xlsform", "a.xlsx") == (2, [])


def test_what_is_loaded_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(book({"survey": [["type", "name", "label"], ["text", "a", "Name?"]]}))
    assert loaded(tmp_path, "flow", "import", "xlsform", "a.xlsx") == (0, ["openpyxl"])
    assert {"sala.config", "store", "structlog"} <= set(loaded(tmp_path, "flow", "list")[1])
